# Mailstead in one container: docker run --read-only --cap-drop=ALL --cap-add=NET_BIND_SERVICE -v mailstead:/data
#   -p 25:25 -p 465:465 -p 587:587 -p 993:993 -p 995:995 -p 443:443 mailstead
FROM debian:trixie-slim AS build
WORKDIR /source
COPY packaging/install packaging/install
RUN apt-get update && packaging/install build
COPY . .
RUN cmake --preset release && cmake --build --preset release --target mailstead \
    && strip -o /mailstead build/release/mailstead

FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
        ca-certificates libcap2-bin libsqlite3-0 libssl3t64 libunbound8 libcurl4t64 libnghttp2-14 libargon2-1 libidn2-0 libutf8proc3 libzstd1 zlib1g \
        libfmt10 libspdlog1.15 libstdc++6 dns-root-data \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 8025 --home-dir /data --shell /usr/sbin/nologin mailstead \
    && install -d -o mailstead -g mailstead /data
COPY --from=build /mailstead /usr/local/bin/mailstead
RUN setcap cap_net_bind_service=+ep /usr/local/bin/mailstead && apt-get purge -y libcap2-bin && apt-get autoremove -y
USER mailstead
ENV MAILSTEAD_DATA=/data
VOLUME /data
EXPOSE 25 110 143 443 465 587 80 993 995
# Healthy is what greets.
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/25 && read -r -t 3 greeting <&3 && [[ $greeting == 220* ]]"]
ENTRYPOINT ["mailstead"]
CMD ["serve"]

#include "protocols/http/serve.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "protocols/http/http1.h"
#include "protocols/http/http2.h"
#include "protocols/http/session.h"
#include "protocols/http/wire/response_writer.h"
#include "protocols/services/session_end.h"

namespace http {
namespace {

// Whether a client without TLS begins with HTTP/2's preface.
asio::awaitable<bool> has_preface(Session& session) {
    net::Stream& stream = session.stream;
    const std::chrono::seconds time = session.options.request_time;
    stream.set_deadline(time, session.started + time);
    const net::WaitOutcome outcome = co_await stream.wait();
    if (outcome == net::WaitOutcome::deadline) throw net::DeadlinePassed();
    try {
        while (stream.buffered().size() < h2::preface.size() && h2::preface.starts_with(stream.buffered())) {
            co_await stream.fill();
        }
    } catch (const net::DeadlinePassed&) {
        co_return false;  // a request that does not end: HTTP/1.1 has an answer to that
    }
    co_return stream.buffered().starts_with(h2::preface);
}

asio::awaitable<services::EndReason> converse(Session& session) {
    bool is_http2 = session.stream.tls_facts().alpn == "h2";
    if (!session.stream.is_tls()) is_http2 = co_await has_preface(session);
    services::EndReason reason{};
    if (is_http2) {
        Http2 conversation(session);
        reason = co_await conversation.converse();
    } else {
        Http1 conversation(session);
        reason = co_await conversation.converse();
    }
    co_return reason;
}

}  // namespace

asio::awaitable<void> serve(net::Stream stream, std::string session_id, const Options& options,
                            const Services& services) {
    Session session(std::move(stream), std::move(session_id), options, services);
    session.log.open(session.stream.remote().address().to_string(), session.stream.local().port(),
                     session.stream.is_tls());
    services::Ending ending;
    try {
        ending.reason = co_await converse(session);
    } catch (const LeftInPeace&) {
        ending.reason = services::EndReason::quit;
    } catch (const std::exception& error) {
        ending = services::ending_of(error);
        if (ending.reason == services::EndReason::fault) session.log.error("fault", {{"reason", error.what()}});
    }
    // RFC 9112 §9.6: who still sends must not lose our answer.
    net::Stream::Linger linger;
    if (session.has_unread_content) linger = {.time = options.linger_time, .octets = options.dropped_octets};
    co_await session.stream.close(linger);
    session.log.close(ending, {{"requests", session.requests}}, session.stream.octets_in(), session.stream.octets_out(),
                      std::chrono::steady_clock::now() - session.started);
}

std::vector<std::string> alpn_protocols() { return {"h2", "http/1.1"}; }

std::string farewell(std::string_view reason, bool is_http2) {
    if (is_http2) {
        // An empty SETTINGS, and GOAWAY with ENHANCE_YOUR_CALM and the reason: RFC 9113 §6.5, §6.8.
        std::string out(std::string_view("\0\0\0\x04\0\0\0\0\0", 9));
        const std::size_t size = 8 + std::min<std::size_t>(reason.size(), 100);
        out += std::string_view("\0\0", 2);
        out += static_cast<char>(size);
        out += std::string_view(
            "\x07\0\0\0\0\0"
            "\0\0\0\0"
            "\0\0\0\x0b",
            14);
        return out.append(reason.substr(0, size - 8));
    }
    const std::string text = std::string(reason) + ".\n";
    std::string out;
    wire::append_response_head(out, {.status = 503,
                                     .fields = {{"content-type", "text/plain; charset=utf-8"},
                                                {"content-length", std::to_string(text.size())},
                                                {"retry-after", "30"},
                                                {"connection", "close"}}});
    return out + text;
}

}  // namespace http

// Whether what answers at an address is this server.
#include "server/acme/probe.h"

#include <doctest/doctest.h>

#include "protocols/net/tls.h"
#include "tests/unit/net/support.h"

using server::tls::ChallengeCertificates;

namespace {

asio::awaitable<void> answer_once(asio::ip::tcp::acceptor& acceptor, net::TlsContext& context) {
    asio::ip::tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    net::Stream stream(std::move(socket));
    try {
        co_await stream.start_tls_server(context);
    } catch (const std::exception&) {
        co_return;  // the other end tells
    }
    co_await stream.close();
}

asio::awaitable<void> probe(ChallengeCertificates& certificates, asio::ip::tcp::endpoint where, bool& is_us) {
    is_us = co_await server::acme::is_this_server(certificates, "mail.crepes.fr", where, std::chrono::seconds(20));
}

// Of a server that shows the challenge certificates of `shown`.
bool probed(ChallengeCertificates& ours, ChallengeCertificates& shown) {
    asio::io_context io;
    asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    net::ServerTlsOptions options;
    options.certificates = {net::make_self_signed({"mail.crepes.fr"})};
    options.alpn = {"http/1.1"};
    options.choose = [&](std::string_view name, std::string_view alpn) {
        return alpn.empty() ? std::nullopt : shown.find(name);
    };
    net::TlsContext context(options);
    bool is_us = false;
    test::Together together(io);
    together.add(answer_once(acceptor, context));
    together.add(probe(ours, acceptor.local_endpoint(), is_us));
    together.run();
    return is_us;
}

}  // namespace

TEST_CASE("acme probe: only this server shows the certificate, and only as long as it is asked for") {
    ChallengeCertificates ours;
    CHECK(probed(ours, ours));
    CHECK_FALSE(ours.find("mail.crepes.fr"));
    ChallengeCertificates others;
    CHECK_FALSE(probed(ours, others));
    others.set({{"mail.crepes.fr", net::make_self_signed({"mail.crepes.fr"})}});  // it answers another's challenge
    CHECK_FALSE(probed(ours, others));
}

TEST_CASE("acme probe: where nobody listens, or nobody speaks TLS, it is not this server") {
    ChallengeCertificates ours;
    asio::io_context io;
    asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    const auto where = acceptor.local_endpoint();
    acceptor.close();
    bool is_us = true;
    test::run(io, probe(ours, where, is_us));
    CHECK_FALSE(is_us);
}

// TLS on both ends of a loopback connection: certificates by name, verification, channel bindings, injection.
#include "protocols/net/tls.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "protocols/net/openssl.h"
#include "tests/unit/net/support.h"

using namespace std::chrono_literals;
using test::shown;

namespace {

struct Greeted {
    net::TlsFacts server;
    net::TlsFacts client;
    std::string failure;
};

asio::awaitable<void> serve(net::Stream& stream, net::TlsContext& context, Greeted& result) {
    try {
        co_await stream.start_tls_server(context);
        result.server = stream.tls_facts();
        const net::ReadLine line = co_await stream.read_line(100);
        stream.write("echo " + shown(line) + "\r\n");
        co_await stream.flush();
        co_await stream.close();
    } catch (const std::exception&) {
        co_return;  // the client reports the error
    }
}

asio::awaitable<void> call(net::Stream& stream, net::TlsContext& context, net::ServerIdentity whom, Greeted& result) {
    try {
        co_await stream.start_tls_client(context, whom);
        result.client = stream.tls_facts();
        stream.write("hello\r\n");
        co_await stream.flush();
        const net::ReadLine line = co_await stream.read_line(100);
        CHECK(shown(line) == "echo hello");
    } catch (const std::exception& failure) {
        result.failure = failure.what();
    }
    co_await stream.close();
}

Greeted talk(net::TlsContext& server, net::TlsContext& client, net::ServerIdentity whom) {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    Greeted result;
    test::Together together(io);
    together.add(serve(pair.server, server, result));
    together.add(call(pair.client, client, std::move(whom), result));
    together.run();
    return result;
}

Greeted talk(net::TlsContext& server, net::TlsContext& client, std::string name) {
    return talk(server, client, net::ServerIdentity{.name = std::move(name)});
}

// A file that exists during the test.
struct File {
    explicit File(const std::string& octets) {
        char name[] = "/tmp/mailstead-test-XXXXXX";
        const int descriptor = mkstemp(name);
        path = name;
        ::close(descriptor);
        std::ofstream(path) << octets;
    }
    ~File() { std::remove(path.c_str()); }
    std::string path;
};

}  // namespace

TEST_CASE("a self-signed certificate: made, read, used, reported") {
    const net::Certificate certificate = net::make_self_signed({"mail.example.org", "localhost"});
    const net::CertificateFacts facts = net::read_certificate(certificate.cert_pem);
    CHECK(facts.names == std::vector<std::string>{"mail.example.org", "localhost"});
    CHECK(facts.issuer == "mail.example.org");
    CHECK(facts.not_after - facts.not_before > 9LL * 365 * 24 * 3600);

    net::TlsContext server(net::ServerTlsOptions{.certificates = {certificate}, .alpn = {"imap"}});
    net::TlsContext client(net::ClientTlsOptions{.alpn = {"imap"}});
    const Greeted greeted = talk(server, client, "mail.example.org");
    CHECK(greeted.failure.empty());
    CHECK(greeted.server.version == "TLSv1.3");
    CHECK(greeted.server.server_name == "mail.example.org");
    CHECK(greeted.server.alpn == "imap");
    CHECK(greeted.client.alpn == "imap");
    CHECK_FALSE(greeted.client.verify_error.empty());
}

namespace {

// Of its public key (RFC 6698 §2.1.2).
std::string key_digest(const std::string& cert_pem) {
    const net::openssl::Bio bio = net::openssl::memory_bio(cert_pem);
    const net::openssl::X509Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &der);
    std::string digest(32, '\0');
    EVP_Digest(der, static_cast<std::size_t>(size), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
               EVP_sha256(), nullptr);
    OPENSSL_free(der);
    return digest;
}

}  // namespace

TEST_CASE("DANE: the certificate that a TLSA record names is trusted, whatever its name, and no other (RFC 7671)") {
    const net::Certificate certificate = net::make_self_signed({"elsewhere.example"});
    const std::string digest = key_digest(certificate.cert_pem);
    const std::string another = key_digest(net::make_self_signed({"mail.example.org"}).cert_pem);
    net::TlsContext server(net::ServerTlsOptions{.certificates = {certificate}});
    net::TlsContext client(net::ClientTlsOptions{});
    const auto expecting = [&](std::vector<net::TlsAssociation> associations) {
        return talk(server, client,
                    net::ServerIdentity{.name = "mail.example.org", .associations = std::move(associations)});
    };
    const Greeted good = expecting({{3, 1, 1, digest}});
    CHECK(good.failure.empty());
    CHECK(good.client.by_dane);
    CHECK(good.server.server_name == "mail.example.org");
    // As when the key is rolled (RFC 7671 §8.1).
    CHECK(expecting({{3, 1, 1, another}, {3, 1, 1, digest}}).client.by_dane);
    const Greeted bad = expecting({{3, 1, 1, another}});
    CHECK(bad.failure.contains("certificate verify failed"));
    // A trust anchor vouches for names.
    const Greeted named = expecting({{2, 1, 1, digest}});
    CHECK_FALSE(named.failure.empty());
    // None that can be used.
    const Greeted unusable = expecting({{3, 0, 0, "no certificate"}});
    CHECK(unusable.failure.empty());
    CHECK_FALSE(unusable.client.by_dane);
    CHECK_FALSE(talk(server, client, "mail.example.org").client.by_dane);
}

// RFC 7301 §3.2.
TEST_CASE("a client that offers other protocols alone is refused, one that offers none is not") {
    const net::Certificate certificate = net::make_self_signed({"mail.example.org"});
    net::TlsContext imap(net::ServerTlsOptions{.certificates = {certificate}, .alpn = {"imap"}});
    net::TlsContext any(net::ServerTlsOptions{.certificates = {certificate}});
    const auto offer = [](net::TlsContext& server, std::vector<std::string> protocols) {
        net::TlsContext client(net::ClientTlsOptions{.alpn = std::move(protocols)});
        return talk(server, client, "mail.example.org");
    };
    CHECK(offer(imap, {}).failure.empty());
    CHECK(offer(imap, {}).server.alpn.empty());
    CHECK(offer(imap, {"h2", "imap"}).server.alpn == "imap");
    CHECK(offer(imap, {"h2", "http/1.1"}).failure.contains("no application protocol"));
    CHECK(offer(imap, {"imap2"}).failure.contains("no application protocol"));
    CHECK(offer(any, {"h2", "http/1.1"}).failure.empty());
    CHECK(offer(any, {"h2", "http/1.1"}).client.alpn.empty());
}

TEST_CASE("verification: a trusted name passes, another name and another issuer do not") {
    const net::Certificate certificate = net::make_self_signed({"mail.example.org"});
    const File trusted(certificate.cert_pem);
    net::TlsContext server(net::ServerTlsOptions{.certificates = {certificate}});
    net::TlsContext client(net::ClientTlsOptions{.verify = true, .ca_file = trusted.path});
    const Greeted good = talk(server, client, "mail.example.org");
    CHECK(good.failure.empty());
    CHECK(good.client.verify_error.empty());
    CHECK(talk(server, client, "mail.example.net").failure.find("verify failed") != std::string::npos);
    net::TlsContext system(net::ClientTlsOptions{.verify = true});
    CHECK_FALSE(talk(server, system, "mail.example.org").failure.empty());
    net::TlsContext opportunistic(net::ClientTlsOptions{.ca_file = trusted.path});
    const Greeted other_name = talk(server, opportunistic, "mail.example.net");
    CHECK(other_name.failure.empty());
    CHECK_FALSE(other_name.client.verify_error.empty());
}

TEST_CASE("the certificate is chosen by name, by a callback first, and replaced without a restart") {
    const net::Certificate one = net::make_self_signed({"one.example"});
    const net::Certificate two = net::make_self_signed({"*.two.example"});
    const net::Certificate challenge = net::make_self_signed({"acme.example"});
    const File trusted(one.cert_pem + two.cert_pem + challenge.cert_pem);
    net::ServerTlsOptions options{.certificates = {one, two}, .session_tickets = false};
    options.choose = [challenge](std::string_view name, std::string_view alpn) -> std::optional<net::Certificate> {
        if (name == "acme.example" && alpn == "acme-tls/1") return challenge;
        return std::nullopt;
    };
    net::TlsContext server(options);
    net::TlsContext client(net::ClientTlsOptions{.verify = true, .ca_file = trusted.path});
    net::TlsContext acme(net::ClientTlsOptions{.verify = true, .ca_file = trusted.path, .alpn = {"acme-tls/1"}});
    CHECK(talk(server, client, "one.example").failure.empty());
    CHECK(talk(server, client, "Mail.Two.example").failure.empty());
    CHECK_FALSE(talk(server, client, "a.b.two.example").failure.empty());
    CHECK_FALSE(talk(server, client, "acme.example").failure.empty());
    const Greeted challenged = talk(server, acme, "acme.example");
    CHECK(challenged.failure.empty());
    CHECK(challenged.server.alpn == "acme-tls/1");
    // Nobody gets the ordinary certificate under that protocol.
    CHECK(talk(server, acme, "one.example").server.alpn.empty());

    const net::Certificate fresh = net::make_self_signed({"fresh.example"});
    const File also_trusted(fresh.cert_pem);
    server.replace({.certificates = {fresh}});
    net::TlsContext fresh_client(net::ClientTlsOptions{.verify = true, .ca_file = also_trusted.path});
    CHECK(talk(server, fresh_client, "fresh.example").failure.empty());
}

TEST_CASE("contexts that cannot be are refused in words, and the old one stays") {
    const net::Certificate one = net::make_self_signed({"one.example"});
    const net::Certificate two = net::make_self_signed({"two.example"});
    CHECK_THROWS_WITH_AS(net::TlsContext(net::ServerTlsOptions{}), "no TLS certificate given", std::runtime_error);
    CHECK_THROWS_AS(net::TlsContext(net::ServerTlsOptions{.certificates = {{"nonsense", one.key_pem}}}),
                    std::runtime_error);
    net::TlsContext server(net::ServerTlsOptions{.certificates = {one}});
    CHECK_THROWS_AS(server.replace({.certificates = {{one.cert_pem, two.key_pem}}}), std::runtime_error);
    net::TlsContext client(net::ClientTlsOptions{});
    CHECK(talk(server, client, "one.example").failure.empty());
}

TEST_CASE("both ends have the same channel bindings") {
    const net::Certificate certificate = net::make_self_signed({"mail.example.org"});
    net::TlsContext server_context(net::ServerTlsOptions{.certificates = {certificate}});
    net::TlsContext client_context(net::ClientTlsOptions{});
    asio::io_context io;
    test::Pair pair = test::connected(io);
    CHECK(pair.server.channel_binding("tls-exporter").empty());
    test::Together together(io);
    together.add([](net::Stream& stream, net::TlsContext& context) -> asio::awaitable<void> {
        co_await stream.start_tls_server(context);
    }(pair.server, server_context));
    together.add([](net::Stream& stream, net::TlsContext& context) -> asio::awaitable<void> {
        co_await stream.start_tls_client(context, "mail.example.org");
    }(pair.client, client_context));
    together.run();
    CHECK(pair.server.channel_binding("tls-exporter").size() == 32);
    CHECK(pair.server.channel_binding("tls-exporter") == pair.client.channel_binding("tls-exporter"));
    CHECK(pair.server.channel_binding("tls-server-end-point").size() == 32);
    CHECK(pair.server.channel_binding("tls-server-end-point") == pair.client.channel_binding("tls-server-end-point"));
    CHECK(pair.server.channel_binding("tls-unique").empty());
}

TEST_CASE("what was pipelined in plain behind STARTTLS is dropped (RFC 3207 §5)") {
    const net::Certificate certificate = net::make_self_signed({"mail.example.org"});
    net::TlsContext server_context(net::ServerTlsOptions{.certificates = {certificate}});
    net::TlsContext client_context(net::ClientTlsOptions{});
    asio::io_context io;
    test::Pair pair = test::connected(io);
    test::Together together(io);
    together.add([](net::Stream& stream, net::TlsContext& context) -> asio::awaitable<void> {
        const net::ReadLine line = co_await stream.read_line(100);
        CHECK(shown(line) == "STARTTLS");
        CHECK(stream.buffered() == "INJECTED\r\n");
        stream.write("220 go ahead\r\n");
        co_await stream.start_tls_server(context);
        CHECK(stream.is_tls());
        const net::ReadLine next = co_await stream.read_line(100);
        CHECK(shown(next) == "under TLS");
    }(pair.server, server_context));
    together.add([](net::Stream& stream, net::TlsContext& context) -> asio::awaitable<void> {
        co_await test::send(stream, "STARTTLS\r\nINJECTED\r\n");
        const net::ReadLine line = co_await stream.read_line(100);
        CHECK(shown(line) == "220 go ahead");
        co_await stream.start_tls_client(context, "mail.example.org");
        co_await test::send(stream, "under TLS\r\n");
    }(pair.client, client_context));
    together.run();
}

TEST_CASE("what a server has said in plain behind its answer to STARTTLS is dropped, too (RFC 3207 §5)") {
    const net::Certificate certificate = net::make_self_signed({"mail.example.org"});
    net::TlsContext server_context(net::ServerTlsOptions{.certificates = {certificate}});
    net::TlsContext client_context(net::ClientTlsOptions{});
    asio::io_context io;
    test::Pair pair = test::connected(io);
    test::Together together(io);
    together.add([](net::Stream& stream, net::TlsContext& context) -> asio::awaitable<void> {
        const net::ReadLine line = co_await stream.read_line(100);
        CHECK(shown(line) == "STARTTLS");
        co_await test::send(stream, "220 go ahead\r\n250-INJECTED\r\n250 AUTH PLAIN\r\n250 2.1.0");
        co_await stream.start_tls_server(context);
        co_await test::send(stream, "under TLS\r\n");
    }(pair.server, server_context));
    together.add([](net::Stream& stream, net::TlsContext& context) -> asio::awaitable<void> {
        co_await test::send(stream, "STARTTLS\r\n");
        const net::ReadLine line = co_await stream.read_line(100);
        CHECK(shown(line) == "220 go ahead");
        CHECK(stream.buffered() == "250-INJECTED\r\n250 AUTH PLAIN\r\n250 2.1.0");
        co_await stream.start_tls_client(context, "mail.example.org");
        CHECK(stream.buffered().empty());
        const net::ReadLine next = co_await stream.read_line(100);
        CHECK(shown(next) == "under TLS");
    }(pair.client, client_context));
    together.run();
}

TEST_CASE("megabytes, waits and signals under TLS; then deflate on top") {
    const net::Certificate certificate = net::make_self_signed({"mail.example.org"});
    net::TlsContext server_context(net::ServerTlsOptions{.certificates = {certificate}});
    net::TlsContext client_context(net::ClientTlsOptions{});
    asio::io_context io;
    test::Pair pair = test::connected(io);
    std::string big;
    while (big.size() < 3'000'000) big += "line " + std::to_string(big.size()) + "\r\n";
    test::Together together(io);
    together.add([](net::Stream& stream, net::TlsContext& context, const std::string& all) -> asio::awaitable<void> {
        co_await stream.start_tls_server(context);
        stream.set_deadline(20ms);
        net::WaitOutcome wake = co_await stream.wait();
        CHECK(wake == net::WaitOutcome::deadline);
        stream.set_deadline(5s);
        wake = co_await stream.wait();
        CHECK(wake == net::WaitOutcome::readable);
        const std::string got = co_await test::receive(stream, all.size());
        CHECK((got == all));
        co_await test::send(stream, all);
        stream.start_deflate();
        const std::string again = co_await test::receive(stream, all.size());
        CHECK((again == all));
        co_await test::send(stream, all);
        co_await stream.close();
    }(pair.server, server_context, big));
    together.add([](net::Stream& stream, net::TlsContext& context, const std::string& all) -> asio::awaitable<void> {
        co_await stream.start_tls_client(context, "mail.example.org");
        co_await test::pause(stream.executor(), 50ms);
        co_await test::send(stream, all);
        const std::string got = co_await test::receive(stream, all.size());
        CHECK((got == all));
        stream.start_deflate();
        co_await test::send(stream, all);
        const std::string again = co_await test::receive(stream, all.size());
        CHECK((again == all));
        co_await stream.close();
    }(pair.client, client_context, big));
    together.run();
}

TEST_CASE("a peer that speaks no TLS fails the handshake, a silent one its deadline") {
    const net::Certificate certificate = net::make_self_signed({"mail.example.org"});
    net::TlsContext context(net::ServerTlsOptions{.certificates = {certificate}});
    asio::io_context io;
    test::Pair pair = test::connected(io);
    test::Pair silent = test::connected(io);
    test::Together together(io);
    together.add(test::send(pair.client, "EHLO not tls at all, but long enough to be looked at\r\n"));
    together.add([](net::Stream& plain, net::Stream& quiet, net::TlsContext& tls) -> asio::awaitable<void> {
        std::string failure;
        try {
            co_await plain.start_tls_server(tls);
        } catch (const std::runtime_error& error) {
            failure = error.what();
        }
        CHECK(failure.starts_with("TLS handshake: "));
        co_await plain.close();
        quiet.set_deadline(10ms);
        CHECK_FALSE(failure.empty());
        bool passed = false;
        try {
            co_await quiet.start_tls_server(tls);
        } catch (const net::DeadlinePassed&) {
            passed = true;
        }
        CHECK(passed);
    }(pair.server, silent.server, context));
    together.run();
}

// The resolver against a name server of the test's own. RFC 1035 §4.
#include "protocols/dns/resolver.h"

#include <doctest/doctest.h>

#include <array>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <map>
#include <thread>

#include "protocols/dns/mail_hosts.h"

using namespace std::string_literals;

namespace {

// Answers from a table: question (name as on the wire, type) → RDATAs; an absent name is NXDOMAIN.
class NameServer {
  public:
    using Table = std::map<std::string, std::map<int, std::vector<std::string>>>;
    explicit NameServer(Table table)
        : table_(std::move(table)), socket_(context_, {asio::ip::address_v4::loopback(), 0}) {
        thread_ = std::thread([this] { serve(); });
    }
    ~NameServer() {
        asio::io_context other;
        asio::ip::udp::socket wake(other, asio::ip::udp::v4());
        wake.send_to(asio::buffer("", 0), socket_.local_endpoint());  // an empty datagram ends serve()
        thread_.join();
    }
    std::string address() const { return "127.0.0.1@" + std::to_string(socket_.local_endpoint().port()); }

  private:
    void serve() {
        for (;;) {
            std::array<char, 1500> octets{};
            asio::ip::udp::endpoint from;
            const std::size_t size = socket_.receive_from(asio::buffer(octets), from);
            if (size == 0) return;
            socket_.send_to(asio::buffer(answer(std::string(octets.data(), size))), from);
        }
    }
    std::string answer(const std::string& query) const {
        const std::size_t name_end = query.find('\0', 12);
        const std::string name = query.substr(12, name_end - 12);
        const int type = static_cast<unsigned char>(query[name_end + 2]);
        const auto found = table_.find(name);
        std::vector<std::string> records;
        if (found != table_.end() && found->second.contains(type)) records = found->second.at(type);
        std::string out = query.substr(0, 2);
        out += found == table_.end() ? "\x81\x83"s : "\x81\x80"s;
        out += "\x00\x01\x00"s + static_cast<char>(records.size()) + "\x00\x00\x00\x00"s;
        out += query.substr(12, name_end + 5 - 12);
        for (const std::string& rdata : records) {
            out += "\xc0\x0c\x00"s + static_cast<char>(type) + "\x00\x01\x00\x00\x00\x3c\x00"s +
                   static_cast<char>(rdata.size()) + rdata;
        }
        return out;
    }
    Table table_;
    asio::io_context context_;
    asio::ip::udp::socket socket_;
    std::thread thread_;
};

template <class T>
T run(asio::io_context& context, asio::awaitable<T> work) {
    std::optional<T> result;
    asio::co_spawn(
        context,
        [](asio::awaitable<T> inner, std::optional<T>& out) -> asio::awaitable<void> {
            out = co_await std::move(inner);
        }(std::move(work), result),
        asio::detached);
    context.restart();
    while (!result && context.run_one() > 0) {
    }
    REQUIRE(result.has_value());
    return *std::move(result);
}

std::size_t first(std::size_t) { return 0; }

}  // namespace

TEST_CASE("mail hosts of domains of every kind") {
    NameServer server({{"\x06"
                        "hasmxs\x07"
                        "example"s,
                        {{15,
                          {"\x00\x14\x01"
                           "b\x00"s,
                           "\x00\x0a\x01"
                           "a\x00"s}}}},
                       {"\x05"
                        "plain\x07"
                        "example"s,
                        {{1, {"\x7f\x00\x00\x02"s}}}},
                       {"\x06"
                        "nomail\x07"
                        "example"s,
                        {{15, {"\x00\x00\x00"s}}}},
                       {"\x05"
                        "empty\x07"
                        "example"s,
                        {}}});
    asio::io_context context;
    dns::Resolver resolver(context.get_executor(), {.servers = {server.address()}, .timeout = std::chrono::seconds(5)});
    using Kind = dns::MailHosts::Kind;

    const auto with_mx = run(context, dns::find_mail_hosts(resolver, "hasmxs.example", first, 10));
    REQUIRE(with_mx.kind == Kind::hosts);
    REQUIRE(with_mx.hosts.size() == 2);
    CHECK(with_mx.hosts[0].name == "a");
    CHECK(with_mx.hosts[1].name == "b");

    const auto implicit = run(context, dns::find_mail_hosts(resolver, "plain.example", first, 10));
    REQUIRE(implicit.kind == Kind::hosts);
    CHECK(implicit.hosts[0].name == "plain.example");
    const auto addresses = run(context, resolver.addresses("plain.example"));
    REQUIRE(addresses.addresses.size() == 1);
    CHECK(addresses.addresses[0].to_string() == "127.0.0.2");

    CHECK(run(context, dns::find_mail_hosts(resolver, "nomail.example", first, 10)).kind == Kind::null_mx);
    CHECK(run(context, dns::find_mail_hosts(resolver, "empty.example", first, 10)).kind == Kind::no_such_domain);
    CHECK(run(context, dns::find_mail_hosts(resolver, "nowhere.example", first, 10)).kind == Kind::no_such_domain);
}

TEST_CASE("no answer is a temporary failure") {
    asio::io_context context;
    // Nobody listens there.
    dns::Resolver resolver(context.get_executor(),
                           {.servers = {"127.0.0.1@9"}, .timeout = std::chrono::milliseconds(300)});
    const auto hosts = run(context, dns::find_mail_hosts(resolver, "plain.example", first, 10));
    CHECK(hosts.kind == dns::MailHosts::Kind::temporary);
    CHECK_FALSE(hosts.why.empty());
}

// The resolver against the test's own name server. RFC 1035 §4.
#include "protocols/dns/resolver.h"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <optional>
#include <string>
#include <vector>

#include "protocols/dns/mail_hosts.h"
#include "tests/unit/dns/name_server.h"

using namespace std::string_literals;

namespace {

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

    const auto with_mx = run(context, dns::find_mail_hosts(resolver, "a", "hasmxs.example", first, 10));
    REQUIRE(with_mx.kind == Kind::hosts);
    REQUIRE(with_mx.hosts.size() == 2);
    CHECK(with_mx.hosts[0].name == "a");
    CHECK(with_mx.hosts[1].name == "b");

    const auto implicit = run(context, dns::find_mail_hosts(resolver, "a", "plain.example", first, 10));
    REQUIRE(implicit.kind == Kind::hosts);
    CHECK(implicit.hosts[0].name == "plain.example");
    const auto addresses = run(context, resolver.addresses({"a"}, "plain.example"));
    REQUIRE(addresses.addresses.size() == 1);
    CHECK(addresses.addresses[0].to_string() == "127.0.0.2");

    CHECK(run(context, dns::find_mail_hosts(resolver, "a", "nomail.example", first, 10)).kind == Kind::null_mx);
    CHECK(run(context, dns::find_mail_hosts(resolver, "a", "empty.example", first, 10)).kind == Kind::no_such_domain);
    CHECK(run(context, dns::find_mail_hosts(resolver, "a", "nowhere.example", first, 10)).kind == Kind::no_such_domain);
}

namespace {

// Begins it; the answer's status comes into `into`.
void begin(asio::io_context& context, dns::Resolver& resolver, std::string party, std::string name,
           std::optional<dns::Status>& into) {
    asio::co_spawn(
        context,
        [](dns::Resolver& whom, std::string own_party, std::string own_name,
           std::optional<dns::Status>& out) -> asio::awaitable<void> {
            const dns::RawAnswer answer = co_await whom.lookup(own_party, own_name, dns::RecordType::mx);
            out = answer.status;
        }(resolver, std::move(party), std::move(name), into),
        asio::detached);
}

}  // namespace

TEST_CASE("one party's look-ups that nobody answers hold up nobody else's, and no more of them are asked at once") {
    NameServer server({{wire_name("good.example"), {{15, {"\x00\x0a\x01m\x00"s}}}}});
    server.be_silent_about("evil");
    asio::io_context context;
    dns::Resolver resolver(context.get_executor(),
                           {.servers = {server.address()}, .timeout = std::chrono::hours(1), .lookups = 64});
    std::vector<std::optional<dns::Status>> silent(200);
    for (std::size_t i = 0; i < silent.size(); ++i)
        begin(context, resolver, "a", "evil" + std::to_string(i) + ".example", silent[i]);
    std::optional<dns::Status> good;
    begin(context, resolver, "b", "good.example", good);
    while (!good && context.run_one() > 0) {
    }
    CHECK(good == dns::Status::found);
    // libunbound asks for the first ones first.
    CHECK(server.asked().size() <= 17);
    CHECK(server.asked().contains(wire_name("evil0.example")));
    CHECK_FALSE(server.asked().contains(wire_name("evil16.example")));
}

TEST_CASE("when it stops, what is under way, what waits and what comes later ends as temporary") {
    NameServer server;
    server.be_silent(true);
    asio::io_context context;
    dns::Resolver resolver(context.get_executor(),
                           {.servers = {server.address()}, .timeout = std::chrono::hours(1), .lookups = 4});
    std::vector<std::optional<dns::Status>> silent(3);
    for (std::size_t i = 0; i < silent.size(); ++i) {
        begin(context, resolver, "a", "silent" + std::to_string(i) + ".example", silent[i]);
        context.poll();
    }
    resolver.stop();
    std::optional<dns::Status> later;
    begin(context, resolver, "a", "later.example", later);
    while (!later && context.run_one() > 0) {
    }
    CHECK(later == dns::Status::temporary);
    for (const auto& one : silent) CHECK(one == dns::Status::temporary);
}

TEST_CASE("an answer that was given up is still taken, and so is one that is wanted again meanwhile") {
    NameServer server({{wire_name("late.example"), {{15, {"\x00\x0a\x01m\x00"s}}}}});
    server.be_silent(true);
    asio::io_context context;
    dns::Resolver resolver(context.get_executor(),
                           {.servers = {server.address()}, .timeout = std::chrono::milliseconds(50), .lookups = 4});
    std::optional<dns::Status> first_time;
    begin(context, resolver, "a", "late.example", first_time);
    while (!first_time && context.run_one() > 0) {
    }
    CHECK(first_time == dns::Status::temporary);
    server.be_silent(false);
    // libunbound asks again by itself.
    for (std::optional<dns::Status> again; again != dns::Status::found; again.reset()) {
        begin(context, resolver, "a", "late.example", again);
        while (!again && context.run_one() > 0) {
        }
        REQUIRE(again.has_value());
        if (again == dns::Status::found) break;
    }
}

TEST_CASE("no answer is a temporary failure") {
    asio::io_context context;
    // No one listens there.
    dns::Resolver resolver(context.get_executor(),
                           {.servers = {"127.0.0.1@9"}, .timeout = std::chrono::milliseconds(300)});
    const auto hosts = run(context, dns::find_mail_hosts(resolver, "a", "plain.example", first, 10));
    CHECK(hosts.kind == dns::MailHosts::Kind::temporary);
    CHECK_FALSE(hosts.why.empty());
}

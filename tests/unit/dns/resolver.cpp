// The resolver against the test's own name server. RFC 1035 §4.
#include "protocols/dns/resolver.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "protocols/dns/mail_hosts.h"
#include "protocols/dns/party_source.h"
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

// The alternatives of an answer.
enum class Ending { found, no_data, no_such_name, bogus, unavailable };
template <class Record>
Ending ending_of(const dns::Answer<Record>& answer) {
    return static_cast<Ending>(answer.index());
}

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
    const auto* found = std::get_if<dns::Found<asio::ip::address>>(&addresses);
    REQUIRE(found != nullptr);
    REQUIRE(found->records.size() == 1);
    CHECK(found->records[0].to_string() == "127.0.0.2");
    CHECK(found->proof == dns::Proof::insecure);
    CHECK(found->name == "plain.example");

    CHECK(run(context, dns::find_mail_hosts(resolver, "a", "nomail.example", first, 10)).kind == Kind::null_mx);
    CHECK(run(context, dns::find_mail_hosts(resolver, "a", "empty.example", first, 10)).kind == Kind::no_such_domain);
    CHECK(run(context, dns::find_mail_hosts(resolver, "a", "nowhere.example", first, 10)).kind == Kind::no_such_domain);
}

namespace {

// Begins it; how the answer ends comes into `into`.
void begin(asio::io_context& context, dns::Resolver& resolver, std::string party, std::string name,
           std::optional<Ending>& into) {
    asio::co_spawn(
        context,
        [](dns::Resolver& whom, std::string own_party, std::string own_name,
           std::optional<Ending>& out) -> asio::awaitable<void> {
            const dns::RawAnswer answer = co_await whom.lookup(own_party, own_name, dns::RecordType::mx);
            out = ending_of(answer);
        }(resolver, std::move(party), std::move(name), into),
        asio::detached);
}

}  // namespace

TEST_CASE("typed records, malformed ones left out, CNAMEs followed, the canonical name told") {
    NameServer server({{wire_name("www.example"), {{5, {wire_name("host.example") + "\0"s}}}},
                       {wire_name("host.example"),
                        {{1, {"\x7f\x00\x00\x02"s, "\x7f\x00\x00\x03"s}},
                         {16,
                          {"\x03"
                           "a b\x01"
                           "c"s,
                           "\x05"
                           "short"s}},
                         {52,
                          {"\x03\x01\x01"
                           "octets"s}}}},
                       {wire_name("1.0.0.127.in-addr.arpa"), {{12, {wire_name("one.test") + "\0"s}}}},
                       {wire_name("loop.example"), {{5, {wire_name("pool.example") + "\0"s}}}},
                       {wire_name("pool.example"), {{5, {wire_name("loop.example") + "\0"s}}}}});
    asio::io_context context;
    dns::Resolver resolver(context.get_executor(), {.servers = {server.address()}, .timeout = std::chrono::seconds(5)});
    dns::PartySource source(resolver, "a");
    const auto a = run(context, source.a("www.example"));
    const auto* addresses = std::get_if<dns::Found<asio::ip::address_v4>>(&a);
    REQUIRE(addresses != nullptr);
    CHECK(addresses->records.size() == 2);
    CHECK(addresses->name == "host.example");
    const auto txt = run(context, source.txt("host.example"));
    const auto* texts = std::get_if<dns::Found<dns::Txt>>(&txt);
    REQUIRE(texts != nullptr);
    CHECK(std::ranges::any_of(texts->records, [](const dns::Txt& one) { return one.text == "a bc"; }));
    const auto tlsa = run(context, source.tlsa("host.example"));
    const auto* associations = std::get_if<dns::Found<dns::Tlsa>>(&tlsa);
    REQUIRE(associations != nullptr);
    CHECK(associations->records[0].usage == 3);
    CHECK(associations->records[0].data == "octets");
    const auto ptr = run(context, source.ptr(asio::ip::make_address("127.0.0.1")));
    const auto* names = std::get_if<dns::Found<dns::Ptr>>(&ptr);
    REQUIRE(names != nullptr);
    CHECK(names->records[0].name == "one.test");
    CHECK(ending_of(run(context, source.aaaa("host.example"))) == Ending::no_data);
    CHECK(ending_of(run(context, source.mx("nowhere.example"))) == Ending::no_such_name);
    CHECK(ending_of(run(context, source.a("loop.example"))) == Ending::unavailable);
}

TEST_CASE("what may not be cached is asked again at once") {
    NameServer server({{wire_name("quick.example"),
                        {{16,
                          {"\x01"
                           "1"s}}}}});
    server.forbid_caching();
    asio::io_context context;
    dns::Resolver resolver(context.get_executor(), {.servers = {server.address()}, .timeout = std::chrono::seconds(5)});
    dns::PartySource source(resolver, "a");
    for (const std::string text : {"1", "2", "3"}) {
        server.replace(wire_name("quick.example"), 16, "\x01" + text);
        const auto answer = run(context, source.txt("quick.example"));
        const auto* found = std::get_if<dns::Found<dns::Txt>>(&answer);
        REQUIRE(found != nullptr);
        CHECK(found->records[0].text == text);
    }
}

TEST_CASE("what is remembered is answered on the thread of whoever asks, until the resolver ends") {
    NameServer server({{wire_name("known.example"), {{16, {"\x01x"s}}}}});
    asio::io_context own;
    dns::Resolver resolver(own.get_executor(), {.servers = {server.address()}, .timeout = std::chrono::seconds(5)});
    dns::PartySource source(resolver, "a");
    CHECK(ending_of(run(own, source.txt("known.example"))) == Ending::found);
    asio::io_context theirs;  // the resolver's own executor does not run
    CHECK(ending_of(run(theirs, source.txt("Known.example"))) == Ending::found);
    resolver.stop();
    own.poll();
    CHECK(ending_of(run(own, source.txt("known.example"))) == Ending::unavailable);
}

TEST_CASE("whoever asks on another thread resumes there") {
    NameServer server({{wire_name("host.example"), {{1, {"\x7f\x00\x00\x02"s}}}}});
    asio::io_context own;
    std::thread loop;
    {
        dns::Resolver resolver(own.get_executor(), {.servers = {server.address()}, .timeout = std::chrono::seconds(5)});
        auto work = asio::make_work_guard(own);
        loop = std::thread([&own] { own.run(); });
        asio::io_context context;
        std::thread::id resumed;
        const auto answer = run(context, [](dns::Resolver& whom, std::thread::id& on) -> asio::awaitable<Ending> {
            const dns::RawAnswer raw = co_await whom.lookup("a", "host.example", dns::RecordType::a);
            on = std::this_thread::get_id();
            co_return ending_of(raw);
        }(resolver, resumed));
        CHECK(answer == Ending::found);
        CHECK(resumed == std::this_thread::get_id());
        work.reset();
        own.stop();
        loop.join();
    }
}

TEST_CASE("servers that do not give the root's keys prove nothing, and their answers are insecure, not bogus") {
    NameServer server({{wire_name("host.example"), {{1, {"\x7f\x00\x00\x02"s}}}}});
    asio::io_context context;
    std::vector<std::string> told;
    dns::Resolver resolver(context.get_executor(),
                           {.servers = {server.address()},
                            .trust_root = true,
                            .timeout = std::chrono::seconds(5),
                            .tell = [&](std::string_view, const std::string& what) { told.push_back(what); }});
    dns::PartySource source(resolver, "a");
    const auto answer = run(context, source.a("host.example"));
    CHECK(ending_of(answer) == Ending::found);
    CHECK_FALSE(dns::is_secure(answer));
    REQUIRE(told.size() == 1);
    CHECK(told[0].contains("no answer can be validated"));
}

TEST_CASE("a file of trust anchors that cannot be read is told at once") {
    asio::io_context context;
    CHECK_THROWS_WITH(
        dns::Resolver(context.get_executor(), {.servers = {"127.0.0.1@9"}, .trust_anchor_file = "/nowhere/anchors"}),
        "/nowhere/anchors: No such file or directory");
    const std::string path = "/tmp/mailstead-unit-anchors-" + std::to_string(getpid());
    std::ofstream(path) << "this is no anchor\n";
    CHECK_THROWS_AS(dns::Resolver(context.get_executor(), {.servers = {"127.0.0.1@9"}, .trust_anchor_file = path}),
                    std::runtime_error);
    std::ofstream(path) << ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n";
    CHECK_NOTHROW(dns::Resolver(context.get_executor(), {.servers = {"127.0.0.1@9"}, .trust_anchor_file = path}));
    std::filesystem::remove(path);
}

TEST_CASE("one party's look-ups that nobody answers hold up nobody else's, and no more of them are asked at once") {
    NameServer server({{wire_name("good.example"), {{15, {"\x00\x0a\x01m\x00"s}}}}});
    server.be_silent_about("evil");
    asio::io_context context;
    dns::Resolver resolver(context.get_executor(),
                           {.servers = {server.address()}, .timeout = std::chrono::hours(1), .lookups = 64});
    std::vector<std::optional<Ending>> silent(200);
    for (std::size_t i = 0; i < silent.size(); ++i)
        begin(context, resolver, "a", "evil" + std::to_string(i) + ".example", silent[i]);
    std::optional<Ending> good;
    begin(context, resolver, "b", "good.example", good);
    while (!good && context.run_one() > 0) {
    }
    CHECK(good == Ending::found);
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
    std::vector<std::optional<Ending>> silent(3);
    for (std::size_t i = 0; i < silent.size(); ++i) {
        begin(context, resolver, "a", "silent" + std::to_string(i) + ".example", silent[i]);
        context.poll();
    }
    resolver.stop();
    std::optional<Ending> later;
    begin(context, resolver, "a", "later.example", later);
    while (!later && context.run_one() > 0) {
    }
    CHECK(later == Ending::unavailable);
    for (const auto& one : silent) CHECK(one == Ending::unavailable);
}

TEST_CASE("an answer that was given up is still taken, and so is one that is wanted again meanwhile") {
    NameServer server({{wire_name("late.example"), {{15, {"\x00\x0a\x01m\x00"s}}}}});
    server.be_silent(true);
    asio::io_context context;
    dns::Resolver resolver(context.get_executor(),
                           {.servers = {server.address()}, .timeout = std::chrono::milliseconds(50), .lookups = 4});
    std::optional<Ending> first_time;
    begin(context, resolver, "a", "late.example", first_time);
    while (!first_time && context.run_one() > 0) {
    }
    CHECK(first_time == Ending::unavailable);
    server.be_silent(false);
    // libunbound asks again by itself.
    for (std::optional<Ending> again; again != Ending::found; again.reset()) {
        begin(context, resolver, "a", "late.example", again);
        while (!again && context.run_one() > 0) {
        }
        REQUIRE(again.has_value());
        if (again == Ending::found) break;
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

namespace {

// Impatient enough for tests; no look-up ends by its own time.
dns::ResolverOptions impatient(const NameServer& server, std::vector<std::string>& told) {
    return {.servers = {server.address()},
            .timeout = std::chrono::hours(1),
            .silence = {.question = std::chrono::milliseconds(30),
                        .probe = std::chrono::milliseconds(300),
                        .believed = std::chrono::milliseconds(0)},
            .tell = [&told](std::string_view event, const std::string& what) {
                told.push_back(std::string(event) + ": " + what);
            }};
}

// Asks again and again until it is found.
void find_at_last(asio::io_context& context, dns::Resolver& resolver, const std::string& name) {
    for (std::optional<Ending> ending; ending != Ending::found;) {
        ending.reset();
        begin(context, resolver, "a", name, ending);
        while (!ending && context.run_one() > 0) {
        }
        REQUIRE(ending.has_value());
    }
}

}  // namespace

TEST_CASE("while no name server answers, look-ups fail at once, whoever's they are; the first answer ends that") {
    for (const bool knows_root : {true, false}) {
        NameServer server({{wire_name("good.example"), {{15, {"\x00\x0a\x01m\x00"s}}}}});
        if (!knows_root) server.be_silent_about_root();
        server.be_silent(true);
        asio::io_context context;
        std::vector<std::string> told;
        dns::Resolver resolver(context.get_executor(), impatient(server, told));
        // The last waits for its party's turn.
        std::vector<std::optional<Ending>> first_ones(20);
        for (std::size_t i = 0; i < first_ones.size(); ++i)
            begin(context, resolver, "a", "n" + std::to_string(i) + ".example", first_ones[i]);
        while (std::ranges::any_of(first_ones, [](const auto& one) { return !one; }) && context.run_one() > 0) {
        }
        for (const auto& one : first_ones) CHECK(one == Ending::unavailable);
        for (const std::string party : {"a", "b"}) {
            std::optional<Ending> next;
            begin(context, resolver, party, "good.example", next);
            while (!next && context.run_one() > 0) {
            }
            CHECK(next == Ending::unavailable);
        }
        CHECK(told == std::vector{"silence: no name server answers; until one does, look-ups fail at once"s});
        server.be_silent(false);
        find_at_last(context, resolver, "good.example");
        REQUIRE(told.size() == 2);
        CHECK(told[1].starts_with("silence: a name server answers again, after "));
    }
}

TEST_CASE("names that nobody answers for are no silence while the servers answer for others") {
    NameServer server;
    server.be_silent_about("evil");
    asio::io_context context;
    std::vector<std::string> told;
    dns::Resolver resolver(context.get_executor(), impatient(server, told));
    std::optional<Ending> evil;
    begin(context, resolver, "a", "evil.example", evil);
    // A second probe is sent when the first has ended.
    while (server.times_asked("") < 2 && context.run_one() > 0) {
    }
    CHECK_FALSE(evil.has_value());
    CHECK(told.empty());
}

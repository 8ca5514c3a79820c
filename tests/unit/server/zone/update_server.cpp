// The conversation with a server that takes updates, which is made up here: with a zone, signatures, and faults.
#include "server/zone/update_server.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "protocols/sasl/scram_keys.h"
#include "server/zone/records.h"
#include "tests/unit/mailauth/dns_table.h"

using namespace server;
using zone::ResponseCode;
using zone::WireRecord;

namespace {

constexpr std::int64_t server_time = 1'790'000'000;
const zone::TsigKey update_key{.name = "mailstead", .secret = "a secret of 32 octets, no fewer!"};

struct Reply {
    ResponseCode code = ResponseCode::no_error;
    bool is_authoritative = true;
    std::vector<WireRecord> answers{};
    std::vector<WireRecord> authority{};
};

std::string octets_of(std::uint64_t number, std::size_t octets) {
    std::string out;
    zone::append_number(out, number, octets);
    return out;
}

std::string octets_of(const WireRecord& record) {
    return zone::wire_name(record.name) + octets_of(record.type, 2) + octets_of(record.record_class, 2) +
           octets_of(record.ttl, 4) + octets_of(record.rdata.size(), 2) + record.rdata;
}

class FakeServer {
  public:
    std::map<std::pair<std::string, std::uint16_t>, std::vector<WireRecord>> records;
    std::vector<std::string> zones = {"example.org"};
    std::vector<std::string> updates;  // the zones of those that it took
    ResponseCode for_updates = ResponseCode::no_error;
    std::uint16_t tsig_error = 0;
    std::int64_t clock = server_time;
    std::string secret = update_key.secret;
    bool signs = true;
    bool drops_what_it_takes = false;
    std::function<std::string(std::string)> spoils = [](std::string octets) { return octets; };
    std::function<std::optional<Reply>(const std::string& name)> instead = [](const auto&) { return std::nullopt; };

    void set(const std::string& name, const zone::Data& data) {
        records[{name, zone::type_number_of(data)}].push_back(
            {.name = name, .type = zone::type_number_of(data), .ttl = 60, .rdata = zone::rdata(data)});
    }
    std::string at(const std::string& name, std::uint16_t type) const {
        std::string out;
        const auto found = records.find({name, type});
        if (found == records.end()) return out;
        for (const WireRecord& record : found->second) {
            out += (out.empty() ? "" : ", ") + zone::presentation(*zone::data_of(record));
        }
        return out;
    }

    zone::UpdateServer server() {
        const auto exchange = [this](std::string message) -> asio::awaitable<std::string> {
            std::string answer = spoils(answer_to(message));
            co_return answer;
        };
        return {exchange, update_key, [] { return server_time; }, 0xfffe};
    }

  private:
    std::string answer_to(const std::string& octets) {
        const auto request = zone::parse_message(octets);
        REQUIRE(request);
        const WireRecord& tsig = request->additional.back();
        const auto sent = zone::read_tsig(octets, update_key, "", server_time);
        REQUIRE(sent);
        std::string name;
        std::size_t at = 12;
        for (; octets[at] != '\0'; at += 1 + static_cast<std::size_t>(octets[at])) {
            name += (name.empty() ? "" : ".") + octets.substr(at + 1, static_cast<std::size_t>(octets[at]));
        }
        const auto type = static_cast<std::uint16_t>(zone::number_in(octets.substr(at + 1, 2)));
        const Reply reply = request->opcode == 5 ? update(name, *request) : lookup(name, type);
        std::string answer = octets.substr(0, 2) +
                             octets_of(0x8000U | static_cast<unsigned>(request->opcode) << 11 |
                                           (reply.is_authoritative ? 0x0400U : 0U) | static_cast<unsigned>(reply.code),
                                       2) +
                             octets_of(1, 2) + octets_of(reply.answers.size(), 2) +
                             octets_of(reply.authority.size(), 2) + octets_of(0, 2) + octets.substr(12, at + 5 - 12);
        for (const auto* section : {&reply.answers, &reply.authority}) {
            for (const WireRecord& record : *section) answer += octets_of(record);
        }
        if (!signs) return answer;
        // The request's MAC: behind algorithm (13), time (6), fudge (2), size (2).
        const std::string request_mac = tsig.rdata.substr(23, 32);
        const std::string variables = zone::wire_name(update_key.name) + octets_of(255, 2) + octets_of(0, 4) +
                                      zone::wire_name("hmac-sha256") + octets_of(static_cast<std::uint64_t>(clock), 6) +
                                      octets_of(300, 2) + octets_of(tsig_error, 2) + octets_of(0, 2);
        const std::string mac = sasl::hmac_sha256(secret, octets_of(32, 2) + request_mac + answer + variables);
        answer.replace(10, 2, octets_of(1, 2));
        return answer +
               octets_of({.name = update_key.name,
                          .type = 250,
                          .record_class = 255,
                          .rdata = zone::wire_name("hmac-sha256") + octets_of(static_cast<std::uint64_t>(clock), 6) +
                                   octets_of(300, 2) + octets_of(32, 2) + mac + answer.substr(0, 2) +
                                   octets_of(tsig_error, 2) + octets_of(0, 2)});
    }

    Reply lookup(const std::string& name, std::uint16_t type) {
        if (const auto reply = instead(name)) return *reply;
        const auto zone = std::ranges::find_if(zones, [&](const auto& one) { return zone::is_within(name, one); });
        if (zone == zones.end()) return {.code = ResponseCode::refused, .is_authoritative = false};
        const WireRecord soa{
            .name = *zone, .type = 6, .rdata = zone::wire_name("a") + zone::wire_name("b") + std::string(20, '\0')};
        if (name == *zone && type == 6) return {.answers = {soa}};
        const auto alias = records.find({name, 5});
        if (alias != records.end()) return {.answers = alias->second};
        const auto found = records.find({name, type});
        if (found == records.end()) return {.code = ResponseCode::no_such_name, .authority = {soa}};
        return {.answers = found->second};
    }

    // Prerequisites are not looked at: knot and BIND do that in tests/interop.
    Reply update(const std::string& zone, const zone::Message& request) {
        if (for_updates != ResponseCode::no_error) return {.code = for_updates};
        updates.push_back(zone);
        for (const WireRecord& change : request.authority) {
            if (drops_what_it_takes) continue;
            auto& there = records[{change.name, change.type}];
            if (change.record_class == zone::class_none) {
                std::erase_if(there, [&](const WireRecord& one) { return one.rdata == change.rdata; });
            } else {
                there.push_back(change);
            }
        }
        return {};
    }
};

zone::Wishes wishes() {
    return {.records = {{.name = "example.org", .data = zone::Mx{10, "mail.example.org"}},
                        {.name = "example.org", .data = zone::Text{"v=spf1 mx -all"}}},
            .withdrawn = {},
            .host = "mail.example.org"};
}

zone::Updated update(FakeServer& fake, bool only_look = false) {
    zone::UpdateServer server = fake.server();
    return run(zone::update_zones(server, wishes(), only_look));
}

std::string fault(FakeServer& fake) {
    try {
        update(fake);
    } catch (const zone::UpdateFailure& failure) {
        return failure.what();
    }
    return {};
}

}  // namespace

TEST_CASE("an update brings what is missing and replaces what was ours, once") {
    FakeServer fake;
    fake.set("example.org", zone::Text{"v=spf1 a -all"});
    fake.set("example.org", zone::Text{"another's"});
    const zone::Updated seen = update(fake, true);
    CHECK(seen.added.size() == 2);
    CHECK(fake.updates.empty());
    const zone::Updated done = update(fake);
    CHECK(done.zones == std::vector<std::string>{"example.org"});
    CHECK(done.added == seen.added);
    REQUIRE(done.removed.size() == 1);
    CHECK(done.not_there.empty());
    CHECK(fake.at("example.org", 15) == "10 mail.example.org.");
    CHECK(fake.at("example.org", 16) == "\"another's\", \"v=spf1 mx -all\"");
    CHECK(update(fake).zones.empty());
    CHECK(fake.updates.size() == 1);
}

TEST_CASE("what the server took but does not have is told") {
    FakeServer fake;
    fake.drops_what_it_takes = true;
    CHECK(update(fake).not_there.size() == 2);
}

TEST_CASE("the zone of a name is the nearest one that the server serves") {
    FakeServer fake;
    fake.zones = {"sub.example.org", "example.org"};
    zone::UpdateServer server = fake.server();
    const auto zone_of = [&](const std::string& name) { return run(server.zone_of(name)); };
    CHECK(zone_of("example.org") == "example.org");
    CHECK(zone_of("_25._tcp.mail.example.org") == "example.org");
    CHECK(zone_of("a.sub.example.org") == "sub.example.org");
    CHECK_THROWS_WITH(zone_of("elsewhere.test"),
                      "the server serves no zone in which this name lies: elsewhere.test, or does not let us ask");
    // An alias says nothing about its own zone; where it leads, another may be.
    fake.set("alias.example.org", zone::Cname{"else.where.test"});
    CHECK(zone_of("alias.example.org") == "example.org");
    // Handed on to others: not ours to change, whatever is above.
    fake.instead = [](const std::string& name) -> std::optional<Reply> {
        if (!zone::is_within(name, "theirs.example.org")) return std::nullopt;
        return Reply{.is_authoritative = false,
                     .authority = {{.name = "theirs.example.org", .type = 2, .rdata = "\0"}}};
    };
    CHECK_THROWS_WITH(
        zone_of("m.theirs.example.org"),
        "the server hands theirs.example.org. on to others, and this name lies there: m.theirs.example.org");
    // A server that only repeats what others say is none to change.
    fake.instead = [](const std::string&) { return Reply{.is_authoritative = false}; };
    CHECK_THROWS_WITH(zone_of("example.org"), "the server serves no zone in which this name lies: example.org");
}

TEST_CASE("refusals in words") {
    const std::pair<ResponseCode, const char*> cases[] = {
        {ResponseCode::refused, "the server does not let the key mailstead do this (REFUSED): the zone example.org"},
        {ResponseCode::not_authoritative, "the server is no authority for this (NOTAUTH): the zone example.org"},
        {ResponseCode::not_implemented, "the server knows no updates (NOTIMP)"},
        {ResponseCode::server_failure,
         "the server has failed itself; its log says why (SERVFAIL): the zone example.org"},
        {ResponseCode::not_in_zone, "the server finds a name outside of the zone (NOTZONE): the zone example.org"},
        {ResponseCode::no_such_rrset,
         "the server has other records by now than it had a moment before, or a wildcard answers for them (8): nothing "
         "was changed in the zone example.org"},
    };
    for (const auto& [code, words] : cases) {
        FakeServer fake;
        fake.for_updates = code;
        CHECK(fault(fake) == words);
    }
}

TEST_CASE("answers that are not to be believed, and what the server says about our signature") {
    const auto with = [](auto change) {
        FakeServer fake;
        change(fake);
        return fault(fake);
    };
    CHECK(with([](FakeServer& fake) { fake.signs = false; }) ==
          "the server does not sign its answer (TSIG): it is not believed");
    CHECK(with([](FakeServer& fake) { fake.secret = "other"; }) ==
          "the server answers with a wrong signature: it is not believed");
    CHECK(with([](FakeServer& fake) { fake.clock = server_time + 301; }) ==
          "the server signs with a time that is not ours: the clocks differ");
    CHECK(with([](FakeServer& fake) { fake.tsig_error = zone::tsig_bad_key; }) ==
          "the server does not know the key mailstead with hmac-sha256, or not for this (BADKEY)");
    CHECK(with([](FakeServer& fake) { fake.tsig_error = zone::tsig_bad_signature; }) ==
          "the server has another secret for the key mailstead (BADSIG)");
    CHECK(with([](FakeServer& fake) {
              fake.tsig_error = zone::tsig_bad_time;
              fake.clock = server_time - 4000;
          }) == "the server has another time: its clock differs from ours by 4000 s (BADTIME)");
    CHECK(with([](FakeServer& fake) { fake.spoils = [](std::string octets) { return octets.substr(1); }; }) ==
          "the server answers with what is no answer of the DNS");
    CHECK(with([](FakeServer& fake) {
              fake.spoils = [](std::string octets) {
                  octets[0] = static_cast<char>(octets[0] ^ 1);
                  return octets;
              };
          }) == "the server answers with what is no answer of the DNS");
    CHECK(with([](FakeServer& fake) {
              fake.instead = [](const std::string&) {
                  return Reply{.code = ResponseCode::refused, .is_authoritative = false};
              };
              fake.signs = false;  // a refusal may come without
          }) == "the server does not let the key mailstead do this (REFUSED): example.org");
    CHECK(with([](FakeServer& fake) {
              fake.instead = [](const std::string&) { return Reply{.is_authoritative = false}; };
          }) == "the server is no authority for example.org: name the one that is");
}

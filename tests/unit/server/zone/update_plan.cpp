// What an update changes of what stands there, and what it leaves alone.
#include "server/zone/update_plan.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace server;
using namespace std::string_literals;

namespace {

const std::string key_text = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

zone::Wishes wishes_with(std::vector<zone::Record> records) {
    return {.records = std::move(records), .withdrawn = {}, .host = "mail.example.org"};
}

zone::WireRecord standing(const std::string& name, const zone::Data& data) {
    return {.name = name, .type = zone::type_number_of(data), .ttl = 60, .rdata = zone::rdata(data)};
}

// What the plan for one name comes to: "-MX -…  +…  |left".
std::string plan(const zone::Wishes& wishes, const std::vector<zone::Data>& there, const std::string& alias = "") {
    std::vector<zone::Standing> all = zone::to_look_at(wishes);
    REQUIRE(all.size() == 1);
    for (const zone::Data& data : there) all[0].records.push_back(standing(all[0].name, data));
    all[0].alias = alias;
    const zone::UpdatePlan plan = zone::plan_update(wishes, all);
    std::string out;
    const auto data_in = [](const zone::WireRecord& record) { return zone::presentation(*zone::data_of(record)); };
    for (const zone::Change& change : plan.changes) {
        for (const zone::WireRecord& record : change.removed) out += "-" + data_in(record) + " ";
        for (const zone::WireRecord& record : change.added) out += "+" + data_in(record) + " ";
    }
    for (const std::string& line : plan.others) out += "|" + line;
    return out;
}

}  // namespace

TEST_CASE("what is missing comes, what is there stays") {
    const zone::Wishes wishes = wishes_with({{.name = "example.org", .data = zone::Mx{10, "mail.example.org"}}});
    CHECK(plan(wishes, {}) == "+10 mail.example.org. ");
    CHECK(plan(wishes, {zone::Mx{10, "mail.example.org"}}).empty());
    CHECK(plan(wishes, {zone::Mx{5, "mail.example.org"}}).empty());  // with a preference that somebody chose
}

TEST_CASE("what an update replaces, and what it leaves to its owner") {
    struct Case {
        const char* name;
        zone::Data ours;
        std::vector<zone::Data> there;
        const char* plan;
        const char* replacing;
    };
    const zone::Text spf{"v=spf1 mx -all"};
    const Case cases[] = {
        // Of texts the same kind alone counts.
        {"example.org", spf, {zone::Text{"google-site-verification=x"}}, "+\"v=spf1 mx -all\" ", nullptr},
        {"example.org", spf, {zone::Text{"v=spf1 a mx -all"}}, "-\"v=spf1 a mx -all\" +\"v=spf1 mx -all\" ", nullptr},
        {"example.org",
         spf,
         {zone::Text{"V=SPF1 include:x.test -all"}},
         "|example.org. 60 IN TXT \"V=SPF1 include:x.test -all\"",
         "-\"V=SPF1 include:x.test -all\" +\"v=spf1 mx -all\" "},
        {"example.org", spf, {zone::Text{"v=spf10"}}, "+\"v=spf1 mx -all\" ", nullptr},
        {"_dmarc.example.org",
         zone::Text{"v=DMARC1; p=quarantine"},
         {zone::Text{"v=DMARC1; p=reject"}},
         "|_dmarc.example.org. 60 IN TXT \"v=DMARC1; p=reject\"",
         "-\"v=DMARC1; p=reject\" +\"v=DMARC1; p=quarantine\" "},
        // The policy is served by us: another ID is an older one.
        {"_mta-sts.example.org",
         zone::Text{"v=STSv1; id=2"},
         {zone::Text{"v=STSv1; id=1"}},
         "-\"v=STSv1; id=1\" +\"v=STSv1; id=2\" ",
         nullptr},
        // A selector is ours, whatever stands there.
        {"m1._domainkey.example.org",
         zone::Text{key_text},
         {zone::Text{"v=DKIM1; p="}, zone::Text{"x"}},
         "-\"v=DKIM1; p=\" -\"x\" +\"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\" ",
         nullptr},
        // Backups of others stay beside ours; "takes no mail" cannot.
        {"example.org",
         zone::Mx{10, "mail.example.org"},
         {zone::Mx{20, "backup.test"}},
         "+10 mail.example.org. |example.org. 60 IN MX 20 backup.test.",
         "-20 backup.test. +10 mail.example.org. "},
        {"example.org", zone::Mx{10, "mail.example.org"}, {zone::Mx{0, ""}}, "-0 . +10 mail.example.org. ", nullptr},
        {"mail.example.org",
         zone::Address{"192.0.2.1"},
         {zone::Address{"192.0.2.2"}},
         "+192.0.2.1 |mail.example.org. 60 IN A 192.0.2.2",
         "-192.0.2.2 +192.0.2.1 "},
        {"mail.example.org",
         zone::Caa{"issue", "a.test"},
         {zone::Caa{"issue", "b.test"}},
         "+0 issue \"a.test\" ",
         nullptr},
        {"_25._tcp.mail.example.org",
         zone::Tlsa{3, 1, 1, "new"},
         {zone::Tlsa{3, 1, 1, "old"}},
         "-3 1 1 6f6c64 +3 1 1 6e6577 ",
         nullptr},
        {"_imaps._tcp.example.org",
         zone::Srv{0, 1, 993, "mail.example.org"},
         {zone::Srv{0, 0, 0, ""}},
         "-0 0 0 . +0 1 993 mail.example.org. ",
         nullptr},
        {"_imaps._tcp.example.org",
         zone::Srv{0, 1, 993, "mail.example.org"},
         {zone::Srv{0, 1, 993, "imap.test"}},
         "|_imaps._tcp.example.org. 60 IN SRV 0 1 993 imap.test.",
         "-0 1 993 imap.test. +0 1 993 mail.example.org. "},
        {"mta-sts.example.org",
         zone::Cname{"mail.example.org"},
         {zone::Cname{"sts.test"}},
         "|mta-sts.example.org. 60 IN CNAME sts.test.",
         "-sts.test. +mail.example.org. "},
    };
    for (const Case& one : cases) {
        zone::Wishes wishes = wishes_with({{.name = one.name, .data = one.ours}});
        CHECK_MESSAGE(plan(wishes, one.there) == one.plan, plan(wishes, one.there));
        wishes.replace = true;
        CHECK_MESSAGE(plan(wishes, one.there) == (one.replacing == nullptr ? one.plan : one.replacing),
                      plan(wishes, one.there));
    }
}

TEST_CASE("a name that somebody has made an alias is left alone") {
    const zone::Wishes wishes = wishes_with({{.name = "_dmarc.example.org", .data = zone::Text{"v=DMARC1; p=none"}}});
    CHECK(plan(wishes, {}, "dmarc.test") == "|_dmarc.example.org. leads to dmarc.test. (CNAME)");
}

TEST_CASE("the record of a withdrawn key goes") {
    zone::Wishes wishes = wishes_with({});
    wishes.withdrawn = {"m0._domainkey.example.org"};
    CHECK(zone::to_look_at(wishes).at(0).type == 16);
    CHECK(plan(wishes, {}).empty());
    CHECK(plan(wishes, {zone::Text{"v=DKIM1; p=x"}}) == "-\"v=DKIM1; p=x\" ");
}

TEST_CASE("several wishes for one name are one change, which holds only while all is as it was") {
    const zone::Wishes wishes = wishes_with({{.name = "_25._tcp.m.test", .data = zone::Tlsa{3, 1, 1, "one"}},
                                             {.name = "m.test", .data = zone::Address{"192.0.2.1"}},
                                             {.name = "_25._tcp.m.test", .data = zone::Tlsa{3, 1, 1, "two"}}});
    std::vector<zone::Standing> all = zone::to_look_at(wishes);
    REQUIRE(all.size() == 2);
    const zone::WireRecord old = standing("_25._tcp.m.test", zone::Tlsa{3, 1, 1, "old"});
    all[0].records = {old, standing("_25._tcp.m.test", zone::Tlsa{3, 1, 1, "two"})};
    const zone::UpdatePlan plan = zone::plan_update(wishes, all);
    REQUIRE(plan.changes.size() == 2);
    CHECK(plan.changes[0].added.size() == 1);
    const zone::Update update = zone::update_of("test", plan.changes);
    CHECK(update.zone == "test");
    REQUIRE(update.prerequisites.size() == 3);  // the whole of what was there, and what was not
    for (const zone::WireRecord& record : update.prerequisites) CHECK(record.ttl == 0);
    CHECK(update.prerequisites[0].rdata == old.rdata);
    CHECK(update.prerequisites[0].record_class == zone::class_in);
    CHECK(update.prerequisites[2] == zone::WireRecord{.name = "m.test", .type = 1, .record_class = zone::class_none});
    REQUIRE(update.changes.size() == 3);
    CHECK(
        update.changes[0] ==
        zone::WireRecord{.name = "_25._tcp.m.test", .type = 52, .record_class = zone::class_none, .rdata = old.rdata});
    CHECK(update.changes[1].ttl == 60);  // that of those which stay
    CHECK(update.changes[2].ttl == 3600);
    CHECK(update.changes[2].rdata == "\xc0\0\2\1"s);
}

TEST_CASE("records as lines, also those that nobody here knows") {
    CHECK(zone::line_of(standing("a.test", zone::Mx{1, "b.test"})) == "a.test. 60 IN MX 1 b.test.");
    CHECK(zone::line_of({.name = "a.test", .type = 99, .ttl = 1, .rdata = "\1a"}) == "a.test. 1 IN TYPE99 \\# 2 0161");
    CHECK(zone::line_of({.name = "a.test", .type = 257, .ttl = 1, .rdata = "\x80\0"s}) ==
          "a.test. 1 IN TYPE257 \\# 2 8000");
    CHECK_FALSE(zone::data_of({.name = "a.test", .type = 33, .rdata = "12345"}));
    CHECK_FALSE(zone::data_of({.name = "a.test", .type = 257, .rdata = "\0\5issu"s}));
}

// Email/query and Email/queryChanges: RFC 8621 §4.4, §4.5, over a store.
#include <algorithm>
#include <random>

#include "tests/unit/web/jmap/jmap_house.h"

using namespace jmap_test;

namespace {

std::string message(const std::string& subject, const std::string& more = "", const std::string& body = "text") {
    return "From: Ann <ann@example.org>\r\nTo: Bob <bob@example.org>\r\nSubject: " + subject + "\r\nMessage-ID: <" +
           subject + "@example.org>\r\n" + more + "\r\n" + body + "\r\n";
}

struct QueryHouse : JmapHouse {
    // Subjects of the results, in order.
    std::string subjects(Json arguments) {
        const Json response = call("Email/query", std::move(arguments));
        if (response.contains("error")) return response["error"];
        std::string all;
        const Json emails = call("Email/get", {{"ids", response["ids"]}, {"properties", {"subject"}}});
        for (const Json& id : response["ids"]) {
            for (const Json& email : emails["list"]) {
                if (email["id"] == id) all += (all.empty() ? "" : " ") + email["subject"].get<std::string>();
            }
        }
        return all;
    }
    std::string filtered(const char* filter) {
        return subjects({{"filter", Json::parse(filter)}, {"sort", Json::parse(R"([{"property": "subject"}])")}});
    }
    std::string sorted(const char* sort) { return subjects({{"sort", Json::parse(sort)}}); }
};

}  // namespace

TEST_CASE_FIXTURE(QueryHouse, "every condition, alone and combined") {
    using storage::system_flag::flagged;
    using storage::system_flag::seen;
    deliver(inbox, message("a"), 100, {seen, {"work"}});
    deliver(inbox, message("b", "In-Reply-To: <a@example.org>\r\n"), 200);
    deliver(archive, message("c", "X-Own: Some thing\r\nCc: Carl <carl@example.net>\r\n", "haystack Needle here"), 300,
            {flagged, {}});
    deliver(archive,
            message("d", "Content-Type: multipart/mixed; boundary=x\r\n",
                    "--x\r\n\r\ntext\r\n--x\r\nContent-Type: application/pdf\r\n\r\nlong content\r\n--x--"),
            400);
    const std::string in = storage::mailbox_id_text(inbox);
    CHECK(filtered("{}") == "a b c d");
    CHECK(subjects({{"filter", {{"inMailbox", in}}}}) == "b a");
    CHECK(subjects({{"filter", {{"inMailboxOtherThan", {in}}}}}) == "d c");
    CHECK(filtered(R"({"inMailbox": "F999"})").empty());
    CHECK(filtered(R"({"before": "1970-01-01T00:05:00Z"})") == "a b");
    CHECK(filtered(R"({"after": "1970-01-01T00:05:00Z"})") == "c d");
    CHECK(filtered(R"({"hasKeyword": "WORK"})") == "a");
    CHECK(filtered(R"({"hasKeyword": "unknown"})").empty());
    CHECK(filtered(R"({"notKeyword": "$seen"})") == "b c d");
    CHECK(filtered(R"({"hasAttachment": true})") == "d");
    CHECK(filtered(R"({"minSize": 200})") == "d");
    CHECK(filtered(R"({"maxSize": 200})") == "a b c");
    CHECK(filtered(R"({"from": "ann@EXAMPLE"})") == "a b c d");
    CHECK(filtered(R"({"cc": "carl"})") == "c");
    CHECK(filtered(R"({"bcc": "carl"})").empty());
    CHECK(filtered(R"({"subject": "b"})") == "b");
    CHECK(filtered(R"({"body": "needle haystack"})") == "c");
    CHECK(filtered(R"({"body": "'needle haystack'"})").empty());
    CHECK(filtered(R"({"text": "\"needle here\""})") == "c");
    CHECK(filtered(R"({"text": "carl"})") == "c");
    CHECK(filtered(R"({"header": ["x-own"]})") == "c");
    CHECK(filtered(R"({"header": ["x-own", "THING"]})") == "c");
    CHECK(filtered(R"({"header": ["x-own", "nothing"]})").empty());
    CHECK(filtered(R"({"operator": "OR", "conditions": [{"subject": "a"}, {"hasKeyword": "$flagged"}]})") == "a c");
    CHECK(filtered(R"({"operator": "NOT", "conditions": [{"subject": "a"}, {"hasKeyword": "$flagged"}]})") == "b d");
    CHECK(filtered(R"({"colour": "red"})") == "unsupportedFilter");
}

TEST_CASE_FIXTURE(QueryHouse, "threads: conditions over all of their emails, and collapsing") {
    using storage::system_flag::seen;
    deliver(inbox, message("x"), 100, {seen, {}});
    deliver(archive, "Subject: Re: x\r\nMessage-ID: <y@x>\r\nIn-Reply-To: <x@example.org>\r\n\r\nt\r\n", 300);
    deliver(inbox, message("z"), 200, {seen, {}});
    CHECK(filtered(R"({"allInThreadHaveKeyword": "$seen"})") == "z");
    CHECK(filtered(R"({"someInThreadHaveKeyword": "$seen"})") == "Re: x x z");
    CHECK(filtered(R"({"noneInThreadHaveKeyword": "$seen"})").empty());
    CHECK(subjects({{"collapseThreads", true}}) == "Re: x z");
    CHECK(subjects({{"collapseThreads", true}, {"sort", Json::parse(R"([{"property": "receivedAt"}])")}}) == "x z");
    const Json page = call("Email/query", {{"collapseThreads", true}, {"limit", 1}, {"calculateTotal", true}});
    CHECK(page["total"] == 2);
    CHECK(page["ids"].size() == 1);
}

TEST_CASE_FIXTURE(QueryHouse, "sorting, by several properties, and windows of the results") {
    deliver(inbox, "Subject: Re: m\r\nFrom: zoe@x.org\r\nTo: b@x.org\r\nDate: 3 Jan 2020 00:00:00 +0000\r\n\r\n", 100);
    deliver(inbox, "Subject: n\r\nFrom: Bea <z@x.org>\r\nTo: a@x.org\r\nDate: 2 Jan 2020 00:00:00 +0000\r\n\r\n123456",
            200, {storage::system_flag::flagged, {}});
    deliver(inbox, "Subject: l\r\nFrom: adam@x.org\r\nTo: a@x.org\r\nDate: 1 Jan 2020 00:00:00 +0000\r\n\r\n", 300);
    CHECK(sorted("[]") == "l n Re: m");
    CHECK(sorted(R"([{"property": "receivedAt"}])") == "Re: m n l");
    CHECK(sorted(R"([{"property": "receivedAt", "isAscending": false}])") == "l n Re: m");
    CHECK(sorted(R"([{"property": "sentAt"}])") == "l n Re: m");
    CHECK(sorted(R"([{"property": "from"}])") == "l n Re: m");
    CHECK(sorted(R"([{"property": "subject"}])") == "l Re: m n");
    CHECK(sorted(R"([{"property": "size", "isAscending": false}])") == "n Re: m l");
    CHECK(sorted(R"([{"property": "to"}, {"property": "subject", "isAscending": false}])") == "n l Re: m");
    CHECK(sorted(R"([{"property": "hasKeyword", "keyword": "$flagged", "isAscending": false},
                     {"property": "receivedAt"}])") == "n Re: m l");
    CHECK(sorted(R"([{"property": "someInThreadHaveKeyword", "keyword": "$flagged", "isAscending": false},
                     {"property": "receivedAt", "isAscending": false}])") == "n l Re: m");
    CHECK(sorted(R"([{"property": "hasKeyword"}])") == "invalidArguments");
    CHECK(sorted(R"([{"property": "colour"}])") == "unsupportedSort");
    CHECK(subjects({{"position", 1}, {"limit", 1}}) == "n");
    CHECK(subjects({{"position", -1}}) == "Re: m");
    CHECK(subjects({{"position", 9}}).empty());
    const Json all = call("Email/query", Json::object())["ids"];
    CHECK(subjects({{"anchor", all[1]}, {"anchorOffset", 1}}) == "Re: m");
    CHECK(subjects({{"anchor", all[1]}, {"anchorOffset", -5}, {"limit", 1}}) == "l");
    CHECK(subjects({{"anchor", "nonsense"}}) == "anchorNotFound");
}

TEST_CASE_FIXTURE(QueryHouse, "from every older state queryChanges leads to the present results (RFC 8620 §5.6)") {
    std::mt19937 random(3);
    const Json filters = Json::parse(R"([null, {"notKeyword": "$seen"}, {"someInThreadHaveKeyword": "$seen"}])");
    struct Older {
        Json query;
        Json ids;
        std::string state;
    };
    std::vector<Older> older;
    for (int step = 0; step < 40; ++step) {
        Json query = {{"filter", filters[random() % 3]}, {"collapseThreads", random() % 2 == 0}};
        if (random() % 2 == 0) query["sort"] = Json::parse(R"([{"property": "subject"}])");
        const Json now_found = call("Email/query", query);
        older.push_back({query, now_found["ids"], now_found["queryState"]});
        const storage::MailboxId where = random() % 2 == 0 ? inbox : archive;
        storage::UidSet some{storage::Uid{static_cast<std::uint32_t>(1 + random() % 8)}};
        switch (random() % 4) {
            case 0:
                run(storage::change_flags({where, bob}, some, storage::FlagEdit::add,
                                          {storage::system_flag::seen, {}}));
                break;
            case 1:
                run(storage::expunge_messages({where, bob}, some, storage::Durability::synced));
                break;
            case 2:
                run(storage::move_messages({where, bob}, some, inbox, clock));
                break;
            default:
                deliver(where,
                        message("s" + std::to_string(random() % 9),
                                "References: <r" + std::to_string(random() % 3) + "@x>\r\n"),
                        static_cast<int>(random() % 50));
        }
    }
    for (const Older& one : older) {
        Json arguments = one.query;
        arguments["sinceQueryState"] = one.state;
        const Json changes = call("Email/queryChanges", arguments);
        REQUIRE(changes.contains("removed"));
        Json ids = Json::array();
        for (const Json& id : one.ids) {
            if (std::ranges::find(changes["removed"], id) == changes["removed"].end()) ids.push_back(id);
        }
        for (const Json& added : changes["added"]) {
            ids.insert(ids.begin() + added["index"].get<std::ptrdiff_t>(), added["id"]);
        }
        CHECK(ids == call("Email/query", one.query)["ids"]);
    }
    CHECK(call("Email/queryChanges", {{"sinceQueryState", "nonsense"}})["error"] == "cannotCalculateChanges");
    CHECK(call("Email/queryChanges", {{"sinceQueryState", older[0].state}, {"maxChanges", 1}})["error"] ==
          "tooManyChanges");
}

TEST_CASE_FIXTURE(QueryHouse, "snippets show where it was found (RFC 8621 §5)") {
    deliver(inbox, message("A <needle>", "", "hay and a Needle & more"));
    const Json id = call("Email/query", Json::object())["ids"][0];
    const Json got = call("SearchSnippet/get", {{"filter", {{"text", "needle"}}}, {"emailIds", {id, "M1"}}});
    CHECK(got["list"][0]["subject"] == "A &lt;<mark>needle</mark>&gt;");
    CHECK(got["list"][0]["preview"].get<std::string>().starts_with("hay and a <mark>Needle</mark> &amp; more"));
    CHECK(got["notFound"] == Json::array({"M1"}));
    const Json none = call("SearchSnippet/get", {{"filter", {{"subject", "other"}}}, {"emailIds", {id}}});
    CHECK(none["list"][0]["subject"].is_null());
    CHECK(none["list"][0]["preview"].is_null());
    CHECK(none["notFound"].is_null());
}

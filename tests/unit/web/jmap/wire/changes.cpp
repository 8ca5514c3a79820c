// /changes. RFC 8620 §5.2.
#include "web/jmap/wire/changes.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "web/jmap/wire/method_error.h"

using jmap::Json;
using jmap::RecordChange;
using jmap::State;

namespace {

jmap::ChangesArguments changes_arguments(const Json& object, const State& now) {
    jmap::Arguments arguments(object);
    return jmap::read_changes(arguments, now);
}

std::string changes_error(const Json& object) {
    try {
        changes_arguments(object, {.modseq = 10});
    } catch (const jmap::MethodError& error) {
        return error.type();
    }
    return "none";
}

const std::vector<RecordChange>& records() {
    static const std::vector<RecordChange> all = {
        {.id = "old", .number = 1, .created = 1, .updated = 2},
        {.id = "updated", .number = 2, .created = 1, .updated = 7},
        {.id = "new", .number = 3, .created = 6, .updated = 9},
        {.id = "gone", .number = 4, .created = 1, .updated = 3, .destroyed = 8},
        {.id = "brief", .number = 5, .created = 6, .updated = 6, .destroyed = 8},
        {.id = "together", .number = 6, .created = 2, .updated = 7},
    };
    return all;
}

}  // namespace

TEST_CASE("states: as text and back") {
    for (const State& state : {State{.modseq = 0}, State{.modseq = 17}, State{.modseq = 17, .up_to = 4}}) {
        CHECK(jmap::parse_state(jmap::to_text(state)) == state);
    }
    for (const char* text : {"", "x", "1-", "-1", "1-x", "18446744073709551615", "1 "}) {
        CHECK_MESSAGE(!jmap::parse_state(text), text);
    }
}

TEST_CASE("changes: arguments") {
    CHECK(changes_error({{"sinceState", "10"}}) == "none");
    CHECK(changes_error({{"sinceState", "10"}, {"maxChanges", 1}}) == "none");
    CHECK(changes_error({{"sinceState", "10"}, {"maxChanges", 0}}) == "invalidArguments");
    CHECK(changes_error({{"sinceState", "10"}, {"maxChanges", -1}}) == "invalidArguments");
    CHECK(changes_error({{"sinceState", 10}}) == "invalidArguments");
    CHECK(changes_error(Json::object()) == "invalidArguments");
    CHECK(changes_error({{"sinceState", "11"}}) == "cannotCalculateChanges");
    CHECK(changes_error({{"sinceState", "abc"}}) == "cannotCalculateChanges");
}

TEST_CASE("changes: all at once") {
    const State now{.modseq = 10};
    const auto arguments = changes_arguments({{"sinceState", "5"}}, now);
    const jmap::Changes changes = jmap::changes_since(arguments, records(), now);
    CHECK(jmap::changes_response("A1", arguments, changes) ==
          Json::parse(R"({"accountId":"A1","oldState":"5","newState":"10","hasMoreChanges":false,
                          "created":["new"],"updated":["updated","together"],"destroyed":["gone"]})"));
    const auto none = jmap::changes_since(changes_arguments({{"sinceState", "10"}}, now), records(), now);
    CHECK((none.created.empty() && none.updated.empty() && none.destroyed.empty()));
}

TEST_CASE("changes: in pieces of any size they come to the same, and none is too large") {
    const State now{.modseq = 10};
    for (std::uint64_t most = 1; most <= 5; ++most) {
        std::string since = "5";
        std::set<std::string> known = {"old", "updated", "gone", "together"};
        std::set<std::string> told;
        for (bool more = true; more;) {
            const auto arguments = changes_arguments({{"sinceState", since}, {"maxChanges", most}}, now);
            const jmap::Changes changes = jmap::changes_since(arguments, records(), now);
            REQUIRE(changes.created.size() + changes.updated.size() + changes.destroyed.size() <= most);
            for (const std::string& id : changes.created) CHECK(known.insert(id).second);
            for (const std::string& id : changes.updated) CHECK((known.contains(id) && told.insert(id).second));
            for (const std::string& id : changes.destroyed) known.erase(id);
            more = changes.has_more;
            since = jmap::to_text(changes.state);
        }
        CHECK(since == "10");
        CHECK(known == std::set<std::string>{"old", "updated", "new", "together"});
        CHECK((told.contains("updated") && told.contains("together")));
    }
}

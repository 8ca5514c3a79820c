// /set. RFC 8620 §5.3.
#include "web/jmap/wire/set.h"

#include <doctest/doctest.h>

#include "web/jmap/wire/method_error.h"

using jmap::Json;

namespace {

jmap::SetArguments set_of(const char* given, std::size_t most = 3) {
    const Json object = Json::parse(given);
    jmap::Arguments arguments(object);
    return jmap::read_set(arguments, most, "7");
}

std::string set_error(const char* given) {
    try {
        set_of(given);
    } catch (const jmap::MethodError& error) {
        return error.type();
    }
    return "none";
}

}  // namespace

TEST_CASE("set: arguments") {
    const auto set =
        set_of(R"({"ifInState":"7","create":{"k":{"a":1}},"update":{"#k":{"a":2}},"destroy":["x","x"]})", 4);
    REQUIRE((set.create.size() == 1 && set.update.size() == 1));
    CHECK(set.create[0].first == "k");
    CHECK(set.update[0].second == Json({{"a", 2}}));
    CHECK(set.destroy == std::vector<std::string>{"x"});
    CHECK(set_of(R"({"ifInState":null,"create":null})").create.empty());
    for (const auto& [given, type] : std::initializer_list<std::pair<const char*, const char*>>{
             {R"({"ifInState":"6"})", "stateMismatch"},
             {R"({"ifInState":7})", "invalidArguments"},
             {R"({"create":{"a":{},"b":{}},"update":{"c":{}}})", "none"},
             {R"({"create":{"a":{},"b":{}},"update":{"c":{}},"destroy":["d"]})", "requestTooLarge"},
             {R"({"create":[]})", "invalidArguments"},
             {R"({"create":{"a b":{}}})", "invalidArguments"},
             {R"({"create":{"#a":{}}})", "invalidArguments"},
             {R"({"create":{"a":1}})", "invalidArguments"},
             {R"({"update":{"a":null}})", "invalidArguments"},
             {R"({"destroy":{}})", "invalidArguments"},
             {R"({"destroy":["a b"]})", "invalidArguments"}}) {
        CHECK_MESSAGE(set_error(given) == type, given);
    }
}

TEST_CASE("set: what only the server sets may be given as it is") {
    const Json present = {{"id", "F1"}, {"name", "a"}, {"total", 3}};
    constexpr std::string_view settable[] = {"name"};
    const auto wrong = [&](const Json& wanted) { return jmap::wrongly_changed(present, wanted, settable); };
    CHECK(wrong({{"id", "F1"}, {"name", "b"}, {"total", 3}}).empty());
    CHECK(wrong({{"id", "F2"}, {"name", "a"}, {"total", 3}}) == std::vector<std::string>{"id"});
    CHECK(wrong({{"id", "F1"}, {"total", 3}}) == std::vector<std::string>{"name"});
    CHECK(wrong({{"id", "F1"}, {"name", "a"}, {"total", 3}, {"more", 1}}) == std::vector<std::string>{"more"});
}

TEST_CASE("set: the response has null where nothing was done") {
    jmap::SetOutcome outcome;
    CHECK(jmap::set_response("A1", "7", "7", outcome) ==
          Json::parse(R"({"accountId":"A1","oldState":"7","newState":"7","created":null,"updated":null,
                          "destroyed":null,"notCreated":null,"notUpdated":null,"notDestroyed":null})"));
    outcome.created["k"] = {{"id", "F1"}};
    outcome.updated["F2"] = nullptr;
    outcome.destroyed = {"F3"};
    outcome.not_created["l"] = jmap::invalid_properties({"name", "role"}, "both");
    outcome.not_updated["F4"] = {.type = "notFound"};
    outcome.not_destroyed["F5"] = {.type = "mailboxHasChild", .extra = {{"more", 1}}};
    CHECK(jmap::set_response("A1", "7", "8", outcome) ==
          Json::parse(R"({"accountId":"A1","oldState":"7","newState":"8","created":{"k":{"id":"F1"}},
                          "updated":{"F2":null},"destroyed":["F3"],
                          "notCreated":{"l":{"type":"invalidProperties","properties":["name","role"],
                                             "description":"both"}},
                          "notUpdated":{"F4":{"type":"notFound"}},
                          "notDestroyed":{"F5":{"type":"mailboxHasChild","more":1}}})"));
}

// Filters: RFC 8621 §4.4.1.
#include "web/jmap/mail/email_filter.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "protocols/mime/casemap.h"
#include "web/jmap/wire/method_error.h"

using namespace jmap;

namespace {

std::vector<std::string> all_folded(std::initializer_list<const char*> words) {
    std::vector<std::string> all;
    for (const char* word : words) all.push_back(mime::folded(word));
    return all;
}

EmailFilter filter_of(const char* text) {
    const Json json = Json::parse(text);
    const std::vector<std::string> keywords{"Work"};
    const CreationIds created({{"k1", "F7"}});
    FilterLimits limits;
    const std::function<EmailCondition(const Json&)> read = [&](const Json& condition) {
        return read_email_condition(condition, created, keywords);
    };
    return read_filter<EmailCondition>(json, read, limits);
}

std::string filter_error(const char* text) {
    try {
        filter_of(text);
        return "none";
    } catch (const MethodError& error) {
        return error.type();
    }
}

}  // namespace

TEST_CASE("a text is words and phrases") {
    CHECK(search_terms("one  two") == all_folded({"one", "two"}));
    CHECK(search_terms("\"one two\" three") == all_folded({"one two", "three"}));
    CHECK(search_terms("'it\\'s \\\\ so'") == all_folded({"it's \\ so"}));
    CHECK(search_terms("don't stop") == all_folded({"don't", "stop"}));
    CHECK(search_terms("\"open") == all_folded({"\"open"}));
    CHECK(search_terms("  ").empty());
}

TEST_CASE("conditions are read, and what is none is refused") {
    const EmailCondition condition =
        filter_of(R"({"inMailbox": "#k1", "after": "2020-01-01T00:00:00Z", "hasKeyword": "work",
                      "notKeyword": "$Seen", "header": ["X-A", "b"], "hasAttachment": false})")
            .condition;
    CHECK(condition.in_mailbox == storage::MailboxId{7});
    CHECK(condition.after == 1'577'836'800);
    CHECK(condition.has_keyword->number == 0);
    CHECK(condition.not_keyword->system_flag == storage::system_flag::seen);
    CHECK(condition.header_terms == all_folded({"b"}));
    CHECK(condition.has_attachment == false);
    CHECK(filter_of(R"({"inMailbox": "nonsense"})").condition.in_mailbox == storage::MailboxId{0});
    CHECK(filter_error(R"({"colour": "red"})") == "unsupportedFilter");
    CHECK(filter_error(R"({"before": "yesterday"})") == "invalidArguments");
    CHECK(filter_error(R"({"minSize": -1})") == "invalidArguments");
    CHECK(filter_error(R"({"header": []})") == "invalidArguments");
    CHECK(filter_error(R"({"text": 1})") == "invalidArguments");
}

TEST_CASE("where matches must lie, and what they must contain, is known beforehand") {
    CHECK_FALSE(mailboxes_of(filter_of(R"({"hasKeyword": "$seen"})")));
    CHECK(mailboxes_of(filter_of(R"({"operator": "AND", "conditions": [{"inMailbox": "F1"}, {"text": "a"}]})")) ==
          std::vector{storage::MailboxId{1}});
    CHECK(mailboxes_of(filter_of(R"({"operator": "OR", "conditions": [{"inMailbox": "F1"}, {"inMailbox": "F2"}]})")) ==
          std::vector{storage::MailboxId{1}, storage::MailboxId{2}});
    CHECK_FALSE(mailboxes_of(filter_of(R"({"operator": "OR", "conditions": [{"inMailbox": "F1"}, {"text": "a"}]})")));
    CHECK_FALSE(mailboxes_of(filter_of(R"({"operator": "NOT", "conditions": [{"inMailbox": "F1"}]})")));
    CHECK(text_of(filter_of(R"({"from": "a b", "subject": "c"})"))->parts.size() == 3);
    CHECK_FALSE(text_of(filter_of(R"({"operator": "NOT", "conditions": [{"text": "a"}]})")));
    CHECK_FALSE(text_of(filter_of(R"({"operator": "OR", "conditions": [{"text": "a"}, {"hasKeyword": "b"}]})")));
}

TEST_CASE("terms are found over the pieces of a text, but not over its end") {
    const auto found = [](const std::vector<std::string>& pieces, const std::vector<std::string>& terms) {
        return has_all(terms, [&](const std::function<bool(std::string_view)>& take) {
            for (const std::string& piece : pieces) {
                if (take(piece)) return;
            }
        });
    };
    CHECK(found({"abc", "def"}, {"cd", "ab"}));
    CHECK(found({"a", "b", "c", "d"}, {"abcd"}));
    CHECK_FALSE(found({"abc", "", "def"}, {"cd"}));
    CHECK_FALSE(found({"abc"}, {"abc", "x"}));
    CHECK(found({"abc"}, {}));
}

// The filters and sort orders of Email/query: RFC 8621 §4.4.1, §4.4.2. Runs on the store's reader threads; what needs
// more than a message's row is looked up only if the rest does not decide.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocols/mime/message_text.h"
#include "protocols/mime/readable_summary.h"
#include "storage/emails.h"
#include "storage/trigrams.h"
#include "web/jmap/wire/creation_ids.h"
#include "web/jmap/wire/query.h"

namespace jmap {

// The words and phrases of a text that is searched for, folded (mime/casemap.h): all of them must be found (§4.4.1).
std::vector<std::string> search_terms(std::string_view text);

enum class TextPlace : std::uint8_t { text, from, to, cc, bcc, subject, body };
struct TextCondition {
    TextPlace place{};
    std::vector<std::string> terms;
};

// A keyword: a system flag, or the number of one of the account's.
struct KeywordTest {
    std::uint8_t system_flag = 0;
    std::optional<std::uint32_t> number;  // neither: no email has it
    bool holds(const storage::Flags& flags) const;
};

// A FilterCondition; what is not given is nullopt.
struct EmailCondition {
    std::optional<storage::MailboxId> in_mailbox;  // 0: none that exists
    std::optional<std::vector<storage::MailboxId>> other_than;
    std::optional<std::int64_t> before;
    std::optional<std::int64_t> after;
    std::optional<std::uint64_t> min_size;
    std::optional<std::uint64_t> max_size;
    std::optional<KeywordTest> all_in_thread;
    std::optional<KeywordTest> some_in_thread;
    std::optional<KeywordTest> none_in_thread;
    std::optional<KeywordTest> has_keyword;
    std::optional<KeywordTest> not_keyword;
    std::optional<bool> has_attachment;
    std::vector<TextCondition> texts;
    std::optional<std::string> header_name;
    std::vector<std::string> header_terms;
};
using EmailFilter = Filter<EmailCondition>;

// Reads it. `keywords`: the account's, by number. Throws unsupportedFilter, invalidArguments.
EmailCondition read_email_condition(const Json& json, const CreationIds& created,
                                    std::span<const std::string> keywords);

// The mailboxes in which what matches must have a message; nullopt: any.
std::optional<std::vector<storage::MailboxId>> mailboxes_of(const EmailFilter& filter);
// What a message that matches must contain, for the search index; nullopt: that cannot be said.
std::optional<storage::TextQuery> text_of(const EmailFilter& filter);

// An email's octets and summary, read when they are first asked for.
class EmailTexts {
  public:
    EmailTexts(const storage::ScannedEmail& email, const mime::ReadOctets& read) : email_(email), read_(read) {}
    const mime::SummaryView& summary();
    const std::string& header_section();
    bool holds(const TextCondition& condition);
    bool has_header(const std::string& name, const std::vector<std::string>& terms);

  private:
    std::string field(TextPlace place);

    const storage::ScannedEmail& email_;
    const mime::ReadOctets& read_;
    std::string stored_;
    std::string anew_;
    std::optional<mime::SummaryView> summary_;
    std::optional<std::string> header_;
};

bool fulfils(const EmailCondition& condition, const storage::ScannedEmail& email, EmailTexts& texts);

// Whether all of the terms are in some text that `show` gives in pieces; the end of a text is an empty piece.
bool has_all(const std::vector<std::string>& terms,
             const std::function<void(const std::function<bool(std::string_view)>&)>& show);

// A value to sort by: numbers before texts are never mixed.
struct SortValue {
    std::int64_t number = 0;
    std::string text;  // folded
    friend auto operator<=>(const SortValue&, const SortValue&) = default;
};
struct EmailComparator {
    enum class Property : std::uint8_t {
        received_at,
        sent_at,
        size,
        from,
        to,
        subject,
        has_keyword,
        all_in_thread,
        some_in_thread
    };
    Property property{};
    bool ascending = true;
    KeywordTest keyword;
};
bool is_sortable_email_property(const std::string& property);
// Throws unsupportedSort, invalidArguments.
std::vector<EmailComparator> email_comparators(const std::vector<Comparator>& sort,
                                               std::span<const std::string> keywords);
SortValue sort_value(const EmailComparator& comparator, const storage::ScannedEmail& email, EmailTexts& texts);

// The names of all properties to sort by, for the session object.
std::span<const char* const> email_sort_properties();

}  // namespace jmap

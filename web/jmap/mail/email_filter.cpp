// Conditions are tested the cheapest first. Texts are compared folded, and found wherever they begin, as IMAP's SEARCH
// finds them (RFC 9051 §6.4.4).
#include "web/jmap/mail/email_filter.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/base_subject.h"
#include "protocols/mime/casemap.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"
#include "storage/object_id_text.h"
#include "web/jmap/wire/method_error.h"
#include "web/jmap/wire/types.h"

namespace jmap {
namespace {

constexpr std::size_t most_text_octets = 4U << 10;
constexpr std::size_t most_header_octets = std::size_t{1} << 20;

constexpr std::pair<std::string_view, TextPlace> text_properties[] = {
    {"text", TextPlace::text}, {"from", TextPlace::from}, {"to", TextPlace::to},          {"cc", TextPlace::cc},
    {"bcc", TextPlace::bcc},   {"body", TextPlace::body}, {"subject", TextPlace::subject}};

constexpr const char* other_conditions[] = {"inMailbox",
                                            "inMailboxOtherThan",
                                            "before",
                                            "after",
                                            "minSize",
                                            "maxSize",
                                            "allInThreadHaveKeyword",
                                            "someInThreadHaveKeyword",
                                            "noneInThreadHaveKeyword",
                                            "hasKeyword",
                                            "notKeyword",
                                            "hasAttachment",
                                            "header"};

constexpr const char* sort_properties[] = {"receivedAt",
                                           "sentAt",
                                           "size",
                                           "from",
                                           "to",
                                           "subject",
                                           "hasKeyword",
                                           "allInThreadHaveKeyword",
                                           "someInThreadHaveKeyword"};

KeywordTest keyword_test(const std::string& keyword, std::span<const std::string> keywords) {
    constexpr std::pair<std::string_view, std::uint8_t> system[] = {{"$seen", storage::system_flag::seen},
                                                                    {"$answered", storage::system_flag::answered},
                                                                    {"$flagged", storage::system_flag::flagged},
                                                                    {"$draft", storage::system_flag::draft}};
    for (const auto& [name, flag] : system) {
        if (base::iequals(name, keyword)) return {.system_flag = flag, .number = {}};
    }
    const auto found =
        std::ranges::find_if(keywords, [&](const std::string& one) { return base::iequals(one, keyword); });
    if (found == keywords.end()) return {};
    return {.system_flag = 0, .number = static_cast<std::uint32_t>(found - keywords.begin())};
}

storage::MailboxId mailbox_named(const std::string& id, const CreationIds& created) {
    const std::optional<std::string> resolved = created.resolve(id);
    return resolved ? storage::parse_mailbox_id(*resolved).value_or(storage::MailboxId()) : storage::MailboxId();
}

std::optional<std::int64_t> date_of(Arguments& arguments, const std::string& name) {
    const std::optional<std::string> text = arguments.string_or_null(name);
    if (!text) return std::nullopt;
    const std::optional<std::int64_t> date = parse_utc_date(*text);
    if (!date) throw invalid_arguments(name + " is no UTCDate");
    return date;
}

std::vector<std::string> terms_of(const std::string& text) {
    if (text.size() > most_text_octets) throw MethodError("unsupportedFilter", "the text is too long");
    return search_terms(text);
}

void read_texts(Arguments& arguments, EmailCondition& condition) {
    for (const auto& [name, place] : text_properties) {
        const std::optional<std::string> text = arguments.string_or_null(std::string(name));
        if (text) condition.texts.push_back({.place = place, .terms = terms_of(*text)});
    }
    const std::optional<std::vector<std::string>> header = arguments.strings_or_null("header");
    if (!header) return;
    if (header->empty() || header->size() > 2) throw invalid_arguments("header: a name, and perhaps a text");
    condition.header_name = header->front();
    if (header->size() == 2) condition.header_terms = terms_of(header->back());
}

// "Name <local@domain>, …" is what is searched in a field; what is sorted by is the first name, else its address.
std::string first_name(mime::AddressCursor addresses) {
    while (const std::optional<mime::AddressView> one = addresses.next()) {
        if (one->kind != mime::Address::Kind::mailbox) continue;
        if (!one->name.empty()) return mime::folded(mime::decode_encoded_words(one->name));
        return mime::folded(std::string(one->local) + "@" + std::string(one->domain));
    }
    return {};
}

template <class Test>
bool in_thread(const storage::ScannedEmail& email, bool stop_at, const Test& test) {
    bool stopped = false;
    email.more.see_thread([&](const storage::Flags& flags) {
        stopped = test(flags) == stop_at;
        return !stopped;
    });
    return stopped;
}

bool email_has(const KeywordTest& test, const storage::ScannedEmail& email) {
    if (test.system_flag == 0 && !test.number) return false;
    if (test.holds(email.flags())) return true;
    return std::ranges::any_of(email.more.places(),
                               [&](const storage::EmailPlace& place) { return test.holds(place.flags); });
}

bool lies_in(storage::MailboxId mailbox, const storage::ScannedEmail& email) {
    if (email.mailbox == mailbox) return true;
    return std::ranges::any_of(email.more.places(),
                               [&](const storage::EmailPlace& place) { return place.mailbox == mailbox; });
}

bool lies_outside(const std::vector<storage::MailboxId>& mailboxes, const storage::ScannedEmail& email) {
    const auto outside = [&](storage::MailboxId one) { return std::ranges::find(mailboxes, one) == mailboxes.end(); };
    if (outside(email.mailbox)) return true;
    return std::ranges::any_of(email.more.places(),
                               [&](const storage::EmailPlace& place) { return outside(place.mailbox); });
}

// Looks for terms in texts that come in pieces. A term may begin in one piece and end in the next.
class TermSearch {
  public:
    explicit TermSearch(const std::vector<std::string>& terms) : terms_(terms), found_(terms.size()) {
        for (const std::string& term : terms) longest_ = std::max(longest_, term.size());
    }
    // True once all are found.
    bool take(std::string_view folded) {
        window_ += folded;
        bool all = true;
        for (std::size_t i = 0; i < terms_.size(); ++i) {
            if (!found_[i]) found_[i] = mime::holds(window_, terms_[i]);
            all = all && found_[i];
        }
        if (window_.size() >= longest_) window_.erase(0, window_.size() - longest_ + (longest_ > 0 ? 1 : 0));
        return all;
    }
    void end_text() { window_.clear(); }
    bool all() const {
        return std::ranges::all_of(found_, [](bool found) { return found; });
    }

  private:
    const std::vector<std::string>& terms_;
    std::vector<bool> found_;
    std::string window_;
    std::size_t longest_ = 0;
};

}  // namespace

std::vector<std::string> search_terms(std::string_view text) {
    std::vector<std::string> terms;
    std::string term;
    char quote = 0;
    const auto end = [&] {
        if (!term.empty()) terms.push_back(mime::folded(std::exchange(term, {})));
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (quote != 0 && c == '\\' && at + 1 < text.size()) {
            term += text[++at];
        } else if (quote != 0 && c == quote) {
            end();
            quote = 0;
        } else if (quote == 0 && (c == '"' || c == '\'') && term.empty() &&
                   text.find(c, at + 1) != std::string_view::npos) {
            quote = c;  // one that is not closed, or within a word ("don't"), is a character like others
        } else if (quote == 0 && (base::is_space(c) || c == '\r' || c == '\n')) {
            end();
        } else {
            term += c;
        }
    }
    end();
    return terms;
}

bool KeywordTest::holds(const storage::Flags& flags) const {
    if (system_flag != 0) return (flags.system & system_flag) != 0;
    return number && flags.keywords.contains(*number);
}

EmailCondition read_email_condition(const Json& json, const CreationIds& created,
                                    std::span<const std::string> keywords) {
    for (const auto& [name, value] : json.items()) {
        const bool known = std::ranges::find(other_conditions, name) != std::end(other_conditions) ||
                           std::ranges::find(text_properties, name, [](const auto& one) { return one.first; }) !=
                               std::end(text_properties);
        if (!known) throw MethodError("unsupportedFilter", "no filtering by " + name);
    }
    Arguments arguments(json);
    const auto keyword = [&](const std::string& name) -> std::optional<KeywordTest> {
        const std::optional<std::string> given = arguments.string_or_null(name);
        if (!given) return std::nullopt;
        return keyword_test(*given, keywords);
    };
    EmailCondition condition;
    if (const auto id = arguments.string_or_null("inMailbox")) condition.in_mailbox = mailbox_named(*id, created);
    if (const auto ids = arguments.strings_or_null("inMailboxOtherThan")) {
        condition.other_than.emplace();
        for (const std::string& id : *ids) condition.other_than->push_back(mailbox_named(id, created));
    }
    condition.before = date_of(arguments, "before");
    condition.after = date_of(arguments, "after");
    condition.min_size = arguments.unsigned_or_null("minSize");
    condition.max_size = arguments.unsigned_or_null("maxSize");
    condition.all_in_thread = keyword("allInThreadHaveKeyword");
    condition.some_in_thread = keyword("someInThreadHaveKeyword");
    condition.none_in_thread = keyword("noneInThreadHaveKeyword");
    condition.has_keyword = keyword("hasKeyword");
    condition.not_keyword = keyword("notKeyword");
    if (json.contains("hasAttachment")) condition.has_attachment = arguments.boolean("hasAttachment", false);
    read_texts(arguments, condition);
    return condition;
}

std::optional<std::vector<storage::MailboxId>> mailboxes_of(const EmailFilter& filter) {
    if (!filter.kind) {
        if (!filter.condition.in_mailbox) return std::nullopt;
        return std::vector{*filter.condition.in_mailbox};
    }
    if (*filter.kind == FilterOperator::none_of) return std::nullopt;
    std::optional<std::vector<storage::MailboxId>> all;
    for (const EmailFilter& part : filter.conditions) {
        std::optional<std::vector<storage::MailboxId>> some = mailboxes_of(part);
        if (*filter.kind == FilterOperator::all_of) {
            if (some && (!all || some->size() < all->size())) all = std::move(some);
        } else {
            if (!some) return std::nullopt;
            if (!all) all.emplace();
            all->insert(all->end(), some->begin(), some->end());
        }
    }
    return all;
}

std::optional<storage::TextQuery> text_of(const EmailFilter& filter) {
    using Query = storage::TextQuery;
    Query query{.kind = Query::Kind::all, .text = {}, .parts = {}};
    if (!filter.kind) {
        for (const TextCondition& text : filter.condition.texts) {
            for (const std::string& term : text.terms) {
                query.parts.push_back({.kind = Query::Kind::text, .text = term, .parts = {}});
            }
        }
    } else if (*filter.kind != FilterOperator::none_of) {
        const bool either = *filter.kind == FilterOperator::any_of;
        if (either) query.kind = Query::Kind::any;
        for (const EmailFilter& part : filter.conditions) {
            std::optional<Query> text = text_of(part);
            if (!text && either) return std::nullopt;
            if (text) query.parts.push_back(*std::move(text));
        }
    }
    if (query.parts.empty()) return std::nullopt;
    return query;
}

bool has_all(const std::vector<std::string>& terms,
             const std::function<void(const std::function<bool(std::string_view)>&)>& show) {
    TermSearch search(terms);
    show([&search](std::string_view folded) {
        if (!folded.empty()) return search.take(folded);
        search.end_text();
        return search.all();
    });
    return search.all();
}

const mime::SummaryView& EmailTexts::summary() {
    if (!summary_) {
        stored_ = email_.more.summary();
        summary_.emplace(mime::readable_summary(stored_, read_, anew_));
    }
    return *summary_;
}

const std::string& EmailTexts::header_section() {
    if (!header_) {
        const std::uint64_t size = std::min<std::uint64_t>(summary().header_octets(), most_header_octets);
        header_ = mime::read_range(read_, {0, size});
    }
    return *header_;
}

std::string EmailTexts::field(TextPlace place) {
    const mime::EnvelopeView envelope = summary().envelope();
    switch (place) {
        case TextPlace::from:
            return mime::address_text(envelope.from);
        case TextPlace::to:
            return mime::address_text(envelope.to);
        case TextPlace::cc:
            return mime::address_text(envelope.cc);
        case TextPlace::bcc:
            return mime::address_text(envelope.bcc);
        default:
            return mime::decode_encoded_words(envelope.subject.value_or(std::string_view()), envelope.charset);
    }
}

bool EmailTexts::holds(const TextCondition& condition) {
    if (condition.place != TextPlace::text && condition.place != TextPlace::body) {
        const std::string text = mime::folded(field(condition.place));
        return std::ranges::all_of(condition.terms, [&](const std::string& term) { return mime::holds(text, term); });
    }
    const mime::MessageTextLimits limits;
    return has_all(condition.terms, [&](const std::function<bool(std::string_view)>& take) {
        bool enough = false;
        const mime::TextSink sink = [&](mime::TextKind kind, std::string_view text) {
            const bool unwanted = condition.place == TextPlace::body && kind == mime::TextKind::part_header;
            if (!unwanted) enough = take(kind == mime::TextKind::end ? std::string() : mime::folded(text));
            return enough;
        };
        if (condition.place == TextPlace::text) mime::read_envelope_text(summary(), sink);
        if (condition.place == TextPlace::text && !enough) mime::read_header_text(summary(), limits, read_, sink);
        if (!enough) mime::read_body_text(summary(), limits, read_, sink);
    });
}

bool EmailTexts::has_header(const std::string& name, const std::vector<std::string>& terms) {
    mime::HeaderReader reader(header_section());
    while (const std::optional<mime::HeaderField> one = reader.next()) {
        if (!base::iequals(one->name, name)) continue;
        const std::string value = mime::folded(mime::decode_encoded_words(one->value, summary().envelope().charset));
        if (std::ranges::all_of(terms, [&](const std::string& term) { return mime::holds(value, term); })) return true;
    }
    return false;
}

bool fulfils(const EmailCondition& condition, const storage::ScannedEmail& email, EmailTexts& texts) {
    if (condition.before && email.received_at >= *condition.before) return false;
    if (condition.after && email.received_at < *condition.after) return false;
    if (condition.min_size && email.size_octets < *condition.min_size) return false;
    if (condition.max_size && email.size_octets >= *condition.max_size) return false;
    if (condition.in_mailbox && !lies_in(*condition.in_mailbox, email)) return false;
    if (condition.other_than && !lies_outside(*condition.other_than, email)) return false;
    if (condition.has_keyword && !email_has(*condition.has_keyword, email)) return false;
    if (condition.not_keyword && email_has(*condition.not_keyword, email)) return false;
    const auto test = [](const std::optional<KeywordTest>& keyword) {
        return [&keyword](const storage::Flags& flags) { return keyword->holds(flags); };
    };
    if (condition.all_in_thread && in_thread(email, false, test(condition.all_in_thread))) return false;
    if (condition.some_in_thread && !in_thread(email, true, test(condition.some_in_thread))) return false;
    if (condition.none_in_thread && in_thread(email, true, test(condition.none_in_thread))) return false;
    if (condition.has_attachment && texts.summary().has_attachment() != *condition.has_attachment) return false;
    if (condition.header_name && !texts.has_header(*condition.header_name, condition.header_terms)) return false;
    return std::ranges::all_of(condition.texts, [&](const TextCondition& text) { return texts.holds(text); });
}

bool is_sortable_email_property(const std::string& property) {
    return std::ranges::find(sort_properties, property) != std::end(sort_properties);
}

std::span<const char* const> email_sort_properties() { return sort_properties; }

std::vector<EmailComparator> email_comparators(const std::vector<Comparator>& sort,
                                               std::span<const std::string> keywords) {
    std::vector<EmailComparator> comparators;
    for (const Comparator& one : sort) {
        const auto* found = std::ranges::find(sort_properties, one.property);
        EmailComparator comparator{
            .property = static_cast<EmailComparator::Property>(found - std::begin(sort_properties)),
            .ascending = one.ascending,
            .keyword = {}};
        if (comparator.property >= EmailComparator::Property::has_keyword) {
            const auto keyword = one.rest.find("keyword");
            if (keyword == one.rest.end() || !keyword->is_string()) throw invalid_arguments("sort: no keyword");
            comparator.keyword = keyword_test(keyword->get<std::string>(), keywords);
        }
        comparators.push_back(comparator);
    }
    return comparators;
}

SortValue sort_value(const EmailComparator& comparator, const storage::ScannedEmail& email, EmailTexts& texts) {
    using Property = EmailComparator::Property;
    const auto test = [&](const storage::Flags& flags) { return comparator.keyword.holds(flags); };
    switch (comparator.property) {
        case Property::received_at:
            return {.number = email.received_at, .text = {}};
        case Property::sent_at: {
            const std::optional<mime::DateTime> sent = texts.summary().sent_at();
            return {.number = sent ? sent->unix_seconds : email.received_at, .text = {}};
        }
        case Property::size:
            return {.number = static_cast<std::int64_t>(email.size_octets), .text = {}};
        case Property::from:
            return {.number = 0, .text = first_name(texts.summary().envelope().from)};
        case Property::to:
            return {.number = 0, .text = first_name(texts.summary().envelope().to)};
        case Property::subject: {
            const std::string_view subject = texts.summary().envelope().subject.value_or(std::string_view());
            return {.number = 0, .text = mime::folded(mime::base_subject(subject).text)};
        }
        case Property::has_keyword:
            return {.number = email_has(comparator.keyword, email) ? 1 : 0, .text = {}};
        case Property::all_in_thread:
            return {.number = in_thread(email, false, test) ? 0 : 1, .text = {}};
        case Property::some_in_thread:
            return {.number = in_thread(email, true, test) ? 1 : 0, .text = {}};
    }
    return {};
}

}  // namespace jmap

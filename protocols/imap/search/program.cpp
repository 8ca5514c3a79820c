// Prepares a SEARCH program. RFC 3501 §6.4.4 (keys, CHARSET), RFC 5032 (OLDER, YOUNGER), RFC 7162 §3.1.5 (MODSEQ),
// RFC 6203 (FUZZY: all words, in any order and with any ending; other keys match exactly). Keys that name messages,
// joined by AND, narrow the targets before anything is read. Fields in the summary are searched there; other header
// fields need the header section.
#include "protocols/imap/search/program.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/imap/search/fold.h"
#include "protocols/mime/casemap.h"
#include "protocols/mime/charset.h"

namespace imap {
namespace {

using KeyKind = wire::SearchKey::Kind;

Evidence own_evidence(const wire::SearchKey& key) {
    switch (key.kind) {
        case KeyKind::all:
        case KeyKind::every:
        case KeyKind::either:
        case KeyKind::negation:
        case KeyKind::fuzzy:
        case KeyKind::message_set:
        case KeyKind::uid_set:
        case KeyKind::recent:
            return Evidence::uid;
        case KeyKind::flag:
        case KeyKind::keyword:
        case KeyKind::before:
        case KeyKind::on:
        case KeyKind::since:
        case KeyKind::larger:
        case KeyKind::smaller:
        case KeyKind::older:
        case KeyKind::younger:
        case KeyKind::mod_seq:
        case KeyKind::email_id:
        case KeyKind::thread_id:
        case KeyKind::saved_before:
        case KeyKind::saved_on:
        case KeyKind::saved_since:
            return Evidence::row;
        case KeyKind::sent_before:
        case KeyKind::sent_on:
        case KeyKind::sent_since:
        case KeyKind::bcc:
        case KeyKind::cc:
        case KeyKind::from:
        case KeyKind::to:
        case KeyKind::subject:
            return Evidence::summary;
        case KeyKind::header:
            return Evidence::header;
        case KeyKind::body:
        case KeyKind::text:
            return Evidence::content;
    }
    return Evidence::content;
}

// HEADER of a field that has its own key, or that is complete in the summary.
struct HeldField {
    std::string_view name;
    KeyKind kind;
};
constexpr std::array held_fields = {
    HeldField{"bcc", KeyKind::bcc}, HeldField{"cc", KeyKind::cc},           HeldField{"from", KeyKind::from},
    HeldField{"to", KeyKind::to},   HeldField{"subject", KeyKind::subject},
};

bool is_text(const SearchNode& node) { return node.kind >= KeyKind::bcc && node.kind <= KeyKind::text; }

// A necessary condition for the index, which keeps one set of texts for fields and bodies. A key that the index cannot
// express is left out of an AND, and makes an OR useless.
std::optional<storage::TextQuery> required_text(const SearchNode& node) {
    using Query = storage::TextQuery;
    if (is_text(node)) {
        return Query{.kind = Query::Kind::text, .text = node.text, .parts = {}};
    }
    if (node.kind != KeyKind::every && node.kind != KeyKind::either) return std::nullopt;
    Query query;
    query.kind = node.kind == KeyKind::every ? Query::Kind::all : Query::Kind::any;
    for (const SearchNode& child : node.children) {
        std::optional<Query> part = required_text(child);
        if (!part && node.kind == KeyKind::either) return std::nullopt;
        if (part) query.parts.push_back(*std::move(part));
    }
    if (query.parts.empty()) return std::nullopt;
    return query;
}

// Words: letters, digits, and everything that is not ASCII. From folded text.
std::vector<std::string> words_of(std::string_view text, std::size_t most) {
    std::vector<std::string> words;
    std::string word;
    for (const char c : text) {
        const bool within = base::is_alpha(c) || base::is_digit(c) || static_cast<signed char>(c) < 0;
        if (within) word += c;
        if (!within && !word.empty()) words.push_back(std::exchange(word, {}));
    }
    if (!word.empty()) words.push_back(std::move(word));
    words.resize(std::min(words.size(), most));
    return words;
}

// The word without its ending, so that "meetings" finds "meeting", and "studies" "study": up to three letters shorter,
// but at least four long. Scripts that write a word in one or two characters have no such endings.
std::string stem_of(const std::string& word) {
    constexpr std::size_t longest_ending = 3;
    constexpr std::size_t shortest_stem = 4;
    const auto starts_character = [](char c) { return (c & 0xC0) != 0x80; };
    const auto of_such_script = [](char c) { return (c & 0xE0) == 0xE0; };  // U+0800 and above: three octets or more
    if (std::ranges::any_of(word, of_such_script)) return word;
    const auto characters = static_cast<std::size_t>(std::ranges::count_if(word, starts_character));
    if (characters <= shortest_stem) return word;
    std::size_t end = word.size();
    for (std::size_t cut = std::min(longest_ending, characters - shortest_stem); cut > 0; --cut) {
        while (!starts_character(word[--end])) {
        }
    }
    return word.substr(0, end);
}

class Preparation {
  public:
    Preparation(const wire::Search& command, const SearchContext& context)
        : context_(context), charset_(command.charset) {}

    std::expected<SearchProgram, SearchFault> run(const wire::Search& command) {
        if (!charset_.empty() && !mime::is_known_charset(charset_)) return fault(SearchFault::Kind::unknown_charset);
        program_.now = context_.now;
        program_.text_limits = context_.text_limits;
        program_.fuzzy = command.fuzzy;
        program_.root = prepare(command.key);
        if (fault_) return std::unexpected(*fault_);
        fold(program_.root);
        place_texts(program_.root);
        for (SearchNode& merit : program_.merits) place_texts(merit);
        if (texts_octets_ > context_.texts_octets) return fault(SearchFault::Kind::text_too_long);
        for (SearchPlace& place : program_.places) place.needles.prepare();
        program_.tests = count_tests(program_.root);
        program_.targets = context_.mailbox.numbers().all();
        narrow(program_.root);
        program_.must_hold = required_text(program_.root);
        return std::move(program_);
    }

  private:
    std::unexpected<SearchFault> fault(SearchFault::Kind kind) { return std::unexpected(SearchFault{kind}); }

    SearchNode prepare(const wire::SearchKey& key) {
        if (key.kind == KeyKind::fuzzy) {
            const bool outer = std::exchange(fuzzy_, true);
            SearchNode node = prepare(key.children.front());
            fuzzy_ = outer;
            return node;
        }
        // Under NOT a text is matched exactly.
        const bool outer = std::exchange(fuzzy_, fuzzy_ && key.kind != KeyKind::negation);
        SearchNode node = prepare_plain(key);
        fuzzy_ = outer;
        return fuzzy_ && is_text(node) && !node.text.empty() ? widened(std::move(node)) : node;
    }

    // Matches all words, anywhere and with any ending, instead of the exact text. The exact text gives a better score,
    // and so does a match in the subject for TEXT and BODY.
    SearchNode widened(SearchNode exact) {
        const std::vector<std::string> words = words_of(exact.text, context_.fuzzy_words);
        SearchNode all = exact;
        if (words.size() > 1 || (words.size() == 1 && stem_of(words.front()) != exact.text)) {
            all = {.kind = KeyKind::every, .evidence = exact.evidence};
            for (const std::string& word : words) all.children.push_back(with_text(exact, stem_of(word)));
        }
        if (exact.kind == KeyKind::body || exact.kind == KeyKind::text) {
            SearchNode in_subject = exact;
            in_subject.kind = KeyKind::subject;
            in_subject.evidence = Evidence::summary;
            add_merit(std::move(in_subject));
        }
        add_merit(std::move(exact));
        return all;
    }

    void add_merit(SearchNode node) {
        program_.merits_evidence = std::max(program_.merits_evidence, node.evidence);
        program_.merits.push_back(std::move(node));
    }

    static SearchNode with_text(SearchNode node, const std::string& text) {
        node.text = text;
        return node;
    }

    SearchNode prepare_plain(const wire::SearchKey& key) {
        SearchNode node;
        node.kind = key.kind;
        node.evidence = own_evidence(key);
        node.flag = key.flag;
        node.number = key.number;
        node.day = std::chrono::sys_days(key.date).time_since_epoch().count();
        for (const wire::SearchKey& child : key.children) {
            node.children.push_back(prepare(child));
            node.evidence = std::max(node.evidence, node.children.back().evidence);
        }
        prepare_sets(key, node);
        prepare_text(key, node);
        program_.asks_row |= own_evidence(key) == Evidence::row;
        return node;
    }

    void prepare_sets(const wire::SearchKey& key, SearchNode& node) {
        if (key.kind == KeyKind::message_set || key.kind == KeyKind::uid_set) {
            node.uids = context_.mailbox.resolve_within(key.set, key.kind == KeyKind::uid_set);
        } else if (key.kind == KeyKind::recent) {
            node.uids = context_.mailbox.recent();
        } else if (key.kind == KeyKind::mod_seq) {
            program_.asks_modseq = true;
        } else if (key.kind == KeyKind::keyword) {
            const auto known = std::ranges::find_if(
                context_.keywords, [&](const std::string& keyword) { return base::iequals(keyword, key.text); });
            node.never = known == context_.keywords.end();
            node.keyword = static_cast<std::uint32_t>(known - context_.keywords.begin());
        } else if (key.kind == KeyKind::email_id) {
            program_.asks_ids = true;
            const std::optional<wire::EmailId> email = wire::parse_email_id(key.text);
            node.never = !email;
            node.email = email.value_or(wire::EmailId());
        } else if (key.kind == KeyKind::thread_id) {
            program_.asks_ids = true;
            const std::optional<wire::ThreadId> thread = wire::parse_thread_id(key.text);
            node.never = !thread;
            node.thread = thread.value_or(wire::ThreadId());
        }
    }

    void prepare_text(const wire::SearchKey& key, SearchNode& node) {
        if (!is_text(node)) return;
        if (key.text.size() > context_.text_octets) fault_ = SearchFault{SearchFault::Kind::text_too_long};
        node.text = mime::folded(mime::to_utf8(key.text, charset_.empty() ? "UTF-8" : charset_));
        if (key.kind == KeyKind::header) {
            node.name = key.name;
            const auto* const held = std::ranges::find_if(
                held_fields, [&](const HeldField& field) { return base::iequals(field.name, key.name); });
            if (held != held_fields.end()) {
                node.kind = held->kind;
                node.evidence = Evidence::summary;
            } else if (base::iequals(key.name, "message-id")) {
                node.evidence = Evidence::summary;
            }
        }
    }

    // Gives each text its place and its number there.
    void place_texts(SearchNode& node) {
        for (SearchNode& child : node.children) place_texts(child);
        if (!is_text(node)) return;
        texts_octets_ += node.text.size();
        node.place = place_of(node);
        node.needle = program_.places[node.place].needles.add(node.text);
    }

    std::size_t place_of(const SearchNode& node) {
        const bool named = node.evidence == Evidence::header;
        const std::string name = named ? base::lower(node.name) : "";
        const auto [known, is_new] = places_.try_emplace({node.kind, node.evidence, name}, program_.places.size());
        if (!is_new) return known->second;
        program_.places.push_back({.kind = node.kind, .evidence = node.evidence, .needles = {}});
        if (named) program_.header_places[name] = known->second;
        if (node.kind == KeyKind::body) program_.body_place = known->second;
        if (node.kind == KeyKind::text) program_.text_place = known->second;
        return known->second;
    }

    void narrow(const SearchNode& node) {
        const bool names_messages =
            node.kind == KeyKind::message_set || node.kind == KeyKind::uid_set || node.kind == KeyKind::recent;
        if (names_messages) program_.targets = program_.targets.intersected(node.uids);
        if (node.kind != KeyKind::every) return;
        for (const SearchNode& child : node.children) narrow(child);
    }

    const SearchContext& context_;
    std::string charset_;
    SearchProgram program_;
    std::optional<SearchFault> fault_;
    bool fuzzy_ = false;  // inside a FUZZY key
    std::map<std::tuple<KeyKind, Evidence, std::string>, std::size_t> places_;
    std::size_t texts_octets_ = 0;
};

// A text is there several times (folded, in a merit, for the search index), and its octets are states of the automaton.
// "$" names as many ranges as were saved, each time.
std::uint64_t octets_to_prepare(const wire::SearchKey& key, const SelectedMailbox& mailbox) {
    constexpr std::uint64_t octets_of_text = 64;
    std::uint64_t octets = sizeof(key) + 2 * sizeof(SearchNode) + octets_of_text * (key.name.size() + key.text.size());
    octets += 3 * key.set.ranges.size() * sizeof(wire::NumberRange);
    if (key.set.saved_result) octets += 3 * mailbox.saved().octets();
    if (key.kind == KeyKind::recent) octets += 2 * mailbox.recent().octets();
    for (const wire::SearchKey& child : key.children) octets += octets_to_prepare(child, mailbox);
    return octets;
}

}  // namespace

std::uint64_t octets_to_prepare(const wire::Search& command, const SelectedMailbox& mailbox) {
    return mailbox.numbers().octets() + octets_to_prepare(command.key, mailbox);
}

std::expected<SearchProgram, SearchFault> prepare_search(const wire::Search& command, const SearchContext& context) {
    return Preparation(command, context).run(command);
}

}  // namespace imap

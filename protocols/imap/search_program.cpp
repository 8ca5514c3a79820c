// A SEARCH program made ready. RFC 3501 §6.4.4 (keys, CHARSET), RFC 5032 (OLDER, YOUNGER), RFC 7162 §3.1.5 (MODSEQ).
// Keys joined by AND that name messages narrow the targets before anything is read.
// Fields that the summary holds are looked up there; other header fields need the header section.
#include "protocols/imap/search_program.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/casemap.h"
#include "protocols/mime/charset.h"

namespace imap {
namespace {

using Kind = wire::SearchKey::Kind;
using storage::UidSet;

Evidence own_evidence(const wire::SearchKey& key) {
    switch (key.kind) {
        case Kind::all:
        case Kind::every:
        case Kind::either:
        case Kind::negation:
        case Kind::message_set:
        case Kind::uid_set:
        case Kind::recent:
            return Evidence::uid;
        case Kind::flag:
        case Kind::keyword:
        case Kind::before:
        case Kind::on:
        case Kind::since:
        case Kind::larger:
        case Kind::smaller:
        case Kind::older:
        case Kind::younger:
        case Kind::mod_seq:
        case Kind::email_id:
        case Kind::thread_id:
        case Kind::saved_before:
        case Kind::saved_on:
        case Kind::saved_since:
            return Evidence::row;
        case Kind::sent_before:
        case Kind::sent_on:
        case Kind::sent_since:
        case Kind::bcc:
        case Kind::cc:
        case Kind::from:
        case Kind::to:
        case Kind::subject:
            return Evidence::summary;
        case Kind::header:
            return Evidence::header;
        case Kind::body:
        case Kind::text:
            return Evidence::content;
    }
    return Evidence::content;
}

// HEADER of a field that has a key of its own, or that the summary holds whole.
struct HeldField {
    std::string_view name;
    Kind kind;
};
constexpr std::array held_fields = {
    HeldField{"bcc", Kind::bcc}, HeldField{"cc", Kind::cc},           HeldField{"from", Kind::from},
    HeldField{"to", Kind::to},   HeldField{"subject", Kind::subject},
};

// What a message must hold to match. The index knows fields and bodies alike by one set of texts; what it cannot say is
// left to the others of an AND, and spoils an OR.
std::optional<storage::TextQuery> required_text(const SearchNode& node) {
    using Query = storage::TextQuery;
    if (node.kind >= Kind::bcc && node.kind <= Kind::text) {
        return Query{.kind = Query::Kind::text, .text = node.text, .parts = {}};
    }
    if (node.kind != Kind::every && node.kind != Kind::either) return std::nullopt;
    Query query;
    query.kind = node.kind == Kind::every ? Query::Kind::all : Query::Kind::any;
    for (const SearchNode& child : node.children) {
        std::optional<Query> part = required_text(child);
        if (!part && node.kind == Kind::either) return std::nullopt;
        if (part) query.parts.push_back(*std::move(part));
    }
    if (query.parts.empty()) return std::nullopt;
    return query;
}

class Preparation {
  public:
    Preparation(const wire::Search& command, const SearchContext& context)
        : context_(context), charset_(command.charset) {}

    std::expected<SearchProgram, SearchFault> run(const wire::Search& command) {
        if (!charset_.empty() && !mime::is_known_charset(charset_)) return fault(SearchFault::Kind::unknown_charset);
        program_.now = context_.now;
        program_.text_limits = context_.text_limits;
        program_.root = prepare(command.key);
        if (fault_) return std::unexpected(*fault_);
        program_.targets = context_.mailbox.numbers().all();
        narrow(program_.root);
        program_.must_hold = required_text(program_.root);
        return std::move(program_);
    }

  private:
    std::unexpected<SearchFault> fault(SearchFault::Kind kind) { return std::unexpected(SearchFault{kind}); }

    SearchNode prepare(const wire::SearchKey& key) {
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
        // What costs least is judged first: it may decide.
        std::ranges::sort(node.children, {}, &SearchNode::evidence);
        prepare_sets(key, node);
        prepare_text(key, node);
        program_.asks_row |= own_evidence(key) == Evidence::row;
        program_.asks_header |= key.kind == Kind::header && node.evidence == Evidence::header;
        return node;
    }

    void prepare_sets(const wire::SearchKey& key, SearchNode& node) {
        if (key.kind == Kind::message_set || key.kind == Kind::uid_set) {
            std::optional<UidSet> uids = context_.mailbox.resolve(key.set, key.kind == Kind::uid_set);
            if (!uids) fault_ = SearchFault{SearchFault::Kind::no_such_number};
            node.uids = std::move(uids).value_or(UidSet());
        } else if (key.kind == Kind::recent) {
            node.uids = context_.mailbox.recent();
        } else if (key.kind == Kind::mod_seq) {
            program_.asks_modseq = true;
        } else if (key.kind == Kind::keyword) {
            const auto known = std::ranges::find_if(
                context_.keywords, [&](const std::string& keyword) { return base::iequals(keyword, key.text); });
            node.never = known == context_.keywords.end();
            node.keyword = static_cast<std::uint32_t>(known - context_.keywords.begin());
        } else if (key.kind == Kind::email_id) {
            const std::optional<wire::EmailId> email = wire::parse_email_id(key.text);
            node.never = !email;
            node.email = email.value_or(wire::EmailId());
        }
    }

    void prepare_text(const wire::SearchKey& key, SearchNode& node) {
        if (node.kind < Kind::bcc || node.kind > Kind::text) return;
        if (key.text.size() > context_.text_octets) fault_ = SearchFault{SearchFault::Kind::text_too_long};
        node.text = mime::folded(mime::to_utf8(key.text, charset_.empty() ? "UTF-8" : charset_));
        if (key.kind == Kind::header) {
            node.name = key.name;
            const auto* const held = std::ranges::find_if(
                held_fields, [&](const HeldField& field) { return base::iequals(field.name, key.name); });
            if (held != held_fields.end()) {
                node.kind = held->kind;
                node.evidence = Evidence::summary;
            } else if (base::iequals(key.name, "message-id")) {
                node.evidence = Evidence::summary;
            }
        } else if (key.kind == Kind::body || key.kind == Kind::text) {
            std::vector<std::string>& needles = key.kind == Kind::body ? program_.body_needles : program_.text_needles;
            node.needle = needles.size();
            needles.push_back(node.text);
        }
    }

    void narrow(const SearchNode& node) {
        const bool names_messages =
            node.kind == Kind::message_set || node.kind == Kind::uid_set || node.kind == Kind::recent;
        if (names_messages) program_.targets = program_.targets.intersected(node.uids);
        if (node.kind != Kind::every) return;
        for (const SearchNode& child : node.children) narrow(child);
    }

    const SearchContext& context_;
    std::string charset_;
    SearchProgram program_;
    std::optional<SearchFault> fault_;
};

}  // namespace

std::expected<SearchProgram, SearchFault> prepare_search(const wire::Search& command, const SearchContext& context) {
    return Preparation(command, context).run(command);
}

}  // namespace imap

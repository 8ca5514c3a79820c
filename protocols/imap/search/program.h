// A prepared SEARCH program: message sets as UIDs, keywords as numbers, texts folded, dates as days. RFC 3501 §6.4.4.
// Owns all it needs, so that it can run on the store's reader threads. search/match.h runs it. Also knows the cheapest
// evidence that may be enough.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/mailbox/selected_mailbox.h"
#include "protocols/imap/search/needles.h"
#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/object_id.h"
#include "protocols/mime/message_text.h"
#include "storage/trigrams.h"
#include "storage/types.h"

namespace imap {

// What must be read of a message to test a key; each level includes all before it.
enum class Evidence : std::uint8_t { uid, row, summary, header, content };

struct SearchNode {
    using Kind = wire::SearchKey::Kind;
    Kind kind = Kind::all;
    Evidence evidence = Evidence::uid;  // the most that this node and those below may need
    std::uint8_t flag = 0;
    bool never = false;         // matches nothing: an unknown keyword, EMAILID or THREADID
    std::uint32_t keyword = 0;  // its number
    std::uint64_t number = 0;   // size, MODSEQ, or seconds
    std::int64_t day = 0;       // since 1970-01-01
    std::string name;           // header: the field's name
    std::string text;           // folded
    wire::EmailId email;
    wire::ThreadId thread;
    std::size_t place = 0;   // bcc … text: where it is searched, an index into SearchProgram::places
    std::size_t needle = 0;  // its number there
    storage::UidSet uids;
    std::vector<SearchNode> children;
};

// Where texts are searched, and all that are searched there.
struct SearchPlace {
    SearchNode::Kind kind = SearchNode::Kind::text;
    Evidence evidence = Evidence::content;
    Needles needles;
};

struct SearchProgram {
    SearchNode root;        // folded (fold.h)
    std::size_t tests = 1;  // that a message may need
    std::vector<SearchPlace> places;
    std::optional<std::size_t> body_place;             // for BODY
    std::optional<std::size_t> text_place;             // for TEXT
    std::map<std::string, std::size_t> header_places;  // for HEADER of fields not in the summary, by name in lower case
    storage::UidSet targets;                           // includes all that can match
    // A necessary condition for the search index: it must hold for every message that can match.
    std::optional<storage::TextQuery> must_hold;
    std::int64_t now = 0;
    // For FUZZY keys (RFC 6203 §4): the more of these a match fulfils, the higher its score.
    std::vector<SearchNode> merits;
    Evidence merits_evidence = Evidence::uid;
    bool fuzzy = false;
    bool asks_modseq = false;
    bool asks_row = false;  // some key needs the row
    bool asks_ids = false;  // EMAILID or THREADID
    mime::MessageTextLimits text_limits;
};

struct SearchContext {
    const SelectedMailbox& mailbox;
    std::span<const std::string> keywords;
    std::int64_t now = 0;
    std::size_t text_octets = 0;   // longest text to search for
    std::size_t texts_octets = 0;  // of all texts, folded
    std::size_t fuzzy_words = 0;   // of one FUZZY text; more are ignored
    mime::MessageTextLimits text_limits;
};

// Why a program cannot run.
struct SearchFault {
    enum class Kind { unknown_charset, text_too_long, no_memory } kind{};
};
// Memory that a program for this command needs at most, about, and one that is kept up to date (update_context.h).
std::uint64_t octets_to_prepare(const wire::Search& command, const SelectedMailbox& mailbox);
std::expected<SearchProgram, SearchFault> prepare_search(const wire::Search& command, const SearchContext& context);

}  // namespace imap

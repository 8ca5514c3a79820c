// A SEARCH program made ready: message sets as UIDs, keywords as numbers, texts folded, dates as days. RFC 3501 §6.4.4.
// It owns all it needs, so that it can run on the store's reader threads. Running it is search/match.h's.
// Also known: what the cheapest evidence is that could decide it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/mailbox/selected_mailbox.h"
#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/object_id.h"
#include "protocols/mime/message_text.h"
#include "storage/trigrams.h"
#include "storage/types.h"

namespace imap {

// What must be read of a message before a key can be judged, each level with all below it.
enum class Evidence : std::uint8_t { uid, row, summary, header, content };

struct SearchNode {
    using Kind = wire::SearchKey::Kind;
    Kind kind = Kind::all;
    Evidence evidence = Evidence::uid;  // of this node and everything below it: the most that may be needed
    std::uint8_t flag = 0;
    bool never = false;         // a keyword, an EMAILID or a THREADID that nothing has
    std::uint32_t keyword = 0;  // its number
    std::uint64_t number = 0;   // size, MODSEQ, or seconds
    std::int64_t day = 0;       // since 1970-01-01
    std::string name;           // header: the field's name
    std::string text;           // folded
    wire::EmailId email;
    storage::ThreadId thread;
    std::size_t needle = 0;  // body and text: index into SearchProgram's needles
    storage::UidSet uids;
    std::vector<SearchNode> children;
};

struct SearchProgram {
    SearchNode root;                        // folded (fold.h)
    std::size_t tests = 1;                  // that a message may have to pass
    std::vector<std::string> body_needles;  // folded; looked for in the decoded body
    std::vector<std::string> text_needles;  // looked for in header and body
    storage::UidSet targets;                // all that can match lies in it
    // What all that can match must hold, as far as the search index can tell: one that matches may be passed over by
    // nothing but this.
    std::optional<storage::TextQuery> must_hold;
    std::int64_t now = 0;
    // What makes a match relevant, for FUZZY keys (RFC 6203 §4): the more of these hold, the higher its score.
    std::vector<SearchNode> merits;
    Evidence merits_evidence = Evidence::uid;
    bool fuzzy = false;
    bool asks_modseq = false;
    bool asks_row = false;     // some key is decided by the row
    bool asks_header = false;  // some key needs the header section, and no more
    mime::MessageTextLimits text_limits;
};

struct SearchContext {
    const SelectedMailbox& mailbox;
    std::span<const std::string> keywords;
    std::int64_t now = 0;
    std::size_t text_octets = 0;  // longest text that is searched for
    std::size_t fuzzy_words = 0;  // of one FUZZY text; more of them do not count
    mime::MessageTextLimits text_limits;
};

// Why a program cannot be run.
struct SearchFault {
    enum class Kind { unknown_charset, text_too_long } kind{};
};
std::expected<SearchProgram, SearchFault> prepare_search(const wire::Search& command, const SearchContext& context);

}  // namespace imap

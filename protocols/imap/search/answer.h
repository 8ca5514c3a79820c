// What a SEARCH or SORT answers of its matches, as its RETURN options ask. RFC 4731 §3.1, §3.2 (MODSEQ), RFC 5267 §3
// (SORT); what "$" keeps: RFC 5182 §2.4, RFC 9394 §3.2. Pure. Finding the matches is searcher.h's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "protocols/imap/mailbox/message_numbers.h"
#include "protocols/imap/mailbox/selected_mailbox.h"
#include "protocols/imap/search/match.h"
#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/response/response.h"
#include "protocols/imap/wire/sequence_set.h"
#include "storage/types.h"

namespace imap {

// A match that the client can name.
struct SearchFind {
    std::uint32_t number = 0;
    storage::Uid uid;
    storage::ModSeq modseq;    // 0 where the program did not read it
    std::uint8_t score = 100;  // relevancy (RFC 6203 §4)
};

// Those matches that are in the view, in their order.
std::vector<SearchFind> known_finds(const MessageNumbers& numbers, std::span<const SearchMatch> matches);

struct SearchAnswer {
    bool speaks = true;  // false: RETURN (SAVE) alone, which is answered by nothing
    std::optional<std::uint32_t> min;
    std::optional<std::uint32_t> max;
    std::optional<std::uint32_t> count;
    std::vector<wire::NumberRange> all;
    std::vector<wire::NumberRange> partial;
    std::vector<std::uint8_t> relevancy;  // of those in `partial` where there is such a range, else of all
    storage::ModSeq highest_modseq;       // of the messages that are returned
    storage::UidSet saved;                // what "$" stands for, where SAVE asks for it
};

// `finds` in the order that was asked for: MIN is the first of them and MAX the last (RFC 5267 §3.1). The answer's
// numbers are UIDs where `uid`.
SearchAnswer answer_search(const wire::SearchReturn& wanted, std::span<const SearchFind> finds, bool uid);

// What a response without RETURN options says of them: their numbers or UIDs, and, where asked, the highest MODSEQ,
// which goes unsaid where nothing is found (RFC 7162 §3.1.6, §3.1.9).
std::vector<std::uint32_t> named_by(std::span<const SearchFind> finds, bool uid);
std::optional<std::uint64_t> highest_modseq(std::span<const SearchFind> finds, bool asked);

// Those of `count` things that the range names, as [first, end) from the oldest: RFC 9394 §3.1.
struct PartialSlice {
    std::size_t first = 0;
    std::size_t end = 0;
};
PartialSlice partial_slice(const wire::PartialRange& range, std::size_t count);

// What tells the client which of its commands is answered. Views the tag, and the mailbox's name where the command's
// responses name it.
wire::SearchCorrelator correlator(const wire::Search& command, std::string_view tag, const SelectedMailbox& mailbox);

// Of the messages among targets, those that the range counts off (RFC 9394 §3.3).
storage::UidSet part_of(const storage::UidSet& targets, const wire::PartialRange& range, const MessageNumbers& numbers);

// Leaves the newest `most` of the targets, of which there are more, and returns the oldest that is left (RFC 9738 §3).
storage::Uid keep_newest(storage::UidSet& targets, std::uint32_t most, const MessageNumbers& numbers);

}  // namespace imap

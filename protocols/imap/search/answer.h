// The answer of a SEARCH or SORT for its matches and RETURN options. RFC 4731 §3.1, §3.2 (MODSEQ), RFC 5267 §3 (SORT);
// the value of "$": RFC 5182 §2.4, RFC 9394 §3.2. Pure. searcher.h finds the matches.
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

// A match that is in the client's view.
struct SearchFind {
    std::uint32_t number = 0;
    storage::Uid uid;
    storage::ModSeq modseq;    // 0 if the program did not read it
    std::uint8_t score = 100;  // relevancy (RFC 6203 §4)
};

// The matches that are in the view, in order.
std::vector<SearchFind> known_finds(const MessageNumbers& numbers, std::span<const SearchMatch> matches);

struct SearchAnswer {
    bool speaks = true;  // false: only RETURN (SAVE), which gets no response
    std::optional<std::uint32_t> min;
    std::optional<std::uint32_t> max;
    std::optional<std::uint32_t> count;
    std::vector<wire::NumberRange> all;
    std::vector<wire::NumberRange> partial;
    std::vector<std::uint8_t> relevancy;  // of the results in `partial` if that is set, else of all
    storage::ModSeq highest_modseq;       // of the returned messages
    storage::UidSet saved;                // the new value of "$", if SAVE was given
};

// `finds` must be in the requested order: MIN is the first of them and MAX the last (RFC 5267 §3.1). uid: the answer
// has UIDs.
SearchAnswer answer_search(const wire::SearchReturn& wanted, std::span<const SearchFind> finds, bool uid);

// For a response without RETURN options: numbers or UIDs, and, if requested, the highest MODSEQ, which is left out if
// nothing was found (RFC 7162 §3.1.6, §3.1.9).
std::vector<std::uint32_t> named_by(std::span<const SearchFind> finds, bool uid);
std::optional<std::uint64_t> highest_modseq(std::span<const SearchFind> finds, bool asked);

// The part of `count` results that the range means, as [first, end) from the oldest: RFC 9394 §3.1.
struct PartialSlice {
    std::size_t first = 0;
    std::size_t end = 0;
};
PartialSlice partial_slice(const wire::PartialRange& range, std::size_t count);

// Names the command that is answered. Views the tag, and the mailbox's name if the command's responses contain it.
wire::SearchCorrelator correlator(const wire::Search& command, std::string_view tag, const SelectedMailbox& mailbox);

// The messages among targets that the range means (RFC 9394 §3.3).
storage::UidSet part_of(const storage::UidSet& targets, const wire::PartialRange& range, const MessageNumbers& numbers);

// Reduces the targets, of which there are more, to the newest `most`; returns the oldest of these (RFC 9738 §3).
storage::Uid keep_newest(storage::UidSet& targets, std::uint32_t most, const MessageNumbers& numbers);

}  // namespace imap

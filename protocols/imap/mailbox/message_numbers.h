// The UID of each message number, as one client knows them: a sorted list of UID ranges. RFC 9051 §2.3.1. A mailbox
// without gaps is one range, however large; look-ups are logarithmic in the number of ranges. selected_mailbox.h
// decides when numbers change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "protocols/imap/wire/sequence_set.h"
#include "storage/types.h"

namespace imap {

// Several consecutive EXPUNGE responses with the same number: neighbours that vanish share it.
struct ExpungeRun {
    std::uint32_t number = 0;
    std::uint32_t count = 0;
    friend bool operator==(const ExpungeRun&, const ExpungeRun&) = default;
};

class MessageNumbers {
  public:
    MessageNumbers() = default;
    explicit MessageNumbers(const storage::UidSet& uids);

    std::uint32_t size() const;
    bool empty() const { return ranges_.empty(); }
    storage::Uid largest() const;  // 0 in an empty mailbox
    // Memory that it holds.
    std::size_t octets() const { return ranges_.capacity() * sizeof(Range); }

    std::optional<storage::Uid> uid_of(std::uint32_t number) const;
    std::optional<std::uint32_t> number_of(storage::Uid uid) const;
    // The number of messages with a UID below this one.
    std::uint32_t count_below(storage::Uid uid) const;
    // The number of messages of the view that are in the set.
    std::uint32_t count_in(const storage::UidSet& uids) const;

    // The UIDs for sorted, disjoint ranges of existing numbers. Gaps between neighbours are included: no message
    // unknown to the client can ever be in them, since UIDs only grow.
    storage::UidSet uids_of(std::span<const wire::NumberRange> numbers) const;
    // The numbers of the messages in the set, as sorted ranges.
    std::vector<wire::NumberRange> numbers_of(const storage::UidSet& uids) const;
    // Exactly the UIDs of the view in the set.
    storage::UidSet known(const storage::UidSet& uids) const;
    // The UIDs of the set that are not in the view.
    storage::UidSet unknown(const storage::UidSet& uids) const;
    storage::UidSet all() const;

    // UID ranges with `size` messages each, the last one with the rest: batches from..to, where 1 is the newest.
    // Together they cover every UID from last_uid, the last one assigned, down to 1. RFC 10022.
    std::vector<wire::NumberRange> batches(std::uint32_t size, std::uint32_t from, std::uint32_t to,
                                           storage::Uid last_uid) const;

    // The last UID that a message has whose number lies in `numbers`, where these numbers and UIDs from `first_uid` on
    // stand for each other without a gap: what a client believes of a stretch of its mailbox.
    std::optional<storage::Uid> last_match(wire::NumberRange numbers, std::uint32_t first_uid) const;

    // A new message; its UID is above all others.
    void append(storage::Uid uid);
    // Removes those of the UIDs that exist; returns the EXPUNGE responses for them, in order.
    std::vector<ExpungeRun> remove(const storage::UidSet& uids);

  private:
    struct Range {
        std::uint32_t first = 0;   // UIDs first to last exist, without gaps
        std::uint32_t last = 0;    // inclusive
        std::uint32_t before = 0;  // messages before this range
        std::uint32_t count() const { return last - first + 1; }
    };
    void push(std::vector<Range>& ranges, std::uint32_t first, std::uint32_t last) const;
    using RangeIterator = std::vector<Range>::const_iterator;
    // The first range whose last is not below, from this one on: quickly found where that is near.
    RangeIterator at_or_after(RangeIterator from, std::uint32_t uid) const;
    RangeIterator at_or_after(std::uint32_t uid) const;
    std::uint32_t count_below(RangeIterator range, std::uint32_t uid) const;  // `range` is at_or_after(uid)
    RangeIterator holding(std::uint32_t number) const;

    std::vector<Range> ranges_;
};

}  // namespace imap

// The store's basic types: identifiers that cannot be mixed up, flags, UID sets. RFC 9051 §2.3.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/bits/system_flag.h"

namespace storage {

// A number with its own type.
template <class Tag, class Rep>
struct Strong {
    Rep value{};
    friend constexpr auto operator<=>(const Strong&, const Strong&) = default;
};

using AccountId = Strong<struct AccountTag, std::int64_t>;
using MailboxId = Strong<struct MailboxTag, std::int64_t>;
using BlobId = Strong<struct BlobTag, std::int64_t>;
using ThreadId = Strong<struct ThreadTag, std::int64_t>;  // 0: not known yet
using QueueMessageId = Strong<struct QueueMessageTag, std::int64_t>;
using QueueRecipientId = Strong<struct QueueRecipientTag, std::int64_t>;
using AppPasswordId = Strong<struct AppPasswordTag, std::int64_t>;  // 0: none
using Uid = Strong<struct UidTag, std::uint32_t>;                   // RFC 9051 §2.3.1.1; 0 is no UID
using ModSeq = Strong<struct ModSeqTag, std::uint64_t>;             // RFC 7162 §3.1; 63 bits; 0 is before everything

// A mailbox's HIGHESTMODSEQ before and after an operation: a session that was up to date before is up to date after it,
// except for what the operation itself did. Both 0: it changed nothing.
struct ModSeqStep {
    ModSeq before;
    ModSeq after;
    // Adds a change: after changes by others `before` moves to the last of those.
    void extend(ModSeq found, ModSeq reached) {
        if (found != after) before = found;
        after = reached;
    }
};

namespace system_flag = bits::system_flag;

// A set of keywords as a bitmap: bit n is the account's keyword number n (list_keywords has the names). Stored as its
// octets: little-endian bits, no trailing zero octets.
class KeywordSet {
  public:
    KeywordSet() = default;
    explicit KeywordSet(std::string octets);
    void insert(std::uint32_t number);
    bool contains(std::uint32_t number) const;
    bool empty() const { return octets_.empty(); }
    void merge(const KeywordSet& other);     // union
    void subtract(const KeywordSet& other);  // difference
    const std::string& octets() const { return octets_; }
    std::vector<std::uint32_t> numbers() const;  // ascending
    std::uint32_t numbers_end() const;           // above the largest of them; 0: there is none
    friend bool operator==(const KeywordSet&, const KeywordSet&) = default;

  private:
    std::string octets_;
};

// A message's flags.
struct Flags {
    std::uint8_t system = 0;  // system_flag bits
    KeywordSet keywords;
    friend bool operator==(const Flags&, const Flags&) = default;
};

// Flags by name, from a client: keywords new to the account get a number.
struct NamedFlags {
    std::uint8_t system = 0;
    std::vector<std::string> keywords;
};

// A set of UIDs as sorted, disjoint, non-adjacent ranges. Ranges may span UIDs that do not exist.
class UidSet {
  public:
    struct Range {
        Uid first;
        Uid last;  // inclusive, >= first
        friend bool operator==(const Range&, const Range&) = default;
    };
    UidSet() = default;
    UidSet(std::initializer_list<Uid> uids);
    static UidSet all();  // 1 to 2^32-1

    void insert(Uid uid);
    void insert(Uid first, Uid last);
    void merge(const UidSet& other);  // union
    void erase(Uid uid);
    bool contains(Uid uid) const;
    bool empty() const { return ranges_.empty(); }
    std::uint64_t count() const;  // UIDs in all ranges
    const std::vector<Range>& ranges() const { return ranges_; }
    // Memory that its ranges hold; octets.
    std::size_t octets() const { return ranges_.capacity() * sizeof(Range); }
    UidSet intersected(const UidSet& other) const;
    friend bool operator==(const UidSet&, const UidSet&) = default;

  private:
    std::vector<Range> ranges_;
};

}  // namespace storage

template <class Tag, class Rep>
struct std::hash<storage::Strong<Tag, Rep>> {
    std::size_t operator()(const storage::Strong<Tag, Rep>& strong) const noexcept {
        return std::hash<Rep>{}(strong.value);
    }
};

// How clients name a message and its conversation: EMAILID and THREADID (RFC 8474 §5). What is told must tell nothing
// of other accounts: so ids are sealed, by a key of this store, and what goes into them is the account's own: its
// threads (threads.h), and the contents that it has by itself (staging.h). What was told before schema 17 stays as it
// was. For storage/*.cpp only, but for the values.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "storage/types.h"

namespace storage {

struct ObjectId {
    std::uint64_t number = 0;  // 0, and not sealed: not known
    bool sealed = false;       // else it is the store's own number, as told before schema 17
    friend bool operator==(const ObjectId&, const ObjectId&) = default;
};
struct ObjectIds {
    ObjectId email;   // not sealed: the content's number, which is one together with the internal date
    ObjectId thread;  // not known: a thread that the renewal of summaries has yet to find
};

namespace engine {
class Connection;
}

// account_content.ids
enum class ContentIds : std::uint8_t {
    of_account,          // sealed
    of_unnamed_content,  // as before schema 17, and its names are not among the account's threads yet
    of_content,          // as before schema 17
};

// Seals ids with the store's key.
class ObjectIdSealer {
  public:
    explicit ObjectIdSealer(engine::Connection& connection);
    ObjectIds ids(ContentIds kind, ThreadId thread, BlobId content, std::int64_t internal_date) const;

  private:
    std::array<std::uint64_t, 2> key_{};
};

// At start: makes the key, if there is none yet.
void make_object_id_key(engine::Connection& connection);

// SipHash-2-4 of these words, little-endian (Aumasson, Bernstein 2012).
std::uint64_t sip_hash(const std::array<std::uint64_t, 2>& key, std::span<const std::uint64_t> words);

}  // namespace storage

// EMAILID and THREADID (RFC 8474 §5) must tell nothing of other accounts: so ids are sealed, by a key of this store,
// and what goes into them is the account's own: its threads (threads.h), and the contents that it has by itself
// (staging.h). A sealed id is a permutation of what it names, so that this is found again without an index. What was
// told before schema 17 stays as it was. For storage/*.cpp only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "storage/object_ids.h"
#include "storage/types.h"

namespace storage {

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

    // The content that an email's id names, if it is one of ours: whether an account has it, and with which internal
    // date, is to be compared with ids().
    BlobId content_of(const ObjectId& email) const;
    ThreadId thread_of(const ObjectId& thread) const;

    // A content's own id: for the octets of a message, whatever mailbox it lies in.
    std::uint64_t seal_content(BlobId content) const;
    BlobId open_content(std::uint64_t sealed) const;
    // The same for an upload (uploads.h).
    std::uint64_t seal_upload(std::int64_t upload) const;
    std::int64_t open_upload(std::uint64_t sealed) const;

  private:
    enum class Purpose : std::uint8_t { thread = 1, email = 2, content = 3, upload = 4 };
    std::uint64_t seal(Purpose purpose, std::uint64_t open) const;
    std::uint64_t open(Purpose purpose, std::uint64_t sealed) const;
    std::uint64_t round(Purpose purpose, unsigned number, std::uint64_t half) const;

    std::array<std::uint64_t, 2> key_{};
};

// At start: makes the key, if there is none yet.
void make_object_id_key(engine::Connection& connection);

// SipHash-2-4 of these words, little-endian (Aumasson, Bernstein 2012).
std::uint64_t sip_hash(const std::array<std::uint64_t, 2>& key, std::span<const std::uint64_t> words);

}  // namespace storage

// Object identifiers as JMAP's clients see them (RFC 8620 §1.2): the same texts as IMAP's MAILBOXID, EMAILID and
// THREADID (RFC 8474), and those of blobs. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/object_ids.h"
#include "storage/types.h"

namespace storage {

// "F12".
std::string mailbox_id_text(MailboxId mailbox);
std::optional<MailboxId> parse_mailbox_id(std::string_view text);

// "M5b2a7f0c9d3e1846"; of before schema 17 "M12-1700000000".
std::string email_id_text(const ObjectId& email, std::int64_t internal_date);
struct EmailName {
    ObjectId id;
    std::optional<std::int64_t> internal_date;  // of an id that is not sealed
};
std::optional<EmailName> parse_email_id(std::string_view text);

// "T5b2a7f0c9d3e1846"; of before schema 17 "T12".
std::string thread_id_text(const ObjectId& thread);
std::optional<ObjectId> parse_thread_id(std::string_view text);

// What a blob's id names: a message "B5b2a7f0c9d3e1846", a part of it "B5b2a7f0c9d3e1846-1-2" (the part number of RFC
// 9051 §6.4.5.1, decoded), or an upload "U" with the same digits.
struct BlobName {
    std::uint64_t sealed = 0;
    bool uploaded = false;
    std::vector<std::uint32_t> part;  // empty: the whole message
    friend bool operator==(const BlobName&, const BlobName&) = default;
};
std::string blob_id_text(const BlobName& blob);
std::optional<BlobName> parse_blob_id(std::string_view text);

}  // namespace storage

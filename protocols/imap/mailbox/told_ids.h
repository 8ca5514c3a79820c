// The store's object identifiers as clients are told them. RFC 8474 §5.
#pragma once

#include <cstdint>

#include "protocols/imap/wire/object_id.h"
#include "storage/object_ids.h"

namespace imap {

inline wire::EmailId told_email(const storage::ObjectIds& ids, std::int64_t internal_date) {
    if (ids.email.sealed) return {.number = ids.email.number, .internal_date = {}};
    return {.number = ids.email.number, .internal_date = internal_date};
}

inline wire::ThreadId told_thread(const storage::ObjectIds& ids) {
    return {.number = ids.thread.number, .sealed = ids.thread.sealed};
}

}  // namespace imap

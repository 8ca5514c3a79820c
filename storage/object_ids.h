// How clients name a message and its conversation: EMAILID and THREADID (RFC 8474 §5). object_id_sealer.h makes them.
#pragma once

#include <cstdint>

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

}  // namespace storage

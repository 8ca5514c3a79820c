// What messages are threaded by: dates, base subjects, message ids and references, each text once. RFC 5256 §3.
// Filled on the store's reader threads, threaded on those for computing; reading the messages is message_scan.h's, the
// algorithms are threads.h's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocols/imap/search/message_scan.h"
#include "protocols/imap/search/table_memory.h"
#include "protocols/imap/search/text_numbers.h"
#include "protocols/imap/search/threads.h"
#include "protocols/imap/wire/command.h"

namespace imap {

class ThreadTable {
  public:
    struct Limits {
        std::size_t text_octets = 0;     // of one subject: subjects that differ behind that count as equal
        std::size_t octets = 0;          // of all
        base::Budget* of_all = nullptr;  // of what all commands hold; null: of no concern
    };
    ThreadTable(wire::Thread::Algorithm algorithm, Limits limits);

    // Messages come in ascending order. False, and nothing is taken, when the table is full.
    bool take(const ScannedMessage& scanned);
    // Why it took no more; nothing: it took all.
    std::optional<TableFault> fault() const { return memory_.fault(); }
    // Puts those of the other table, of the same algorithm, behind these.
    void append(const ThreadTable& behind);
    std::vector<wire::ThreadNode> threads() const;

  private:
    std::size_t octets() const;
    void take_references(const ScannedMessage& scanned, const mime::EnvelopeView& envelope);

    wire::Thread::Algorithm algorithm_;
    Limits limits_;
    std::vector<ThreadMessage> messages_;
    std::vector<std::uint32_t> references_;
    TextNumbers subjects_;  // folded base subjects; 0 is the empty one
    TextNumbers ids_;
    std::string folded_;  // the subject at hand
    TableMemory memory_;
};

}  // namespace imap

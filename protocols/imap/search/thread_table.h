// What messages are threaded by: dates, base subjects, message ids and references, each text once. RFC 5256 §3.
// Filled on the store's reader threads, threaded on those for computing; reading the messages is message_scan.h's, the
// algorithms are threads.h's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocols/base/slices.h"
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
    // Puts those of the other table, of the same algorithm, behind these, unless fault() says why not: what both hold
    // meanwhile counts. The table outlives the work.
    base::Slices append(const ThreadTable& behind, base::Pace& pace);
    base::Slices find_threads(std::vector<wire::ThreadNode>& threads) const;

  private:
    std::size_t octets() const;
    // The numbers that `mine` has, or gets, for these texts; fewer when the table is full.
    base::Slices number_all(const TextNumbers& texts, TextNumbers& mine, std::vector<std::uint32_t>& numbers,
                            base::Pace& pace);
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

// Makes two tables one and threads it: in slices that take a few milliseconds.
class Threading {
  public:
    // The tables have the same algorithm; `lower` takes in what is in `upper`.
    Threading(std::shared_ptr<ThreadTable> lower, std::shared_ptr<const ThreadTable> upper);
    Threading(const Threading&) = delete;
    Threading& operator=(const Threading&) = delete;
    // The next slice; false: that was the last one.
    bool go_on() { return work_.go_on(); }
    // Numbers are UIDs.
    std::expected<std::vector<wire::ThreadNode>, TableFault> take_threads() { return std::move(threads_); }

  private:
    base::Slices thread();

    std::shared_ptr<ThreadTable> lower_;
    std::shared_ptr<const ThreadTable> upper_;
    std::expected<std::vector<wire::ThreadNode>, TableFault> threads_;
    base::Slices work_;
};

}  // namespace imap

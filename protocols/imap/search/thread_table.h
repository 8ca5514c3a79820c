// What is needed to thread messages: dates, base subjects, message ids and references, each text once. RFC 5256 §3.
// Filled on the store's reader threads, threaded on the compute threads. message_scan.h reads the messages; threads.h
// has the algorithms.
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
        std::size_t text_octets = 0;     // of one subject: subjects that differ only after that count as equal
        std::size_t octets = 0;          // of all
        base::Budget* of_all = nullptr;  // for all commands; nullptr: not counted
        std::shared_ptr<net::Allowance> allowance{};  // of the connection
    };
    ThreadTable(wire::Thread::Algorithm algorithm, Limits limits);

    // Messages must come in ascending order. False, and nothing is added, if the table is full.
    bool take(const ScannedMessage& scanned);
    // Why the table is full; nullopt: it is not.
    std::optional<TableFault> fault() const { return memory_.fault(); }
    // Appends the messages of another table with the same algorithm, unless fault() says why not: the memory of both
    // counts meanwhile. The table must outlive the work.
    base::Slices append(const ThreadTable& behind, base::Pace& pace);
    base::Slices find_threads(std::vector<wire::ThreadNode>& threads) const;

  private:
    std::size_t octets() const;
    // The numbers of these texts in `mine`, which are added if missing; fewer if the table is full.
    base::Slices number_all(const TextNumbers& texts, TextNumbers& mine, std::vector<std::uint32_t>& numbers,
                            base::Pace& pace);
    void take_references(const ScannedMessage& scanned, const mime::EnvelopeView& envelope);

    wire::Thread::Algorithm algorithm_;
    Limits limits_;
    std::vector<ThreadMessage> messages_;
    std::vector<std::uint32_t> references_;
    TextNumbers subjects_;  // folded base subjects; 0 is the empty one
    TextNumbers ids_;
    std::string folded_;  // the current subject
    TableMemory memory_;
};

// Joins two tables and threads the result, in slices of a few milliseconds.
class Threading {
  public:
    // The tables must have the same algorithm; `upper` is appended to `lower`.
    Threading(std::shared_ptr<ThreadTable> lower, std::shared_ptr<const ThreadTable> upper);
    Threading(const Threading&) = delete;
    Threading& operator=(const Threading&) = delete;
    // Does the next slice; false: it was the last one.
    bool go_on() { return work_.go_on(); }
    // The numbers are UIDs.
    std::expected<std::vector<wire::ThreadNode>, TableFault> take_threads() { return std::move(threads_); }

  private:
    base::Slices thread();

    std::shared_ptr<ThreadTable> lower_;
    std::shared_ptr<const ThreadTable> upper_;
    std::expected<std::vector<wire::ThreadNode>, TableFault> threads_;
    base::Slices work_;
};

}  // namespace imap

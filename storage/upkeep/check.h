// `mailstead check`: examines everything in the store and reports faults; `--repair` repairs what can be computed
// again. Follows the paragraphs of schema.sql: a rule there is a rule here.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/contents.h"
#include "storage/query.h"
#include "storage/upkeep/free_space.h"

namespace storage {

// A fault in the store.
struct Finding {
    std::string table;  // of schema.sql, or "file"
    std::string row;    // its key, as text
    std::string what;
    bool repairable = false;
};

struct CheckReport {
    std::vector<Finding> findings;
    std::uint64_t messages = 0;  // checked
    std::uint64_t blobs = 0;
    std::uint64_t octets = 0;  // of content that were read and hashed
    FreeSpace space;           // of the file
};

// Octets [offset, offset + length) of a message's content; fewer at its end.
using ReadContent = std::function<std::string(std::uint64_t offset, std::uint64_t length)>;
// What a fresh parse of the content gives: the store itself knows no MIME.
struct Summarised {
    std::string summary;                    // mime::encode_summary
    std::vector<std::string> thread_names;  // mime::thread_names
    TextSizes text_sizes;
};
using Summarise = std::function<Summarised(std::uint64_t size_octets, const ReadContent& read)>;
// Whether a summary that differs from a fresh one is right all the same: other limits were in force when it was made.
using FitsOtherLimits =
    std::function<bool(std::string_view stored, std::uint64_t size_octets, const ReadContent& read)>;

struct CheckOptions {
    bool content = true;                    // read and hash every blob, not only the rows
    Summarise summarise;                    // empty: only checks that there are summaries
    FitsOtherLimits fits_other_limits;      // asked about a summary that differs; empty: none is right
    std::size_t findings_per_rule = 1'000;  // more are only counted
};

// On one snapshot; a long read. Throws if the file cannot be read at all.
Query<CheckReport> check_store(CheckOptions options);

// Checks, repairs, and checks again: `before` the repair, `after` it. Blocking.
struct RepairReport {
    CheckReport before;
    CheckReport after;
};
Result<RepairReport> repair_store(Store& store, const CheckOptions& options);

}  // namespace storage

// `mailstead check`: walks everything that the store holds and says what is wrong; `--repair` mends what can be
// computed again. Derived from the paragraphs of schema.sql: a rule there is a rule here.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "storage/contents.h"
#include "storage/query.h"
#include "storage/upkeep/free_space.h"

namespace storage {

// Something that is not as it should be.
struct Finding {
    std::string table;  // of schema.sql, or "file"
    std::string row;    // its key, in words
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

// Octets [offset, offset + length) of a message's content, less at its end.
using ReadContent = std::function<std::string(std::uint64_t offset, std::uint64_t length)>;
// The summary that the content should have, of a fresh parse: the store knows no MIME.
struct Summarised {
    std::string summary;                    // mime::encode_summary
    std::vector<std::string> thread_names;  // mime::thread_names
    TextSizes text_sizes;
};
using Summarise = std::function<Summarised(std::uint64_t size_octets, const ReadContent& read)>;

struct CheckOptions {
    bool content = true;                    // read and hash every blob, not only the rows
    Summarise summarise;                    // empty: summaries are only checked to be there
    std::size_t findings_per_rule = 1'000;  // beyond these they are only counted
};

// On one snapshot, in the long lane. Throws when the file cannot even be read.
Query<CheckReport> check_store(CheckOptions options);

// Checks, mends, and checks again: `before` as found, `after` what could not be mended. Blocking.
struct RepairReport {
    CheckReport before;
    CheckReport after;
};
Result<RepairReport> repair_store(Store& store, const CheckOptions& options);

}  // namespace storage

// `mailstead check`: does the search index know what it says it knows? Everything in it is derived: what is wrong with
// it is mended by deleting it, and the server makes it anew.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "storage/search_index.h"
#include "storage/upkeep/check.h"

namespace storage {

struct SearchCheckReport {
    std::vector<Finding> findings;  // empty, too, where there is no index
    std::uint64_t messages = 0;     // whose texts were compared with it
};

// Reads every message that the index has reached, and asks for some of its trigrams.
Query<SearchCheckReport> check_search_index(std::filesystem::path path, FoldedTexts texts,
                                            std::size_t findings = 1'000);

// Deletes it. A server that runs goes on with what it has open, and makes a new one within a minute.
void discard_search_index(const std::filesystem::path& path);

}  // namespace storage

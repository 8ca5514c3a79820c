// `mailstead check` for the search index: are its entries right? All of it is derived, so the repair is to delete it;
// the server makes a new one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "storage/search_index.h"
#include "storage/upkeep/check.h"

namespace storage {

struct SearchCheckReport {
    std::vector<Finding> findings;  // also empty if there is no index
    std::uint64_t messages = 0;     // compared with the index
};

// Reads every message that the index has reached, and looks up some of its trigrams.
Query<SearchCheckReport> check_search_index(std::filesystem::path path, FoldedTexts texts,
                                            std::size_t findings = 1'000);

// Deletes it. A running server keeps using the deleted file, and makes a new one within a minute.
void discard_search_index(const std::filesystem::path& path);

}  // namespace storage

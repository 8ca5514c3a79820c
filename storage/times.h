// Times in words, for refusals that a person reads.
#pragma once

#include <cstdint>
#include <string>

namespace storage {

// "2026-12-01 12:05:00 UTC".
std::string time_in_words(std::int64_t at);

}  // namespace storage

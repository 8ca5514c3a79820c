// Gives each different text a number, from 0 on. For what peers choose, such as message ids: the hash is keyed at
// random, so that nobody can choose texts that are slow to tell apart. A table of its own, since std::unordered_map
// would keep a node and a string for each text: several times the memory, which a THREAD's limit counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace imap {

class TextNumbers {
  public:
    std::uint32_t number_of(std::string_view text);
    // Lives until the next number_of.
    std::string_view text_of(std::uint32_t number) const;
    std::uint32_t size() const { return static_cast<std::uint32_t>(entries_.size()); }
    std::size_t octets() const;

  private:
    struct Entry {
        std::uint64_t hash = 0;
        std::size_t end = 0;  // of its text in texts_; it begins where the one before ends
    };
    void grow();

    std::string texts_;
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> slots_;  // number + 1 where the hash, or a slot behind it, says; 0 is free
};

}  // namespace imap

// Gives each different text a number, from 0 on. For texts from peers, such as message ids: the hash has a random key,
// so that no one can choose colliding texts. Its own hash table, since std::unordered_map would allocate a node and a
// string for each text: several times the memory, which a THREAD's limit counts.
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
    // Valid until the next number_of.
    std::string_view text_of(std::uint32_t number) const;
    std::uint32_t size() const { return static_cast<std::uint32_t>(entries_.size()); }
    std::size_t octets() const;

  private:
    struct Entry {
        std::uint64_t hash = 0;
        std::size_t end = 0;  // end of its text in texts_; it begins at the end of the one before
    };
    void grow();

    std::string texts_;
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> slots_;  // number + 1, at the slot of the hash or a later one; 0: free
};

}  // namespace imap

// Numbers for texts: an open-addressing hash table, at most half full.
#include "protocols/imap/search/text_numbers.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <random>

namespace imap {
namespace {

__extension__ using TwoWords = unsigned __int128;

std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) {
    const TwoWords product = static_cast<TwoWords>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t random_word(std::random_device& source) { return std::uint64_t{source()} << 32 | source(); }

std::array<std::uint64_t, 3> make_key() {
    std::random_device source;
    return {random_word(source), random_word(source), random_word(source)};
}

std::uint64_t hash_of(std::string_view text) {
    static const std::array<std::uint64_t, 3> key = make_key();
    std::uint64_t hash = key[0] ^ text.size();
    while (!text.empty()) {
        std::array<std::uint64_t, 2> words{};
        const std::size_t taken = std::min(text.size(), sizeof(words));
        std::memcpy(words.data(), text.data(), taken);
        text.remove_prefix(taken);
        hash = folded_product(words[0] ^ key[1] ^ hash, words[1] ^ key[2]);
    }
    return hash;
}

}  // namespace

std::string_view TextNumbers::text_of(std::uint32_t number) const {
    const std::size_t start = number == 0 ? 0 : entries_[number - 1].end;
    return std::string_view(texts_).substr(start, entries_[number].end - start);
}

std::uint32_t TextNumbers::number_of(std::string_view text) {
    if (slots_.size() < 2 * (entries_.size() + 1)) grow();
    const std::uint64_t hash = hash_of(text);
    std::size_t place = hash & (slots_.size() - 1);
    for (; slots_[place] != 0; place = (place + 1) & (slots_.size() - 1)) {
        const std::uint32_t number = slots_[place] - 1;
        if (entries_[number].hash == hash && text_of(number) == text) return number;
    }
    texts_ += text;
    entries_.push_back({hash, texts_.size()});
    slots_[place] = size();
    return size() - 1;
}

void TextNumbers::grow() {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, 0);
    for (std::uint32_t number = 0; number < entries_.size(); ++number) {
        std::size_t place = entries_[number].hash & (slots_.size() - 1);
        while (slots_[place] != 0) place = (place + 1) & (slots_.size() - 1);
        slots_[place] = number + 1;
    }
}

std::size_t TextNumbers::octets() const {
    return texts_.size() + entries_.size() * sizeof(Entry) + slots_.size() * sizeof(std::uint32_t);
}

}  // namespace imap

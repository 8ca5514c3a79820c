// SipHash is a pseudo-random function of 64 bits: quick enough to seal ids as messages are read.
#include "storage/object_id_sealer.h"

#include <bit>
#include <random>

#include "storage/engine/connection.h"

namespace storage {

namespace {

using engine::Connection;

constexpr std::array<const char*, 2> key_names = {"object_id_key_0", "object_id_key_1"};

class SipState {
  public:
    explicit SipState(const std::array<std::uint64_t, 2>& key)
        : a_(key[0] ^ 0x736f6d6570736575),
          b_(key[1] ^ 0x646f72616e646f6d),
          c_(key[0] ^ 0x6c7967656e657261),
          d_(key[1] ^ 0x7465646279746573) {}

    void take(std::uint64_t word) {
        d_ ^= word;
        rounds(2);
        a_ ^= word;
    }

    std::uint64_t finish() {
        c_ ^= 0xff;
        rounds(4);
        return a_ ^ b_ ^ c_ ^ d_;
    }

  private:
    void rounds(int count) {
        for (int i = 0; i < count; ++i) {
            a_ += b_;
            c_ += d_;
            b_ = std::rotl(b_, 13) ^ a_;
            d_ = std::rotl(d_, 16) ^ c_;
            a_ = std::rotl(a_, 32);
            c_ += b_;
            a_ += d_;
            b_ = std::rotl(b_, 17) ^ c_;
            d_ = std::rotl(d_, 21) ^ a_;
            c_ = std::rotl(c_, 32);
        }
    }

    std::uint64_t a_;
    std::uint64_t b_;
    std::uint64_t c_;
    std::uint64_t d_;
};

}  // namespace

std::uint64_t sip_hash(const std::array<std::uint64_t, 2>& key, std::span<const std::uint64_t> words) {
    SipState state(key);
    for (const std::uint64_t word : words) state.take(word);
    state.take(std::uint64_t{words.size() * 8 & 0xff} << 56);
    return state.finish();
}

ObjectIdSealer::ObjectIdSealer(Connection& connection) {
    auto row = connection.statement("SELECT value FROM state WHERE name = ?");
    for (std::size_t i = 0; i < key_.size(); ++i) {
        row.bind(key_names[i]).step();
        key_[i] = static_cast<std::uint64_t>(row.integer(0));
        row.reset();
    }
}

// A thread from before schema 17 keeps its number, also for what is new in it.
ObjectIds ObjectIdSealer::ids(ContentIds kind, ThreadId thread, BlobId content, std::int64_t internal_date) const {
    const auto word = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
    ObjectIds ids;
    if (thread.value >= 0) {
        ids.thread = {word(thread.value), false};
    } else {
        ids.thread = {sip_hash(key_, std::array{word(thread.value)}), true};
    }
    if (kind == ContentIds::of_account) {
        const std::array words{word(thread.value), word(content.value), word(internal_date)};
        ids.email = {sip_hash(key_, words), true};
    } else {
        ids.email = {word(content.value), false};
    }
    return ids;
}

void make_object_id_key(Connection& connection) {
    std::random_device random;
    for (const char* name : key_names) {
        const auto value = static_cast<std::int64_t>(std::uint64_t{random()} << 32 | random());
        connection.run("INSERT INTO state (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", name, value);
    }
}

}  // namespace storage

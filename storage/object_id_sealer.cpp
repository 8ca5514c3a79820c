// SipHash is a pseudo-random function of 64 bits: quick enough to seal ids as messages are read. A Feistel network of
// it is a permutation that cannot be told from a random one (Luby, Rackoff 1988).
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

namespace {

constexpr unsigned rounds = 6;
constexpr std::uint64_t half_mask = 0xffffffff;

// An email's id has the content's number, which stays below 2^43 (staging.h), and so many bits that depend on the rest.
constexpr unsigned other_bits = 21;

std::uint64_t word(std::int64_t number) { return static_cast<std::uint64_t>(number); }

}  // namespace

std::uint64_t ObjectIdSealer::round(Purpose purpose, unsigned number, std::uint64_t half) const {
    return sip_hash(key_, std::array{std::uint64_t{number} << 8 | static_cast<std::uint64_t>(purpose), half}) &
           half_mask;
}

std::uint64_t ObjectIdSealer::seal(Purpose purpose, std::uint64_t open) const {
    std::uint64_t left = open >> 32;
    std::uint64_t right = open & half_mask;
    for (unsigned number = 0; number < rounds; ++number) {
        const std::uint64_t next = left ^ round(purpose, number, right);
        left = right;
        right = next;
    }
    return left << 32 | right;
}

std::uint64_t ObjectIdSealer::open(Purpose purpose, std::uint64_t sealed) const {
    std::uint64_t left = sealed >> 32;
    std::uint64_t right = sealed & half_mask;
    for (unsigned number = rounds; number-- > 0;) {
        const std::uint64_t before = right ^ round(purpose, number, left);
        right = left;
        left = before;
    }
    return left << 32 | right;
}

// A thread from before schema 17 keeps its number, also for what is new in it. The account shows in an email's id
// through its thread.
ObjectIds ObjectIdSealer::ids(ContentIds kind, ThreadId thread, BlobId content, std::int64_t internal_date) const {
    ObjectIds ids;
    if (thread.value >= 0) {
        ids.thread = {word(thread.value), false};
    } else {
        ids.thread = {seal(Purpose::thread, word(thread.value)), true};
    }
    if (kind == ContentIds::of_account) {
        const std::uint64_t others = sip_hash(key_, std::array{word(thread.value), word(internal_date)});
        ids.email = {seal(Purpose::email, word(content.value) << other_bits | others >> (64 - other_bits)), true};
    } else {
        ids.email = {word(content.value), false};
    }
    return ids;
}

BlobId ObjectIdSealer::content_of(const ObjectId& email) const {
    if (!email.sealed) return {static_cast<std::int64_t>(email.number)};
    return {static_cast<std::int64_t>(open(Purpose::email, email.number) >> other_bits)};
}

ThreadId ObjectIdSealer::thread_of(const ObjectId& thread) const {
    return {static_cast<std::int64_t>(thread.sealed ? open(Purpose::thread, thread.number) : thread.number)};
}

std::uint64_t ObjectIdSealer::seal_content(BlobId content) const { return seal(Purpose::content, word(content.value)); }

BlobId ObjectIdSealer::open_content(std::uint64_t sealed) const {
    return {static_cast<std::int64_t>(open(Purpose::content, sealed))};
}

std::uint64_t ObjectIdSealer::seal_upload(std::int64_t upload) const { return seal(Purpose::upload, word(upload)); }

std::int64_t ObjectIdSealer::open_upload(std::uint64_t sealed) const {
    return static_cast<std::int64_t>(open(Purpose::upload, sealed));
}

void make_object_id_key(Connection& connection) {
    std::random_device random;
    for (const char* name : key_names) {
        const auto value = static_cast<std::int64_t>(std::uint64_t{random()} << 32 | random());
        connection.run("INSERT INTO state (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", name, value);
    }
}

}  // namespace storage

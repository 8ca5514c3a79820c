// zlib for deflate.h. Compression uses a small window: 48 KiB per connection instead of 256, with nearly the same
// result on mail. iOS needs each flush to deliver its data at once (CLIENTS.md 17).
#include "protocols/net/deflate.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace net {
namespace {

constexpr int compress_level = 5;
constexpr int compress_window_bits = -13;  // negative: raw, without zlib's header
constexpr int compress_memory_level = 5;
constexpr int inflate_window_bits = -15;  // the largest: it accepts any window of the peer
constexpr int at_block_end_bit = 128;     // of z_stream::data_type, after Z_BLOCK

// zlib only reads its input, although its type is not const.
Bytef* octets_of(std::span<const char> octets) { return reinterpret_cast<Bytef*>(const_cast<char*>(octets.data())); }

}  // namespace

struct Deflate::Streams {
    z_stream out{};
    z_stream in{};
    bool compresses = false;  // `out` is in use

    Streams() {
        if (inflateInit2(&in, inflate_window_bits) != Z_OK) throw std::bad_alloc();
    }
    ~Streams() {
        rest();
        inflateEnd(&in);
    }
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;

    // Every flush ends at an octet boundary, so a new compressor can continue where the last one stopped.
    z_stream& compressor() {
        if (compresses) return out;
        if (deflateInit2(&out, compress_level, Z_DEFLATED, compress_window_bits, compress_memory_level,
                         Z_DEFAULT_STRATEGY) != Z_OK) {
            throw std::bad_alloc();
        }
        compresses = true;
        return out;
    }
    void write(std::string_view octets, int flush, std::string& to) {
        z_stream& stream = compressor();
        stream.next_in = octets_of(octets);
        stream.avail_in = static_cast<uInt>(octets.size());
        do {
            char block[8192];
            stream.next_out = octets_of(block);
            stream.avail_out = sizeof block;
            if (deflate(&stream, flush) == Z_STREAM_ERROR) throw std::logic_error("deflate");
            to.append(block, sizeof block - stream.avail_out);
        } while (stream.avail_out == 0);
    }
    void rest() {
        if (std::exchange(compresses, false)) deflateEnd(&out);
    }
};

Deflate::Deflate(std::string_view received) : streams_(std::make_unique<Streams>()), waiting_(received) {}
Deflate::~Deflate() = default;

void Deflate::compress(std::string_view octets, std::string& out) { streams_->write(octets, Z_SYNC_FLUSH, out); }

void Deflate::store(std::string_view octets, std::string& out) {
    rest();  // what is stored is not in its history, by which it counts distances
    constexpr std::size_t longest_block = 0xFFFF;
    while (!octets.empty()) {
        const std::string_view block = octets.substr(0, longest_block);
        octets.remove_prefix(block.size());
        const auto length = static_cast<std::uint16_t>(block.size());
        const auto complement = static_cast<std::uint16_t>(~length);
        out += '\0';  // not the last block; stored
        for (const std::uint16_t number : {length, complement}) {
            out += static_cast<char>(number & 0xFF);
            out += static_cast<char>(number >> 8);
        }
        out += block;
    }
}

void Deflate::finish(std::string_view octets, std::string& out) {
    streams_->write(octets, Z_FINISH, out);
    rest();
}

void Deflate::rest() { streams_->rest(); }

void Deflate::put(std::string_view received) {
    waiting_.erase(0, used_);
    used_ = 0;
    waiting_ += received;
}

std::size_t Deflate::inflate(std::span<char> into, bool may_stop) {
    std::size_t inflated = 0;
    while (inflated == 0 && (used_ < waiting_.size() || more_inside_)) {
        inflated = inflate_block(into);
        if (may_stop && at_block_end_) break;
    }
    return inflated;
}

std::size_t Deflate::inflate_block(std::span<char> into) {
    if (ended_) throw std::runtime_error("there is input behind the end of what is compressed");
    z_stream& stream = streams_->in;
    stream.next_in = octets_of(std::span(waiting_).subspan(used_));
    stream.avail_in = static_cast<uInt>(waiting_.size() - used_);
    stream.next_out = octets_of(into);
    stream.avail_out = static_cast<uInt>(into.size());
    const int result = ::inflate(&stream, Z_BLOCK);
    const bool moved = stream.avail_in < waiting_.size() - used_ || stream.avail_out < into.size();
    used_ = waiting_.size() - stream.avail_in;
    if (used_ == waiting_.size()) {
        std::string().swap(waiting_);
        used_ = 0;
    }
    more_inside_ = stream.avail_out == 0;
    if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END) {
        throw std::runtime_error("compressed data is corrupt");
    }
    ended_ = result == Z_STREAM_END;
    if (ended_) more_inside_ = false;
    if (moved) at_block_end_ = ended_ || (stream.data_type & at_block_end_bit) != 0;
    return into.size() - stream.avail_out;
}

// A flush ends in an empty stored block: the length 0 and its complement, after header bits that may fill a whole
// octet. An empty last block may follow. No text begins like that.
std::optional<std::string> Deflate::plain_after_end() const {
    const std::string_view rest = std::string_view(waiting_).substr(used_);
    if (ended_) return std::string(rest);
    std::size_t at = 0;
    while (at < 3 && at < rest.size() && rest[at] == '\0') ++at;
    if (at > 0 && at == rest.size()) return std::nullopt;
    for (const std::string_view mark : {std::string_view("\xff\xff", 2), std::string_view("\x03\0", 2)}) {
        if (mark.starts_with(rest.substr(at))) {
            at = rest.size();
        } else if (rest.substr(at).starts_with(mark)) {
            at += mark.size();
        }
    }
    if (at == rest.size()) return std::nullopt;
    return std::string(rest.substr(at));
}

}  // namespace net

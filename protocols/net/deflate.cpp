// zlib for deflate.h. Compression uses a small window: 48 KiB a connection instead of 256, for nearly the same gain on
// mail. iOS needs each flush to yield its data at once (CLIENTS.md 17).
#include "protocols/net/deflate.h"

#include <zlib.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace net {
namespace {

constexpr int compress_level = 5;
constexpr int compress_window_bits = -13;  // negative: raw, without zlib's header
constexpr int compress_memory_level = 5;
constexpr int inflate_window_bits = -15;  // whatever the peer chose

// zlib only reads its input, but does not say so.
Bytef* octets_of(std::span<const char> octets) { return reinterpret_cast<Bytef*>(const_cast<char*>(octets.data())); }

}  // namespace

struct Deflate::Streams {
    z_stream out{};
    z_stream in{};
    bool compresses = false;  // out is there

    Streams() {
        if (inflateInit2(&in, inflate_window_bits) != Z_OK) throw std::bad_alloc();
    }
    ~Streams() {
        rest();
        inflateEnd(&in);
    }
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;

    // Every flush ends at an octet, so a new compressor goes on where another has stopped.
    z_stream& compressor() {
        if (compresses) return out;
        if (deflateInit2(&out, compress_level, Z_DEFLATED, compress_window_bits, compress_memory_level,
                         Z_DEFAULT_STRATEGY) != Z_OK) {
            throw std::bad_alloc();
        }
        compresses = true;
        return out;
    }
    void rest() {
        if (std::exchange(compresses, false)) deflateEnd(&out);
    }
};

Deflate::Deflate(std::string_view received) : streams_(std::make_unique<Streams>()), waiting_(received) {}
Deflate::~Deflate() = default;

void Deflate::compress(std::string_view octets, std::string& out) {
    z_stream& stream = streams_->compressor();
    stream.next_in = octets_of(octets);
    stream.avail_in = static_cast<uInt>(octets.size());
    do {
        char block[8192];
        stream.next_out = octets_of(block);
        stream.avail_out = sizeof block;
        if (deflate(&stream, Z_SYNC_FLUSH) == Z_STREAM_ERROR) throw std::logic_error("deflate");
        out.append(block, sizeof block - stream.avail_out);
    } while (stream.avail_out == 0);
}

void Deflate::rest() { streams_->rest(); }

void Deflate::put(std::string_view received) {
    waiting_.erase(0, used_);
    used_ = 0;
    waiting_ += received;
}

std::size_t Deflate::inflate(std::span<char> into) {
    if (used_ == waiting_.size() && !more_inside_) return 0;
    z_stream& stream = streams_->in;
    stream.next_in = octets_of(std::span(waiting_).subspan(used_));
    stream.avail_in = static_cast<uInt>(waiting_.size() - used_);
    stream.next_out = octets_of(into);
    stream.avail_out = static_cast<uInt>(into.size());
    const int result = ::inflate(&stream, Z_SYNC_FLUSH);
    used_ = waiting_.size() - stream.avail_in;
    if (used_ == waiting_.size()) {
        std::string().swap(waiting_);
        used_ = 0;
    }
    more_inside_ = stream.avail_out == 0;
    if (result != Z_OK && result != Z_BUF_ERROR) throw std::runtime_error("compressed data is corrupt or at its end");
    return into.size() - stream.avail_out;
}

}  // namespace net

// zstd at its fastest levels: mail is mostly text or base64, so even these halve it.
#include "storage/encoding.h"

#include <zstd.h>

#include <algorithm>
#include <memory>

#include "storage/engine/error.h"

namespace storage {

namespace {

constexpr int zstd_level = 1;

// Smaller content is not worth compressing: its row takes a page anyway.
constexpr std::size_t least_octets = 1024;

// Compressed content must save at least an eighth.
constexpr std::size_t saved_fraction = 8;

// Larger content is probed first, so that compressed data (archives, 8-bit images) costs little time.
constexpr std::size_t probe_octets = 4096;
constexpr std::size_t probe_from_octets = 32u << 10;

struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// One per thread: creating one costs more than compressing a message.
ZSTD_CCtx* compressor() {
    thread_local const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
    return context.get();
}

ZSTD_DCtx* decompressor() {
    thread_local const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context(ZSTD_createDCtx());
    return context.get();
}

// Appends `octets` as a frame to `packed`, which may grow to `most`; false if it does not fit.
bool append_frame(std::string_view octets, std::string& packed, std::size_t most) {
    const std::size_t before = packed.size();
    packed.resize(most);
    const std::size_t size = ZSTD_compressCCtx(compressor(), packed.data() + before, most - before, octets.data(),
                                               octets.size(), zstd_level);
    if (ZSTD_isError(size) != 0) return false;
    packed.resize(before + size);
    return true;
}

// True if `octets` became small enough in `packed`. In larger content the head is a frame of its own.
bool compress(std::string_view octets, std::string& packed) {
    packed.clear();
    const std::size_t most = octets.size() - octets.size() / saved_fraction;
    if (octets.size() < 2 * head_octets) return append_frame(octets, packed, most);
    return append_frame(octets.substr(0, head_octets), packed, most) &&
           append_frame(octets.substr(head_octets), packed, most);
}

}  // namespace

Encoding encode_content(std::string_view octets, std::string& packed) {
    bool pays = octets.size() >= least_octets;
    if (pays && octets.size() >= probe_from_octets)
        pays = compress(octets.substr(octets.size() / 2, probe_octets), packed);
    pays = pays && compress(octets, packed);
    if (pays) return Encoding::zstd;
    packed.clear();
    return Encoding::plain;
}

std::optional<std::string> decode_head(Encoding encoding, std::string_view stored) {
    if (encoding == Encoding::plain) return std::string(stored.substr(0, head_octets));
    const std::size_t frame = ZSTD_findFrameCompressedSize(stored.data(), stored.size());
    if (ZSTD_isError(frame) != 0) return std::nullopt;  // the frame does not end with the head
    return decode_content(encoding, stored.substr(0, frame), head_octets * 2);
}

std::string decode_content(Encoding encoding, std::string_view stored, std::size_t most) {
    std::string octets;
    decode_content(encoding, stored, most, octets);
    return octets;
}

void decode_content(Encoding encoding, std::string_view stored, std::size_t most, std::string& octets) {
    if (encoding == Encoding::plain) {
        octets.assign(stored);
        return;
    }
    std::size_t got = 0;
    octets.resize_and_overwrite(most, [&](char* into, std::size_t) {
        got = ZSTD_decompressDCtx(decompressor(), into, most, stored.data(), stored.size());
        return ZSTD_isError(got) != 0 ? 0 : got;
    });
    if (ZSTD_isError(got) != 0) throw engine::Error(0, "compressed content is damaged");
}

}  // namespace storage

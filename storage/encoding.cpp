// zstd at its fastest levels: mail is text twice over (base64), so even these halve it. Leaves rows to blobs.cpp.
#include "storage/encoding.h"

#include <zstd.h>

#include <algorithm>
#include <memory>

#include "storage/engine/error.h"

namespace storage {

namespace {

constexpr int level = 1;

// Less than this is not worth the time: it fits the page that a row takes anyway.
constexpr std::size_t least_octets = 1024;

// Compressed content must save at least an eighth.
constexpr std::size_t saved_fraction = 8;

// Larger content is probed first, so that what is packed already (archives, images sent 8-bit) costs little.
constexpr std::size_t probe_octets = 4096;
constexpr std::size_t probe_from_octets = 32u << 10;

struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// One for each thread: making one costs more than compressing a message.
ZSTD_CCtx* compressor() {
    thread_local const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
    return context.get();
}

ZSTD_DCtx* decompressor() {
    thread_local const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context(ZSTD_createDCtx());
    return context.get();
}

// True when `octets` became small enough in `packed`.
bool compress(std::string_view octets, std::string& packed) {
    packed.resize(octets.size() - octets.size() / saved_fraction);
    const std::size_t size =
        ZSTD_compressCCtx(compressor(), packed.data(), packed.size(), octets.data(), octets.size(), level);
    if (ZSTD_isError(size) != 0) return false;  // it did not fit: it would have saved too little
    packed.resize(size);
    return true;
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

std::string decode_content(Encoding encoding, std::string_view stored, std::size_t most) {
    if (encoding == Encoding::plain) return std::string(stored);
    const unsigned long long size = ZSTD_getFrameContentSize(stored.data(), stored.size());
    if (size > most) throw engine::Error(0, "compressed content is damaged");  // also when the size is unknown
    std::string octets(size, '\0');
    const std::size_t got =
        ZSTD_decompressDCtx(decompressor(), octets.data(), octets.size(), stored.data(), stored.size());
    if (ZSTD_isError(got) != 0 || got != size) throw engine::Error(0, "compressed content is damaged");
    return octets;
}

}  // namespace storage

// Raw DEFLATE in both directions of a connection (RFC 4978): what is written is flushed to an octet boundary, what is
// received is inflated only as far as there is room, so that no input can blow memory up. For stream.cpp.
// A connection pays 48 KiB for what it writes, until it rests, and up to 40 KiB for what it reads.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace net {

class Deflate {
  public:
    // received: octets that came in before and are the beginning of the compressed input.
    explicit Deflate(std::string_view received);
    ~Deflate();
    Deflate(const Deflate&) = delete;
    Deflate& operator=(const Deflate&) = delete;

    // Compresses all of octets, appended to out, ended such that the peer can inflate all of it at once.
    void compress(std::string_view octets, std::string& out);
    // The same as the end of all that is compressed.
    void finish(std::string_view octets, std::string& out);
    // Frees what the compressor remembers; the next octets begin without it. For a connection that falls silent.
    void rest();

    // Compressed input from the peer.
    void put(std::string_view received);
    // Inflates into `into` what fits and is here, up to the end of a block at most; 0: more input is needed. Where the
    // peer `may_stop`, also 0 at the end of a block that has nothing in it. Throws std::runtime_error on corrupt input,
    // and on input behind the end.
    std::size_t inflate(std::span<char> into, bool may_stop = false);

    // Where the peer may have stopped compressing: at the end of a block.
    bool at_block_end() const { return at_block_end_; }
    // Input that was put here and not inflated. Of it, what is no longer compressed if the peer has stopped at the end
    // of this block: behind what is left of its last flush. Nothing where more must come to tell.
    std::optional<std::string> plain_behind_end() const;

  private:
    std::size_t inflate_block(std::span<char> into);

    struct Streams;
    std::unique_ptr<Streams> streams_;
    std::string waiting_;  // compressed input that did not fit yet
    std::size_t used_ = 0;
    bool more_inside_ = false;  // the last call filled all the room: zlib may hold more
    bool at_block_end_ = false;
    bool ended_ = false;  // by the peer's last block
};

}  // namespace net

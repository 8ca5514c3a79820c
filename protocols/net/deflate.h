// Raw DEFLATE in both directions of a connection (RFC 4978): output is flushed to an octet boundary, input is inflated
// only as far as there is room, so that no input can exhaust memory. For stream.cpp. A connection needs 48 KiB for
// output, until rest(), and up to 40 KiB for input.
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
    // received: octets already read, which begin the compressed input.
    explicit Deflate(std::string_view received);
    ~Deflate();
    Deflate(const Deflate&) = delete;
    Deflate& operator=(const Deflate&) = delete;

    // Compresses all of octets and appends to out, flushed so that the peer can inflate all of it at once.
    void compress(std::string_view octets, std::string& out);
    // The same, and ends the compressed stream.
    void finish(std::string_view octets, std::string& out);
    // The same in stored blocks (RFC 1951 §3.2.4): never shorter than the octets, and the compressor's memory is freed;
    // the next compressed output starts without history.
    void store(std::string_view octets, std::string& out);
    // Frees the compressor's memory, with its history.
    void rest();

    // Compressed input from the peer.
    void put(std::string_view received);
    // Inflates as much of the input as fits `into`, at most to the end of a block; 0: more input is needed. If the peer
    // `may_stop`, also 0 at the end of an empty block. Throws std::runtime_error on corrupt input and on input after
    // the end of the stream.
    std::size_t inflate(std::span<char> into, bool may_stop = false);

    // True at the end of a block: the peer may have stopped compressing there.
    bool at_block_end() const { return at_block_end_; }
    // The plain part of the input not yet inflated, if the peer stopped compressing at the end of this block: what
    // follows the rest of its last flush. nullopt: more input is needed to decide.
    std::optional<std::string> plain_after_end() const;

  private:
    std::size_t inflate_block(std::span<char> into);

    struct Streams;
    std::unique_ptr<Streams> streams_;
    std::string waiting_;  // compressed input that is not inflated yet
    std::size_t used_ = 0;
    bool more_inside_ = false;  // the last call filled all the room: zlib may hold more output
    bool at_block_end_ = false;
    bool ended_ = false;  // the peer has sent its last block
};

}  // namespace net

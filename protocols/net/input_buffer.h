// Octets received but not yet consumed. The memory comes from a pool of the thread and returns to it when the buffer is
// empty, so that an idle connection holds none (protocols/README.md "Network"). The stream does the reading.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace net {

class InputBuffer {
  public:
    static constexpr std::size_t block_octets = std::size_t{32} << 10;

    InputBuffer() = default;
    InputBuffer(InputBuffer&&) noexcept = default;
    InputBuffer& operator=(InputBuffer&&) noexcept = default;
    ~InputBuffer();

    std::string_view view() const { return {memory_.get() + begin_, end_ - begin_}; }
    bool empty() const { return begin_ == end_; }
    void consume(std::size_t octets);
    void clear() { begin_ = end_ = 0; }
    // Room for at least one more octet after view(); this may move the contents.
    std::span<char> room();
    void commit(std::size_t octets);  // this many octets were written at the front of room()
    void release();                   // returns the memory if the buffer is empty
    // Keeps only as much memory as little contents need: a peer that stops within a line must not hold a whole block.
    void tighten();
    std::size_t capacity() const { return capacity_; }

  private:
    void grow();

    std::unique_ptr<char[]> memory_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

// Takes an output string from the thread's pool, and puts it back with its capacity.
std::string take_output_string();
void give_output_string(std::string& string);

// A block of InputBuffer::block_octets for temporary use, one per thread: must not be used across a suspension.
std::span<char> scratch_block();

}  // namespace net

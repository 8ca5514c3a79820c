// What has been received and not yet been taken. The memory comes from the thread's pool and goes back when the buffer
// is empty, so that an idle connection holds none (protocols/README.md "Network"). Leaves reading to the stream.
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
    // Room for at least one more octet behind view(); what is there may move.
    std::span<char> room();
    void commit(std::size_t octets);  // so many octets were put at the front of room()
    void release();                   // gives the memory back if there is nothing in it

  private:
    void grow();

    std::unique_ptr<char[]> memory_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

// Strings for output, with their capacity, from the thread's pool and back.
std::string take_output_string();
void give_output_string(std::string& string);

// A block of InputBuffer::block_octets for the moment: one for each thread, for use between two suspensions.
std::span<char> scratch_block();

}  // namespace net

// The thread's pool of blocks and strings, and the buffer on top of it (input_buffer.h).
// The pool is small: only sessions that are active right now hold memory.
#include "protocols/net/input_buffer.h"

#include <cstring>
#include <utility>
#include <vector>

#include "protocols/base/expects.h"

namespace net {
namespace {

constexpr std::size_t pooled_blocks = 16;
constexpr std::size_t pooled_strings = 16;
constexpr std::size_t largest_pooled_string = std::size_t{256} << 10;

struct Pool {
    std::vector<std::unique_ptr<char[]>> blocks;
    std::vector<std::string> strings;
    std::unique_ptr<char[]> scratch;
};

Pool& pool() {
    thread_local Pool instance;
    return instance;
}

std::unique_ptr<char[]> take_block() {
    std::vector<std::unique_ptr<char[]>>& blocks = pool().blocks;
    if (blocks.empty()) return std::make_unique_for_overwrite<char[]>(InputBuffer::block_octets);
    std::unique_ptr<char[]> block = std::move(blocks.back());
    blocks.pop_back();
    return block;
}

// Frees it, if it is no block or there are enough.
void give_block(std::unique_ptr<char[]> memory, std::size_t capacity) {
    std::vector<std::unique_ptr<char[]>>& blocks = pool().blocks;
    if (capacity == InputBuffer::block_octets && blocks.size() < pooled_blocks) blocks.push_back(std::move(memory));
}

}  // namespace

InputBuffer::~InputBuffer() {
    clear();
    release();
}

void InputBuffer::consume(std::size_t octets) {
    base::expects(octets <= end_ - begin_, "no more is consumed than was buffered");
    begin_ += octets;
}

std::span<char> InputBuffer::room() {
    if (begin_ == end_) clear();
    if (memory_ == nullptr) {
        memory_ = take_block();
        capacity_ = block_octets;
    }
    if (end_ == capacity_) grow();
    return {memory_.get() + end_, capacity_ - end_};
}

void InputBuffer::grow() {
    const bool was_tight = capacity_ < block_octets;
    if (!was_tight && begin_ >= capacity_ / 2) {
        std::memmove(memory_.get(), memory_.get() + begin_, end_ - begin_);
    } else {
        const std::size_t larger = was_tight ? block_octets : capacity_ * 2;
        auto memory = was_tight ? take_block() : std::make_unique_for_overwrite<char[]>(larger);
        std::memcpy(memory.get(), memory_.get() + begin_, end_ - begin_);
        memory_ = std::move(memory);
        capacity_ = larger;
    }
    end_ -= begin_;
    begin_ = 0;
}

void InputBuffer::commit(std::size_t octets) { end_ += octets; }

void InputBuffer::release() {
    if (!empty() || memory_ == nullptr) return;
    clear();
    give_block(std::move(memory_), std::exchange(capacity_, 0));
    memory_.reset();
}

void InputBuffer::tighten() {
    const std::size_t octets = end_ - begin_;
    if (octets == 0 || octets > capacity_ / 8) return;
    auto memory = std::make_unique_for_overwrite<char[]>(octets);
    std::memcpy(memory.get(), memory_.get() + begin_, octets);
    give_block(std::exchange(memory_, std::move(memory)), std::exchange(capacity_, octets));
    begin_ = 0;
    end_ = octets;
}

std::string take_output_string() {
    std::vector<std::string>& strings = pool().strings;
    if (strings.empty()) return {};
    std::string string = std::move(strings.back());
    strings.pop_back();
    return string;
}

void give_output_string(std::string& string) {
    std::string emptied = std::exchange(string, std::string());
    if (emptied.capacity() < 64 || emptied.capacity() > largest_pooled_string) return;
    emptied.clear();
    std::vector<std::string>& strings = pool().strings;
    if (strings.size() < pooled_strings) strings.push_back(std::move(emptied));
}

std::span<char> scratch_block() {
    std::unique_ptr<char[]>& scratch = pool().scratch;
    if (scratch == nullptr) scratch = std::make_unique_for_overwrite<char[]>(InputBuffer::block_octets);
    return {scratch.get(), InputBuffer::block_octets};
}

}  // namespace net

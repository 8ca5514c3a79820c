// Charsets to UTF-8. Replacement: Unicode §3.9 (one U+FFFD for each maximal subpart of an ill-formed sequence).
// The most frequent charsets are done here; iconv does the rest, and each thread keeps its descriptors for reuse.
#include "protocols/mime/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>
#include <vector>

#include "protocols/base/text.h"
#include "protocols/mime/charset_names.h"

namespace mime {
namespace {

// Windows-1252, 0x80 to 0x9F; holes as the C1 control of that number (WHATWG encoding standard).
constexpr std::array<std::uint16_t, 32> windows_1252 = {0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                        0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
                                                        0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                        0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

void append_windows_1252(std::string& out, char c) {
    const auto octet = static_cast<unsigned char>(c);
    base::append_utf8(out, octet >= 0x80 && octet < 0xA0 ? windows_1252[octet - 0x80U] : octet);
}

enum class Family : std::uint8_t {
    utf8,    // ill-formed sequences become U+FFFD
    guess,   // UTF-8 where it is well-formed, else Windows-1252
    latin1,  // Windows-1252
    iconv,
};

Family family_of(std::string_view charset) {
    if (charset == "UTF-8") return Family::utf8;
    if (charset == "WINDOWS-1252") return Family::latin1;
    return charset.empty() || charset == "US-ASCII" ? Family::guess : Family::iconv;
}

constexpr std::size_t most_idle_descriptors = 16;

// A thread's unused iconv descriptors. iconv_open reads files, and a mailbox has the same few charsets all the time.
class Descriptors {
  public:
    Descriptors() = default;
    Descriptors(const Descriptors&) = delete;
    Descriptors& operator=(const Descriptors&) = delete;
    ~Descriptors() {
        for (auto& [name, descriptor] : idle_) iconv_close(descriptor);
    }

    // A descriptor in its initial state, or the invalid one.
    iconv_t take(const std::string& name) {
        const auto found = std::ranges::find(idle_, name, &std::pair<std::string, iconv_t>::first);
        if (found == idle_.end()) return iconv_open("UTF-8", name.c_str());
        const iconv_t descriptor = found->second;
        idle_.erase(found);
        iconv(descriptor, nullptr, nullptr, nullptr, nullptr);
        return descriptor;
    }

    void give_back(std::string name, iconv_t descriptor) {
        if (idle_.size() >= most_idle_descriptors) {
            iconv_close(idle_.front().second);
            idle_.erase(idle_.begin());
        }
        idle_.emplace_back(std::move(name), descriptor);
    }

    // Remembers names that iconv does not know, so that it need not search its files again.
    bool is_unknown(const std::string& name) const { return std::ranges::find(unknown_, name) != unknown_.end(); }
    void note_unknown(const std::string& name) {
        if (unknown_.size() >= most_idle_descriptors) unknown_.erase(unknown_.begin());
        unknown_.push_back(name);
    }

    static Descriptors& of_this_thread() {
        thread_local Descriptors descriptors;
        return descriptors;
    }

  private:
    std::vector<std::pair<std::string, iconv_t>> idle_;
    std::vector<std::string> unknown_;
};

iconv_t invalid_descriptor() {
    return reinterpret_cast<iconv_t>(-1);  // NOLINT(performance-no-int-to-ptr): as iconv_open documents it
}

iconv_t open_descriptor(const std::string& name) {
    Descriptors& descriptors = Descriptors::of_this_thread();
    if (descriptors.is_unknown(name)) return invalid_descriptor();
    const iconv_t descriptor = descriptors.take(name);
    if (descriptor == invalid_descriptor()) descriptors.note_unknown(name);
    return descriptor;
}

// The well-formed beginning of the UTF-8 sequence at text[at] (RFC 3629 §4).
struct Sequence {
    std::size_t size = 0;  // in octets; 0: the first octet cannot start a sequence
    enum class State : std::uint8_t { whole, cut, bad } state = State::bad;
};

Sequence sequence_at(std::string_view text, std::size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead < 0x80) return {.size = 1, .state = Sequence::State::whole};
    std::size_t size = 0;
    if (lead >= 0xC2 && lead <= 0xDF) size = 2;
    if (lead >= 0xE0 && lead <= 0xEF) size = 3;
    if (lead >= 0xF0 && lead <= 0xF4) size = 4;
    if (size == 0) return {};
    for (std::size_t i = 1; i < size; ++i) {
        if (at + i >= text.size()) return {.size = i, .state = Sequence::State::cut};
        const auto octet = static_cast<unsigned char>(text[at + i]);
        unsigned low = 0x80;
        unsigned high = 0xBF;
        if (i == 1 && lead == 0xE0) low = 0xA0;
        if (i == 1 && lead == 0xED) high = 0x9F;
        if (i == 1 && lead == 0xF0) low = 0x90;
        if (i == 1 && lead == 0xF4) high = 0x8F;
        if (octet < low || octet > high) return {.size = i, .state = Sequence::State::bad};
    }
    return {.size = size, .state = Sequence::State::whole};
}

}  // namespace

class CharsetDecoder::Converter {
  public:
    explicit Converter(std::string_view charset) {
        const std::string_view known = find_charset(charset);
        family_ = family_of(known);
        if (family_ != Family::iconv) return;
        name_ = known;
        descriptor_ = open_descriptor(name_);
        if (descriptor_ == invalid_descriptor()) family_ = Family::guess;  // iconv's files are not installed
    }
    Converter(const Converter&) = delete;
    Converter& operator=(const Converter&) = delete;
    ~Converter() {
        if (family_ == Family::iconv) Descriptors::of_this_thread().give_back(std::move(name_), descriptor_);
    }

    void feed(std::string_view octets, std::string& out) {
        std::string joined;
        if (!held_.empty()) {
            joined = std::exchange(held_, {});
            joined += octets;
            octets = joined;
        }
        switch (family_) {
            case Family::latin1:
                return feed_latin1(octets, out);
            case Family::iconv:
                return feed_iconv(octets, out);
            default:
                return feed_utf8(octets, out);
        }
    }

    void finish(std::string& out) {
        if (family_ == Family::guess) {
            for (const char c : held_) append_windows_1252(out, c);
        } else if (!held_.empty()) {
            out += base::replacement_character;
        }
        held_.clear();
        if (family_ == Family::iconv) iconv_flush(out);
    }

  private:
    static void feed_latin1(std::string_view octets, std::string& out) {
        while (!octets.empty()) {
            const std::size_t ascii = base::ascii_prefix(octets);
            out += octets.substr(0, ascii);
            octets.remove_prefix(ascii);
            if (octets.empty()) return;
            append_windows_1252(out, octets.front());
            octets.remove_prefix(1);
        }
    }

    // For the families utf8 and guess.
    void feed_utf8(std::string_view octets, std::string& out) {
        std::size_t at = 0;
        while (at < octets.size()) {
            const std::size_t ascii = base::ascii_prefix(octets.substr(at));
            out += octets.substr(at, ascii);
            at += ascii;
            if (at >= octets.size()) return;
            const Sequence sequence = sequence_at(octets, at);
            if (sequence.state == Sequence::State::cut) {
                held_ = octets.substr(at);
                return;
            }
            const std::size_t size = std::max<std::size_t>(sequence.size, 1);
            if (sequence.state == Sequence::State::whole) {
                out += octets.substr(at, size);
            } else if (family_ == Family::utf8) {
                out += base::replacement_character;
            } else {
                for (const char c : octets.substr(at, size)) append_windows_1252(out, c);
            }
            at += size;
        }
    }

    // Each bad octet becomes one U+FFFD. An incomplete character is held; longer than longest_character it is bad.
    void feed_iconv(std::string_view octets, std::string& out) {
        constexpr std::size_t longest_character = 16;
        char* in = const_cast<char*>(octets.data());  // iconv's prototype; it does not write there
        std::size_t left = octets.size();
        std::array<char, 1024> buffer{};
        while (left > 0) {
            char* to = buffer.data();
            std::size_t room = buffer.size();
            const std::size_t result = iconv(descriptor_, &in, &left, &to, &room);
            const int error = errno;
            append_checked({buffer.data(), buffer.size() - room}, out);
            if (result != static_cast<std::size_t>(-1) || error == E2BIG) continue;
            if (error == EINVAL && left < longest_character) {
                held_.assign(in, left);
                return;
            }
            out += base::replacement_character;
            ++in;
            --left;
        }
    }

    // Some charsets have characters above U+10FFFF, which glibc writes as sequences that are not valid UTF-8.
    static void append_checked(std::string_view converted, std::string& out) {
        if (base::is_utf8(converted)) {
            out += converted;
        } else {
            out += to_utf8(converted, "utf-8");
        }
    }

    // Writes what iconv itself holds back (for combining marks) and returns it to its initial state.
    void iconv_flush(std::string& out) {
        std::array<char, 64> buffer{};
        char* to = buffer.data();
        std::size_t room = buffer.size();
        iconv(descriptor_, nullptr, nullptr, &to, &room);
        append_checked({buffer.data(), buffer.size() - room}, out);
        iconv(descriptor_, nullptr, nullptr, nullptr, nullptr);
    }

    Family family_ = Family::guess;
    std::string name_;
    iconv_t descriptor_ = invalid_descriptor();
    std::string held_;  // the beginning of a character
};

CharsetDecoder::CharsetDecoder(std::string_view charset) : converter_(std::make_unique<Converter>(charset)) {}
CharsetDecoder::CharsetDecoder(CharsetDecoder&&) noexcept = default;
CharsetDecoder& CharsetDecoder::operator=(CharsetDecoder&&) noexcept = default;
CharsetDecoder::~CharsetDecoder() = default;

void CharsetDecoder::feed(std::string_view octets, std::string& out) { converter_->feed(octets, out); }
void CharsetDecoder::finish(std::string& out) { converter_->finish(out); }

bool is_known_charset(std::string_view charset) {
    const std::string known(find_charset(charset));
    if (family_of(known) != Family::iconv) return !known.empty();
    const iconv_t descriptor = open_descriptor(known);
    if (descriptor == invalid_descriptor()) return false;
    Descriptors::of_this_thread().give_back(known, descriptor);
    return true;
}

bool is_legacy_charset(std::string_view charset) {
    const Family family = family_of(find_charset(charset));
    return family == Family::iconv || family == Family::latin1;
}

std::string to_utf8(std::string_view octets, std::string_view charset) {
    std::string out;
    out.reserve(octets.size());
    CharsetDecoder decoder(charset);
    decoder.feed(octets, out);
    decoder.finish(out);
    return out;
}

std::string_view undeclared_charset(std::string_view octets, std::string_view charset) {
    if (base::is_utf8(octets)) return "utf-8";
    const std::string_view known = find_charset(charset);
    // A charset that changes ASCII cannot be a header field's: no field in it could be parsed.
    constexpr std::string_view ascii = "<a@b>";
    const bool fits = family_of(known) == Family::iconv && to_utf8(ascii, known) == ascii &&
                      to_utf8(octets, known).find(base::replacement_character) == std::string::npos;
    return fits ? known : "windows-1252";
}

}  // namespace mime

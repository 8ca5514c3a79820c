// The client's side of HTTP/2, octet by octet, right or wrong as a test wants it: frames (RFC 9113 §4), and field
// sections without compression (RFC 7541 §6.2.2).
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http::h2::testing {

enum Type : std::uint8_t {
    data = 0,
    headers = 1,
    priority = 2,
    rst_stream = 3,
    settings = 4,
    ping = 6,
    goaway = 7,
    window_update = 8,
    continuation = 9
};
inline constexpr std::uint8_t end_stream = 1;
inline constexpr std::uint8_t ack = 1;
inline constexpr std::uint8_t end_headers = 4;

inline std::string number(std::uint64_t value, int octets) {
    std::string text;
    for (int i = octets - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i) & 0xFF);
    return text;
}

inline std::string frame(Type type, std::uint8_t flags, std::uint32_t stream, std::string_view payload = {}) {
    return number(payload.size(), 3) + static_cast<char>(type) + static_cast<char>(flags) + number(stream, 4) +
           std::string(payload);
}

using Fields = std::vector<std::pair<std::string, std::string>>;

// RFC 7541 §5.1, §5.2.
inline std::string text(std::string_view octets) {
    std::string out;
    if (octets.size() < 127) {
        out += static_cast<char>(octets.size());
    } else {
        out += '\x7f';
        std::size_t rest = octets.size() - 127;
        for (; rest >= 128; rest >>= 7) out += static_cast<char>(rest % 128 + 128);
        out += static_cast<char>(rest);
    }
    return out + std::string(octets);
}

inline std::string section(const Fields& fields) {
    std::string out;
    for (const auto& [name, value] : fields) out += '\0' + text(name) + text(value);
    return out;
}

inline Fields get(const std::string& path = "/") {
    return {{":method", "GET"}, {":scheme", "https"}, {":path", path}, {":authority", "mail.example.org"}};
}

inline Fields post(const Fields& more = {}) {
    Fields fields = get("/form");
    fields.front().second = "POST";
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
}

inline std::string request(std::uint32_t stream, const Fields& fields, bool has_content = false) {
    const std::uint8_t flags = end_headers | (has_content ? 0 : end_stream);
    return frame(headers, flags, stream, section(fields));
}

inline std::string hello() { return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(settings, 0, 0); }

struct Frame {
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::uint32_t stream = 0;
    std::string payload;
    std::uint32_t code_at(std::size_t offset) const {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(payload.at(offset + i));
        return value;
    }
};

// Reads what the server sends.
class Reader {
  public:
    Reader() { nghttp2_hd_inflate_new(&inflater_); }
    ~Reader() { nghttp2_hd_inflate_del(inflater_); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // The whole frames; the rest is kept.
    std::vector<Frame> read(std::string_view octets) {
        rest_ += octets;
        std::vector<Frame> frames;
        while (rest_.size() >= 9) {
            const auto at = [&](std::size_t i) {
                return static_cast<std::uint32_t>(static_cast<std::uint8_t>(rest_[i]));
            };
            const std::size_t size = at(0) << 16 | at(1) << 8 | at(2);
            if (rest_.size() < 9 + size) break;
            frames.push_back({.type = static_cast<std::uint8_t>(at(3)),
                              .flags = static_cast<std::uint8_t>(at(4)),
                              .stream = at(5) << 24 | at(6) << 16 | at(7) << 8 | at(8),
                              .payload = rest_.substr(9, size)});
            rest_.erase(0, 9 + size);
        }
        return frames;
    }
    // Of a HEADERS frame.
    Fields fields(const Frame& frame) {
        Fields fields;
        std::string payload = frame.payload;
        auto* in = reinterpret_cast<std::uint8_t*>(payload.data());
        std::size_t left = payload.size();
        for (;;) {
            nghttp2_nv field{};
            int flags = 0;
            const ssize_t taken = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, in, left, 1);
            if (taken < 0) return {};
            in += taken;
            left -= static_cast<std::size_t>(taken);
            if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
                fields.emplace_back(std::string(reinterpret_cast<char*>(field.name), field.namelen),
                                    std::string(reinterpret_cast<char*>(field.value), field.valuelen));
            }
            if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
        }
        nghttp2_hd_inflate_end_headers(inflater_);
        return fields;
    }

  private:
    nghttp2_hd_inflater* inflater_ = nullptr;
    std::string rest_;
};

}  // namespace http::h2::testing

#include "server/zone/wire/message.h"

#include <algorithm>
#include <utility>

#include "protocols/base/text.h"

namespace server::zone {

namespace {

constexpr std::size_t header_octets = 12;
constexpr std::size_t most_name_octets = 255;  // RFC 1035 §3.1
constexpr std::size_t most_label_octets = 63;
constexpr std::uint8_t opcode_update = 5;

constexpr std::uint16_t flag_answer = 0x8000;
constexpr std::uint16_t flag_authoritative = 0x0400;
constexpr std::uint16_t flag_truncated = 0x0200;

// Where names stand in RDATA: after so many octets, so many of them (RFC 1035 §3.3, RFC 2782, RFC 6672). In others
// no name is compressed (RFC 3597).
struct NamesInside {
    std::uint16_t type;
    std::size_t before;
    int names;
};
constexpr NamesInside types_with_names[] = {{2, 0, 1},  {5, 0, 1},  {6, 0, 2}, {12, 0, 1},
                                            {15, 2, 1}, {33, 6, 1}, {39, 0, 1}};

bool is_plain(char c) { return c > ' ' && c < '\x7f' && c != '.' && c != '\\'; }

std::string label_text(std::string_view label) {
    std::string out;
    for (const char c : label) {
        if (is_plain(c)) {
            out += base::to_lower(c);
        } else {
            const auto octet = static_cast<unsigned char>(c);
            out += {'\\', static_cast<char>('0' + octet / 100), static_cast<char>('0' + octet / 10 % 10),
                    static_cast<char>('0' + octet % 10)};
        }
    }
    return out;
}

std::string name_text(std::string_view wire) {
    std::string out;
    while (wire.size() > 1) {
        const std::size_t size = static_cast<unsigned char>(wire[0]);
        if (!out.empty()) out += '.';
        out += label_text(wire.substr(1, size));
        wire.remove_prefix(1 + size);
    }
    return out;
}

// Reads a message from its beginning; after a fault everything is nothing.
class Reader {
  public:
    explicit Reader(std::string_view octets) : octets_(octets) {}

    bool failed() const { return failed_; }
    bool at_end() const { return at_ == octets_.size(); }

    std::uint64_t number(std::size_t octets) { return number_in(take(octets)); }

    std::string_view take(std::size_t octets) {
        if (failed_ || octets > octets_.size() - at_) {
            failed_ = true;
            return {};
        }
        at_ += octets;
        return octets_.substr(at_ - octets, octets);
    }

    // Uncompressed, as on the wire. A pointer leads backwards (RFC 1035 §4.1.4), each farther than the one before.
    std::string name() {
        std::string out;
        std::optional<std::size_t> after;  // the first pointer
        std::size_t before = at_;          // where the next pointer must lead
        for (;;) {
            const std::string_view first = take(1);
            if (failed_) return {};
            const std::size_t size = static_cast<unsigned char>(first[0]);
            if (size <= most_label_octets) {
                out += first;
                out += take(size);
                if (failed_ || out.size() > most_name_octets) return fault();
                if (size == 0) break;
                continue;
            }
            const std::string_view second = take(1);
            if (failed_ || size < 0xc0) return fault();
            if (!after) after = at_;
            const std::size_t target = (size & 0x3f) << 8 | static_cast<unsigned char>(second[0]);
            if (target >= before) return fault();
            at_ = before = target;
        }
        if (after) at_ = *after;
        return out;
    }

    WireRecord record() {
        WireRecord record;
        record.begin = at_;
        record.name = name_text(name());
        record.type = static_cast<std::uint16_t>(number(2));
        record.record_class = static_cast<std::uint16_t>(number(2));
        record.ttl = static_cast<std::uint32_t>(number(4));
        const auto size = static_cast<std::size_t>(number(2));
        record.rdata = rdata(record.type, size);
        return record;
    }

    std::vector<WireRecord> records(std::size_t count) {
        std::vector<WireRecord> all;
        for (std::size_t i = 0; i < count && !failed_; ++i) all.push_back(record());
        return all;
    }

  private:
    std::string fault() {
        failed_ = true;
        return {};
    }

    std::string rdata(std::uint16_t type, std::size_t size) {
        const auto* inside = std::ranges::find(types_with_names, type, &NamesInside::type);
        // Without RDATA in updates and the answers to them (RFC 2136 §2.4.1).
        if (inside == std::end(types_with_names) || size == 0) return std::string(take(size));
        const std::size_t end = at_ + size;
        std::string out(take(inside->before));
        for (int i = 0; i < inside->names; ++i) out += name();
        if (failed_ || at_ > end || end > octets_.size()) return fault();
        out += take(end - at_);
        return out;
    }

    std::string_view octets_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

void append_record(std::string& out, const WireRecord& record) {
    out += wire_name(record.name);
    append_number(out, record.type, 2);
    append_number(out, record.record_class, 2);
    append_number(out, record.ttl, 4);
    append_number(out, record.rdata.size(), 2);
    out += record.rdata;
}

std::string header(std::uint16_t id, std::uint16_t flags, std::size_t second_count, std::size_t third_count) {
    std::string out;
    for (const std::size_t number :
         {std::size_t{id}, std::size_t{flags}, std::size_t{1}, second_count, third_count, std::size_t{0}}) {
        append_number(out, number, 2);
    }
    return out;
}

}  // namespace

void append_number(std::string& out, std::uint64_t number, std::size_t octets) {
    for (std::size_t i = octets; i-- > 0;) out += static_cast<char>(number >> (8 * i) & 0xff);
}

std::uint64_t number_in(std::string_view octets) {
    std::uint64_t number = 0;
    for (const char c : octets) number = number << 8 | static_cast<unsigned char>(c);
    return number;
}

std::string wire_name(std::string_view name) {
    std::string out;
    while (!name.empty()) {
        const std::string_view label = name.substr(0, name.find('.'));
        name.remove_prefix(std::min(label.size() + 1, name.size()));
        out += static_cast<char>(std::min(label.size(), most_label_octets));
        out += label.substr(0, most_label_octets);
    }
    return out + '\0';
}

std::optional<Message> parse_message(std::string_view octets) {
    if (octets.size() < header_octets) return std::nullopt;
    Reader in(octets);
    Message message;
    message.id = static_cast<std::uint16_t>(in.number(2));
    const auto flags = static_cast<std::uint16_t>(in.number(2));
    message.is_answer = (flags & flag_answer) != 0;
    message.opcode = flags >> 11 & 15;
    message.is_authoritative = (flags & flag_authoritative) != 0;
    message.is_truncated = (flags & flag_truncated) != 0;
    message.code = static_cast<ResponseCode>(flags & 15);
    std::size_t counts[4];
    for (std::size_t& count : counts) count = static_cast<std::size_t>(in.number(2));
    for (std::size_t i = 0; i < counts[0] && !in.failed(); ++i) {
        in.name();
        in.take(4);
    }
    message.answers = in.records(counts[1]);
    message.authority = in.records(counts[2]);
    message.additional = in.records(counts[3]);
    if (in.failed() || !in.at_end()) return std::nullopt;
    return message;
}

std::string query_message(std::uint16_t id, std::string_view name, std::uint16_t type) {
    std::string out = header(id, 0, 0, 0);
    out += wire_name(name);
    append_number(out, type, 2);
    append_number(out, class_in, 2);
    return out;
}

std::string update_message(std::uint16_t id, const Update& update) {
    std::string out = header(id, opcode_update << 11, update.prerequisites.size(), update.changes.size());
    out += wire_name(update.zone);
    append_number(out, type_soa, 2);
    append_number(out, class_in, 2);
    for (const WireRecord& record : update.prerequisites) append_record(out, record);
    for (const WireRecord& record : update.changes) append_record(out, record);
    return out;
}

}  // namespace server::zone

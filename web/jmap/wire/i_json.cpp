// By nlohmann_json, in two passes: the first one only checks, so that nothing is built of what is refused.
#include "web/jmap/wire/i_json.h"

#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

namespace jmap {
namespace {

// The octets of a code point that is no character: U+FDD0 to U+FDEF, and the last two of each plane.
bool is_noncharacter(std::string_view text, std::size_t at) {
    const auto octet = [&](std::size_t n) { return static_cast<unsigned char>(text[at + n]); };
    if (octet(0) == 0xef && at + 2 < text.size()) {
        if (octet(1) == 0xb7) return octet(2) >= 0x90 && octet(2) <= 0xaf;
        return octet(1) == 0xbf && octet(2) >= 0xbe;
    }
    if (octet(0) < 0xf0 || at + 3 >= text.size()) return false;
    return (octet(1) & 0x0f) == 0x0f && octet(2) == 0xbf && octet(3) >= 0xbe;
}

bool has_noncharacter(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (static_cast<unsigned char>(text[at]) >= 0xef && is_noncharacter(text, at)) return true;
    }
    return false;
}

// What nlohmann_json's parser tells of each value; its functions return false to end it.
class Checker {
  public:
    explicit Checker(const JsonLimits& limits) : limits_(limits) {}
    JsonFault fault() const { return fault_; }

    bool null() { return count(); }
    bool boolean(bool) { return count(); }
    bool number_integer(Json::number_integer_t) { return count(); }
    bool number_unsigned(Json::number_unsigned_t) { return count(); }
    bool number_float(Json::number_float_t, const std::string&) { return count(); }
    bool string(const std::string& text) { return count() && !has_noncharacter(text); }
    bool binary(const Json::binary_t&) { return false; }
    bool start_object(std::size_t) { return begin(); }
    bool key(const std::string& name) { return names_.back().insert(name).second && !has_noncharacter(name); }
    bool end_object() { return end(); }
    bool start_array(std::size_t) { return begin(); }
    bool end_array() { return end(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) { return false; }

  private:
    bool count() { return ++values_ <= limits_.values || too_large(); }
    bool begin() {
        names_.emplace_back();
        return count() && (names_.size() <= limits_.depth || too_large());
    }
    bool end() {
        names_.pop_back();
        return true;
    }
    bool too_large() {
        fault_ = JsonFault::too_large;
        return false;
    }

    const JsonLimits& limits_;
    JsonFault fault_ = JsonFault::malformed;
    std::size_t values_ = 0;
    std::vector<std::unordered_set<std::string>> names_;  // of the objects around, so far; of arrays: none
};

}  // namespace

std::expected<Json, JsonFault> parse_i_json(std::string_view octets, const JsonLimits& limits) {
    Checker checker(limits);
    if (!Json::sax_parse(octets, &checker)) return std::unexpected(checker.fault());
    return Json::parse(octets);
}

std::string to_text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::size_t octets_of(const Json& value) {
    constexpr std::size_t each = 4;  // a short number, or quotes and a comma
    if (value.is_string()) return each + value.get_ref<const std::string&>().size();
    std::size_t sum = each;
    if (value.is_object()) {
        for (const auto& [name, inner] : value.items()) sum += each + name.size() + octets_of(inner);
    } else if (value.is_array()) {
        for (const Json& inner : value) sum += octets_of(inner);
    }
    return sum;
}

}  // namespace jmap

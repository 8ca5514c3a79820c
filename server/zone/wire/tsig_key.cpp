// BIND:  key "NAME" { algorithm hmac-sha256; secret "BASE64"; };
// Knot:  key:
//          - id: NAME
//            algorithm: hmac-sha256
//            secret: BASE64
#include "server/zone/wire/tsig_key.h"

#include <utility>
#include <vector>

#include "protocols/base/base64.h"
#include "protocols/base/text.h"

namespace server::zone {

namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view ends = " \t\r\n{};\"";

// Without punctuation and comments. Base64 may contain "//": a comment begins its line.
std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    bool line_begins = true;
    while (!text.empty()) {
        const char c = text.front();
        if (c == '#' || (line_begins && text.starts_with("//"))) {
            text.remove_prefix(std::min(text.find('\n'), text.size()));
            continue;
        }
        if (ends.contains(c)) {
            line_begins = c == '\n' || (line_begins && blanks.contains(c));
            text.remove_prefix(1);
            continue;
        }
        line_begins = false;
        std::string_view word = text.substr(0, text.find_first_of(ends));
        text.remove_prefix(word.size());
        if (word.ends_with(':')) word.remove_suffix(1);
        if (!word.empty() && word != "-") words.push_back(word);
    }
    return words;
}

TsigKeyFile fault(std::string words) { return {std::nullopt, std::move(words)}; }

// In lower case, without the final dot; empty if it is no name.
std::string key_name(std::string_view word) {
    if (word.ends_with('.')) word.remove_suffix(1);
    if (word.size() > 253 || word.starts_with('.') || word.contains("..")) return {};
    for (const char c : word) {
        if (c <= ' ' || c >= '\x7f' || c == '\\') return {};
    }
    return base::lower(word);
}

}  // namespace

TsigKeyFile parse_tsig_key(std::string_view text) {
    TsigKey key;
    bool has_algorithm = false;
    const std::vector<std::string_view> words = words_of(text);
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        const std::string_view what = words[i];
        const std::string_view value = words[i + 1];
        if (what == "key" && value == "id") continue;  // Knot's list of keys
        if (what == "key" || what == "id") {
            if (!key.name.empty()) return fault("it has more than one key");
            key.name = key_name(value);
            if (key.name.empty()) return fault("its key has no name");
        } else if (what == "algorithm") {
            const auto known = tsig_algorithm_named(value);
            if (!known) {
                return fault("\"" + std::string(value) + "\" is none of hmac-sha256, hmac-sha384, hmac-sha512");
            }
            key.algorithm = *known;
            has_algorithm = true;
        } else if (what == "secret") {
            key.secret = base::decode_base64(value).value_or("");
            if (key.secret.empty()) return fault("its secret is not in base64");
        } else {
            continue;
        }
        ++i;
    }
    if (key.name.empty() || !has_algorithm || key.secret.empty()) {
        return fault("a key was expected, as tsig-keygen or keymgr -t writes it: name, algorithm, secret");
    }
    return {std::move(key), {}};
}

}  // namespace server::zone

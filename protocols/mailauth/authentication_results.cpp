#include "protocols/mailauth/authentication_results.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mailauth/domain_name.h"
#include "protocols/mime/lexical.h"

namespace mailauth {
namespace {

constexpr unsigned supported_version = 1;
constexpr int most_unclosed = 10;  // each is looked for to the end of the field, which is as long as a peer likes

bool is_keyword_octet(char c) { return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_'; }

// Reads a field's value from left to right.
class FieldReader {
  public:
    explicit FieldReader(std::string_view text) : text_(text) {}

    [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
    [[nodiscard]] bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }

    // There are too many parentheses that never close: the rest is not read.
    [[nodiscard]] bool gave_up() const { return unclosed_ > most_unclosed; }

    // CFWS. A parenthesis that never closes is passed over alone.
    void skip_cfws() {
        while (at_ < text_.size()) {
            if (mime::is_blank(text_[at_])) {
                ++at_;
            } else if (text_[at_] == '(') {
                const std::size_t end = mime::comment_end(text_, at_);
                at_ = end == std::string_view::npos ? at_ + 1 : end;
                if (end == std::string_view::npos && ++unclosed_ > most_unclosed) at_ = text_.size();
            } else {
                return;
            }
        }
    }

    bool take(char c) {
        skip_cfws();
        if (!is_at(c)) return false;
        ++at_;
        return true;
    }

    std::string keyword() {
        skip_cfws();
        const std::size_t begin = at_;
        while (at_ < text_.size() && is_keyword_octet(text_[at_])) ++at_;
        return std::string(text_.substr(begin, at_ - begin));
    }

    // A token, a quoted string, or several of them without white space in between, as an address has them. Octets that
    // no token has are taken as well, but for those that end it.
    std::string value() {
        skip_cfws();
        std::string text;
        while (at_ < text_.size() && !mime::is_blank(text_[at_]) && text_[at_] != ';' && text_[at_] != '(') {
            if (text_[at_] == '"') {
                const std::size_t end = mime::quoted_end(text_, at_);
                const bool is_closed = end != std::string_view::npos;
                const std::size_t last = is_closed ? end - 1 : std::min(text_.size(), text_.find(';', at_));
                text += mime::unescape(text_.substr(at_ + 1, last - at_ - 1));
                at_ = is_closed ? end : last;
            } else {
                text += text_[at_++];
            }
        }
        return text;
    }

  private:
    std::string_view text_;
    std::size_t at_ = 0;
    int unclosed_ = 0;
};

using ResultsError = std::unexpected<std::string>;

class ResultsParser {
  public:
    explicit ResultsParser(std::string_view value) : reader_(value) {}

    std::expected<AuthenticationResults, std::string> parse() {
        parsed_.id = reader_.value();
        if (parsed_.id.empty()) return ResultsError("no id");
        reader_.skip_cfws();
        if (!reader_.is_at(';') && reader_.value() != std::to_string(supported_version)) {
            return ResultsError("another version");
        }
        reader_.skip_cfws();
        if (!reader_.is_at(';')) return ResultsError("no results");
        while (reader_.take(';')) {
            reader_.skip_cfws();
            // An empty place, often the last one.
            if (reader_.is_at(';') || reader_.at_end()) continue;
            if (const auto error = parse_result()) return ResultsError(*error);
            if (parsed_.results.size() > max_authentication_results || properties_ > max_authentication_results) {
                return ResultsError("too many results");
            }
        }
        reader_.skip_cfws();
        if (!reader_.at_end()) return ResultsError("text that is no result");
        if (parsed_.results.empty() && !is_none_) return ResultsError("no results");
        return std::move(parsed_);
    }

  private:
    // resinfo, or no-result.
    std::optional<std::string> parse_result() {
        AuthenticationResult result;
        result.method = reader_.keyword();
        if (result.method.empty()) return "no method";
        if (reader_.take('/')) {
            const auto version = base::parse_number<unsigned>(reader_.keyword());
            if (!version) return "no version of " + result.method;
            result.version = *version;
        }
        if (!reader_.take('=')) {
            if (!base::iequals(result.method, "none") || !parsed_.results.empty())
                return "no result of " + result.method;
            is_none_ = true;
            return std::nullopt;
        }
        result.result = reader_.keyword();
        if (result.result.empty() || is_none_) return "no result of " + result.method;
        if (auto error = parse_properties(result)) return error;
        parsed_.results.push_back(std::move(result));
        return std::nullopt;
    }

    // [ reasonspec ] *propspec
    std::optional<std::string> parse_properties(AuthenticationResult& result) {
        while (properties_ <= max_authentication_results) {
            reader_.skip_cfws();
            if (reader_.at_end() || reader_.is_at(';')) break;
            AuthenticationProperty property;
            property.type = reader_.keyword();
            if (property.type.empty()) return "text that is no property of " + result.method;
            if (reader_.take('=')) {
                if (!base::iequals(property.type, "reason")) return "a property without a type";
                result.reason = reader_.value();
                continue;
            }
            if (!reader_.take('.')) return "text that is no property of " + result.method;
            property.name = reader_.keyword();
            if (property.name.empty() || !reader_.take('=')) return "a property without a value";
            property.value = reader_.value();
            result.properties.push_back(std::move(property));
            ++properties_;
        }
        return std::nullopt;
    }

    FieldReader reader_;
    AuthenticationResults parsed_;
    std::size_t properties_ = 0;
    bool is_none_ = false;
};

// As names are compared: A-labels, lower case, without what some readers leave out.
std::string comparable(std::string_view given) {
    std::string id(given.substr(0, given.find('/')));  // a substructure (RFC 8601 §2.5)
    std::erase_if(id, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f' || c == '\\'; });
    const std::optional<std::string> domain = normal_domain(id);
    return domain ? *domain : base::lower(id);
}

// All that stands before the first ";".
struct Beginning {
    std::vector<std::string> words{};
    bool is_whole = true;  // nothing was left unread
};
Beginning read_beginning(std::string_view value) {
    Beginning beginning;
    FieldReader reader(value);
    while (true) {
        reader.skip_cfws();
        if (reader.at_end() || reader.is_at(';')) break;
        beginning.words.push_back(reader.value());
    }
    beginning.is_whole = !reader.gave_up();
    return beginning;
}

bool is_ours(const Beginning& beginning, std::string_view our_id) {
    const std::string ours = comparable(our_id);
    const std::size_t longest = 3 * ours.size() + 10;  // that may mean the same: in UTF-8, with a version
    std::string joined;
    for (const std::string& word : beginning.words) {
        if (comparable(word) == ours) return true;
        joined += word;  // white space within the id
        if (joined.size() <= longest && comparable(joined) == ours) return true;
    }
    return false;
}

bool is_number(std::string_view word) { return !word.empty() && std::ranges::all_of(word, base::is_digit); }

}  // namespace

std::expected<AuthenticationResults, std::string> parse_authentication_results(std::string_view value) {
    return ResultsParser(value).parse();
}

bool is_ours(std::string_view value, std::string_view our_id) { return is_ours(read_beginning(value), our_id); }

bool must_be_removed(std::string_view value, std::string_view our_id) {
    const Beginning beginning = read_beginning(value);
    const std::vector<std::string>& words = beginning.words;
    const bool has_version = words.size() > 1 && is_number(words[1]);
    return !beginning.is_whole || (has_version && base::parse_number<unsigned>(words[1]) != supported_version) ||
           is_ours(beginning, our_id);
}

}  // namespace mailauth

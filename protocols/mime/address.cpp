// Address lists. RFC 5322 §3.4, §4.4; RFC 6532, RFC 6854.
// Words are collected up to the next special character, which decides what they were: a name, a group, a local part.
#include "protocols/mime/address.h"

#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"
#include "protocols/mime/lexical.h"

namespace mime {
namespace {

// Words of a phrase or local part, joined: any white space between them becomes one space.
struct Words {
    std::string text;
    bool quoted = false;      // some of them were quoted strings
    std::size_t count = 0;    // words separated by white space; a dot with spaces around it does not separate
    std::size_t last_at = 0;  // where the last of them starts

    void add(std::string_view word, bool space_before) {
        const bool dotted = text.ends_with('.') || word.starts_with('.');
        if (space_before && !text.empty()) text += ' ';
        if (count == 0 || (space_before && !dotted)) {
            last_at = text.size();
            ++count;
        }
        text += word;
    }

    // As a local part: obs-local-part may have white space around its dots (RFC 5322 §4.4).
    std::string local() && {
        if (quoted) return std::move(text);
        std::string out;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const bool at_dot = out.ends_with('.') || (i + 1 < text.size() && text[i + 1] == '.');
            if (text[i] != ' ' || !at_dot) out += text[i];
        }
        return out;
    }
};

class Parser {
  public:
    Parser(std::string_view text, std::size_t max) : text_(text), max_(max) {}

    AddressList run() {
        bool more = skip();
        while (more && list_.size() < max_) {
            element();
            more = skip();
        }
        if (in_group_) close_group();
        return {.addresses = std::move(list_), .cut = more};
    }

  private:
    // Skips white space and comments; remembers the last comment. False at the end.
    bool skip() {
        space_ = false;
        while (at_ < text_.size()) {
            if (is_blank(text_[at_])) {
                ++at_;
            } else if (text_[at_] == '(' && !open_comment_) {
                const std::size_t end = comment_end(text_, at_);
                if (end == std::string_view::npos) {
                    open_comment_ = true;  // from here on "(" is an ordinary octet
                    return true;
                }
                comment_ = unescape(text_.substr(at_ + 1, end - at_ - 2));
                at_ = end;
            } else {
                return true;
            }
            space_ = true;
        }
        return false;
    }

    // One word at at_: a quoted string's content, or octets up to a special or white space outside an encoded word.
    void word(Words& words) {
        const bool space_before = space_;
        if (text_[at_] == '"' && !open_quote_) {
            const std::size_t end = quoted_end(text_, at_);
            if (end != std::string_view::npos) {
                words.add(unescape(text_.substr(at_ + 1, end - at_ - 2)), space_before);
                words.quoted = true;
                at_ = end;
                return;
            }
            open_quote_ = true;  // from here on a quote is an ordinary octet
        }
        const std::size_t start = at_;
        do {
            const std::size_t encoded = encoded_word_end(text_, at_);
            at_ = encoded == std::string_view::npos ? at_ + 1 : encoded;
        } while (at_ < text_.size() && !is_blank(text_[at_]) && !ends_word(text_[at_]));
        const std::string_view found = text_.substr(start, at_ - start);
        if (found.find('\n') == std::string_view::npos) return words.add(found, space_before);
        words.add(unfold(found), space_before);
    }

    [[nodiscard]] bool ends_word(char c) const {
        return c == '<' || c == '>' || c == '@' || c == ',' || c == ';' || c == ':' || (c == '"' && !open_quote_) ||
               (c == '(' && !open_comment_);
    }

    // A mailbox, a group's start or end, or an empty element; leading white space is already skipped.
    void element() {
        comment_.clear();
        const std::size_t start = at_;
        Words words;
        while (skip()) {
            const char c = text_[at_];
            if (c == '<') return angle(std::move(words.text));
            if (c == '@') return bare(words, start);
            if (c == ',' || c == ';') break;
            if (c == ':' && !in_group_ && !words.text.empty()) return open_group(std::move(words.text));
            if (c == '>' || c == ':') {
                ++at_;
            } else {
                word(words);
            }
        }
        add_words(words);
        separator();
    }

    // The "," or ";" after an element.
    void separator() {
        if (at_ >= text_.size()) return;
        const char c = text_[at_++];
        if (c == ';' && in_group_) close_group();
    }

    // Words without any "@": a bare local part, or a name with nothing after it.
    void add_words(Words& words) {
        if (words.text.empty()) return;
        Address address;
        (words.count == 1 ? address.local : address.name) = std::move(words.text);
        add(std::move(address));
    }

    // local@domain without brackets. If "<" follows, it was an unquoted display name.
    void bare(Words& words, std::size_t start) {
        Address address;
        if (words.count > 1) {
            address.name = base::trim(words.text.substr(0, words.last_at));
            words.text.erase(0, words.last_at);
        }
        address.local = std::move(words).local();
        at_sign_domain(address);
        while (skip() && text_[at_] != ',' && text_[at_] != ';') {
            if (text_[at_] == '<') return angle(unfold_spaces(text_.substr(start, at_ - start)));
            Words garbage;
            word(garbage);
        }
        add(std::move(address));
        separator();
    }

    // "<", optional route, addr-spec, ">" and any text up to the next separator.
    void angle(std::string name) {
        while (skip() && text_[at_] == '<') ++at_;
        Address address;
        address.name = std::move(name);
        if (skip() && (text_[at_] == '@' || text_[at_] == ',')) route(address);
        Words local;
        while (skip()) {
            const char c = text_[at_];
            if (c == '>' || c == ',' || c == ';' || c == '@') break;
            word(local);
        }
        address.local = std::move(local).local();
        if (at_ < text_.size() && text_[at_] == '@') at_sign_domain(address);
        if (at_ < text_.size() && text_[at_] == '>') ++at_;
        while (skip() && text_[at_] != ',' && text_[at_] != ';') {
            Words garbage;
            word(garbage);
        }
        add(std::move(address));
        separator();
    }

    // obs-route, RFC 5322 §4.4: "@a,@b:". Kept only if its colon comes before the bracket closes.
    void route(Address& address) {
        constexpr std::size_t longest = 1000;  // keeps the time linear where there are many
        const std::string_view ahead = text_.substr(at_, longest);
        const std::size_t end = ahead.find_first_of(":>");
        if (end == std::string_view::npos || ahead[end] != ':') return;
        for (const char c : ahead.substr(0, end)) {
            if (!is_blank(c)) address.route += c;
        }
        at_ += end + 1;
    }

    // "@" and a domain. If there are several "@", the last one counts: all before it is the local part.
    void at_sign_domain(Address& address) {
        ++at_;
        std::string domain;
        while (skip()) {
            const char c = text_[at_];
            if (c == '>' || c == '<' || c == ',' || c == ';') break;
            if (c == '@') {
                address.local += '@' + domain;
                domain.clear();
                ++at_;
                continue;
            }
            if (space_ && !domain.empty() && !domain.ends_with('.') && c != '.') break;
            domain_piece(domain);
        }
        address.domain = std::move(domain);
    }

    void domain_piece(std::string& domain) {
        if (text_[at_] == '[' && !open_literal_) {
            const std::size_t end = text_.find(']', at_);
            if (end != std::string_view::npos) {
                domain += text_.substr(at_, end + 1 - at_);
                at_ = end + 1;
                return;
            }
            open_literal_ = true;
        }
        const std::size_t start = at_++;
        while (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != ':' && !ends_word(text_[at_])) ++at_;
        domain += text_.substr(start, at_ - start);
    }

    void open_group(std::string name) {
        ++at_;
        in_group_ = true;
        list_.push_back(
            {.kind = Address::Kind::group_start, .name = std::move(name), .route = {}, .local = {}, .domain = {}});
    }

    void close_group() {
        in_group_ = false;
        Address end;
        end.kind = Address::Kind::group_end;
        list_.push_back(std::move(end));
    }

    void add(Address address) {
        if (address.name.empty()) address.name = std::move(comment_);
        comment_.clear();
        list_.push_back(std::move(address));
    }

    static std::string unfold_spaces(std::string_view text) {
        std::string out;
        for (const char c : base::trim(text)) {
            if (!is_blank(c)) {
                out += c;
            } else if (!out.ends_with(' ')) {
                out += ' ';
            }
        }
        return out;
    }

    std::string_view text_;
    std::size_t max_;
    std::size_t at_ = 0;
    bool space_ = false;  // skip() skipped something
    bool in_group_ = false;
    bool open_comment_ = false;
    bool open_quote_ = false;
    bool open_literal_ = false;
    std::string comment_;
    std::vector<Address> list_;
};

std::string render_name(const std::string& name, bool utf8) {
    const std::string decoded = decode_encoded_words(name);
    if (!utf8 || base::is_ascii(decoded)) return encode_phrase(decoded);
    return quote(decoded);
}

}  // namespace

AddressList parse_address_list(std::string_view value, std::size_t max_addresses) {
    return Parser(value, max_addresses).run();
}

std::vector<Address> parse_addresses(std::string_view value, std::size_t max_addresses) {
    return parse_address_list(value, max_addresses).addresses;
}

std::optional<Address> parse_mailbox(std::string_view value) {
    for (Address& address : parse_addresses(value)) {
        if (address.kind == Address::Kind::mailbox && !address.local.empty()) return std::move(address);
    }
    return std::nullopt;
}

std::string render_addr_spec(const Address& address) {
    std::string out = is_dot_atom(address.local) ? address.local : quote(address.local);
    if (!address.domain.empty()) out += '@' + address.domain;
    return out;
}

std::string render_addresses(std::span<const Address> addresses, bool utf8) {
    std::string out;
    bool separate = false;
    for (const Address& address : addresses) {
        if (address.kind == Address::Kind::group_end) {
            out += ';';
            separate = true;
            continue;
        }
        if (separate) out += ", ";
        if (!address.name.empty()) out += render_name(address.name, utf8);
        separate = address.kind == Address::Kind::mailbox;
        if (!separate) {
            out += ": ";
        } else if (address.name.empty()) {
            out += render_addr_spec(address);
        } else {
            out += " <" + render_addr_spec(address) + '>';
        }
    }
    return out;
}

}  // namespace mime

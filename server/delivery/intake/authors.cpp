// Each field is read twice: as an address list, which must be whole, and as text in which any address counts.
#include "server/delivery/intake/authors.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/address.h"
#include "protocols/mime/casemap.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"
#include "protocols/mime/lexical.h"
#include "protocols/mime/shown_text.h"

namespace server::delivery {

namespace {

bool has_control(std::string_view value) {
    return std::ranges::any_of(value, [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return (octet < 0x20 && c != '\t') || octet == 0x7f;
    });
}

// The value as a reader sees it, in a form for comparison: words decoded, without what quotes.
std::string shown_text(std::string_view value) {
    std::string text = mime::folded(mime::decode_encoded_words(value));
    std::erase_if(text, [](char c) { return c == '"' || c == '\\'; });
    return text;
}

bool is_alphanumeric(char c) { return base::is_alpha(c) || base::is_digit(c) || static_cast<unsigned char>(c) >= 0x80; }
bool is_in_local_part(char c) { return mime::is_atext(c) || c == '.'; }
bool is_in_domain(char c) { return is_alphanumeric(c) || c == '-' || c == '.'; }

// What stands around the "@" at `at`, spaces around it or not: "local@domain", or nothing.
std::string address_around(std::string_view text, std::size_t at) {
    std::size_t end = at;
    while (end > 0 && base::is_space(text[end - 1])) --end;
    std::size_t begin = end;
    while (begin > 0 && is_in_local_part(text[begin - 1])) --begin;
    while (begin < end && !is_alphanumeric(text[begin])) ++begin;  // quotes around it, dashes before it
    std::size_t domain = at + 1;
    while (domain < text.size() && base::is_space(text[domain])) ++domain;
    std::size_t domain_end = domain;
    while (domain_end < text.size() && is_in_domain(text[domain_end])) ++domain_end;
    while (domain_end > domain && text[domain_end - 1] == '.') --domain_end;
    if (begin == end || domain == domain_end) return {};
    return std::string(text.substr(begin, end - begin)) + "@" + std::string(text.substr(domain, domain_end - domain));
}

class Claiming {
  public:
    explicit Claiming(std::size_t most_addresses) : most_addresses_(most_addresses) {}

    enum class Rule : std::uint8_t { own, mentioned };

    void field(std::string_view name, std::string_view raw, Rule rule) {
        const std::string value = mime::unfold(raw);
        if (has_control(value)) return object(name, "has a control character");
        list(name, value, rule);
        mentions(name, value);
    }
    void object(std::string_view name, std::string_view what) {
        if (fault_.empty()) fault_ = std::string(name) + ": " + std::string(what);
    }

    Claims take() {
        Claims claims{.own = {own_.begin(), own_.end()}, .mentioned = {}, .fault = std::move(fault_)};
        std::ranges::set_difference(mentioned_, own_, std::back_inserter(claims.mentioned));
        return claims;
    }

  private:
    void list(std::string_view name, std::string_view value, Rule rule) {
        const mime::AddressList list = mime::parse_address_list(value, most_addresses_);
        if (list.cut) return object(name, "has more than " + std::to_string(most_addresses_) + " addresses");
        bool some = false;
        for (const mime::Address& address : list.addresses) {
            if (address.kind != mime::Address::Kind::mailbox) continue;
            if (address.local.empty() || address.domain.empty()) return object(name, "not everything is an address");
            // Obsolete: RFC 5322 §4.4. Some readers show it as the address.
            if (!address.route.empty()) return object(name, "an address has a route");
            (rule == Rule::own ? own_ : mentioned_).insert(base::lower(mime::render_addr_spec(address)));
            some = true;
        }
        if (!some) object(name, "has no address");
    }

    // Readers differ in what they draw of the characters that are mostly unseen: each way to read it counts.
    void mentions(std::string_view name, std::string_view value) {
        const std::string text = shown_text(value);
        mentions_in(name, mime::without_unseen(text));
        mentions_in(name, mime::without_unseen(mime::with_gaps(text)));
    }

    void mentions_in(std::string_view name, std::string_view text) {
        std::size_t count = 0;
        for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
            if (++count > 2 * most_addresses_) return object(name, "has too many addresses");
            std::string address = address_around(text, at);
            if (!address.empty()) mentioned_.insert(base::lower(address));
        }
    }

    std::size_t most_addresses_;
    std::set<std::string> own_;
    std::set<std::string> mentioned_;
    std::string fault_;
};

}  // namespace

Claims claims_of(const HeaderFacts& facts, std::size_t most_addresses) {
    using Rule = Claiming::Rule;
    Claiming claiming(most_addresses);
    // RFC 5322 §3.6: each at most once. Readers differ in which of several they show.
    if (facts.from.size() > 1) claiming.object("From", "stands there more than once");
    if (facts.sender.size() > 1) claiming.object("Sender", "stands there more than once");
    const Rule authors = facts.resent_from.empty() ? Rule::own : Rule::mentioned;
    for (const std::string_view value : facts.from) claiming.field("From", value, authors);
    for (const std::string_view value : facts.sender) claiming.field("Sender", value, authors);
    // The latest resent fields stand first (RFC 5322 §3.6.6): those below are of earlier journeys.
    Rule resender = Rule::own;
    for (const std::string_view value : facts.resent_from) {
        claiming.field("Resent-From", value, std::exchange(resender, Rule::mentioned));
    }
    for (const std::string_view value : facts.resent_sender) claiming.field("Resent-Sender", value, Rule::mentioned);
    return claiming.take();
}

}  // namespace server::delivery

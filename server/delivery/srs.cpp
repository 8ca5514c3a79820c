// What is sealed is the local part behind the seal, with our domain: a seal is good for one address alone.
#include "server/delivery/srs.h"

#include <algorithm>
#include <optional>

#include "protocols/base/text.h"
#include "protocols/dns/resolver.h"

namespace server::delivery::srs {

namespace {

constexpr std::size_t local_part_octets = 64;  // RFC 5321 §4.5.3.1.1

// "SRS0" or "SRS1", and the character behind it, which other programs let their administrators choose.
bool is_tagged(std::string_view local_part, std::string_view tag) {
    return local_part.size() > tag.size() && base::istarts_with(local_part, tag) &&
           std::string_view("=+-").contains(local_part[tag.size()]);
}

// Whether it can be part of a local part without quotes (RFC 5322 §3.2.3), at its end.
bool is_plain(std::string_view text) {
    const auto fits = [](char c) {
        return base::is_alpha(c) || base::is_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~.").contains(c);
    };
    return !text.empty() && text.back() != '.' && text.front() != '.' && !text.contains("..") &&
           std::ranges::all_of(text, fits);
}

bool is_host(std::string_view text) {
    const auto fits = [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '.'; };
    return is_plain(text) && std::ranges::all_of(text, fits);
}

struct Parts {
    std::string_view before;
    std::string_view after;
};
std::optional<Parts> split(std::string_view text) {
    const std::size_t at = text.find('=');
    if (at == std::string_view::npos) return std::nullopt;
    return Parts{text.substr(0, at), text.substr(at + 1)};
}

std::string sealed_text(std::string_view tag, std::string_view rest, std::string_view domain) {
    return dns::with_ascii_domain(std::string(tag) + "=" + std::string(rest) + "@" + std::string(domain));
}

std::string address_of(const Seals& seals, std::string_view tag, const std::string& rest, std::string_view domain) {
    const std::string seal = seals.seal(sealed_text(tag, rest, domain));
    return dns::with_ascii_domain(std::string(tag) + "=" + seal + "=" + rest + "@" + std::string(domain));
}

// Without a stamp in the address, so that others can follow: the day is sealed with it.
std::string sealed_hop(std::string_view rest, std::string_view stamp) {
    return std::string(rest) + "=" + std::string(stamp);
}

// "host=rest" of an SRS0 or SRS1 address of another forwarder; nullopt if it is none.
std::optional<std::string> first_hop(std::string_view local, std::string_view domain) {
    if (is_tagged(local, "SRS0")) return std::string(domain) + "=" + std::string(local.substr(4));
    if (!is_tagged(local, "SRS1")) return std::nullopt;
    const std::optional<Parts> hash = split(local.substr(5));
    const std::optional<Parts> host = hash ? split(hash->after) : std::nullopt;
    if (!host || !is_host(host->before) || host->after.empty()) return std::nullopt;
    return std::string(hash->after);
}

bool fits(std::string_view address) { return address.rfind('@') <= local_part_octets; }

std::expected<Reversed, Fault> reverse_sender(const Seals& seals, const Parts& seal, std::string_view domain) {
    const std::optional<Parts> stamp = split(seal.after);
    const std::optional<Parts> sender = stamp ? split(stamp->after) : std::nullopt;
    if (!sender) return std::unexpected(Fault::malformed);
    if (!seals.is_seal_of(sealed_text("SRS0", seal.after, domain), seal.before)) return std::unexpected(Fault::forged);
    if (!seals.is_recent(stamp->before)) return std::unexpected(Fault::expired);
    if (sender->before.empty()) return Reversed{.address = {}, .token = base::lower(sender->after)};
    return Reversed{.address = std::string(sender->after) + "@" + std::string(sender->before), .token = {}};
}

std::expected<Reversed, Fault> reverse_hop(const Seals& seals, const Parts& seal, std::string_view domain) {
    const std::optional<Parts> hop = split(seal.after);
    if (!hop || !is_host(hop->before) || !is_tagged("SRS0" + std::string(hop->after), "SRS0"))
        return std::unexpected(Fault::malformed);
    for (std::int64_t days_ago = -1; days_ago <= seals.valid_days(); ++days_ago) {
        const std::string sealed = sealed_hop(seal.after, seals.stamp(days_ago));
        if (!seals.is_seal_of(sealed_text("SRS1", sealed, domain), seal.before)) continue;
        return Reversed{.address = "SRS0" + std::string(hop->after) + "@" + std::string(hop->before), .token = {}};
    }
    return std::unexpected(Fault::forged);  // or expired: the seal does not tell
}

}  // namespace

Rewritten rewrite(const Seals& seals, std::string_view sender, std::string_view domain) {
    const std::size_t at = sender.rfind('@');
    const std::string_view local = sender.substr(0, at);
    const std::string ascii = dns::with_ascii_domain(sender);
    const std::string host = at == std::string_view::npos ? "" : ascii.substr(ascii.rfind('@') + 1);
    if (is_plain(local) && is_host(host)) {
        const std::optional<std::string> hop = first_hop(local, host);
        std::string address;
        if (hop) {
            const std::string seal = seals.seal(sealed_text("SRS1", sealed_hop(*hop, seals.stamp()), domain));
            address = dns::with_ascii_domain("SRS1=" + seal + "=" + *hop + "@" + std::string(domain));
        } else {
            address = address_of(seals, "SRS0", seals.stamp() + "=" + host + "=" + std::string(local), domain);
        }
        if (fits(address)) return {.reverse_path = std::move(address), .token = {}};
    }
    std::string token = seals.token("long sender " + std::string(sender));
    std::string address = address_of(seals, "SRS0", seals.stamp() + "==" + token, domain);
    return {.reverse_path = std::move(address), .token = std::move(token)};
}

bool is_return_address(std::string_view local_part) {
    return is_tagged(local_part, "SRS0") || is_tagged(local_part, "SRS1");
}

std::expected<Reversed, Fault> reverse(const Seals& seals, std::string_view local_part, std::string_view domain) {
    const std::optional<Parts> seal = local_part.size() > 5 ? split(local_part.substr(5)) : std::nullopt;
    if (!seal || local_part[4] != '=') return std::unexpected(Fault::malformed);
    return is_tagged(local_part, "SRS0") ? reverse_sender(seals, *seal, domain) : reverse_hop(seals, *seal, domain);
}

std::string_view words_for(Fault fault) {
    switch (fault) {
        case Fault::malformed:
            return "not a return address of ours";
        case Fault::forged:
            return "this return address was not made here, or has expired";
        case Fault::expired:
            return "this return address has expired";
    }
    return {};
}

}  // namespace server::delivery::srs

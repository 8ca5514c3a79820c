// Both fields are read from their end, where the proxies have written: what a client wrote before that, even open
// quotes, must not change how it is read.
#include "web/forwarded.h"

#include <asio/ip/address.hpp>
#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "protocols/base/text.h"

namespace web {

namespace {

// Returns what follows the last separator outside quotes; the text keeps what comes before it.
std::string_view take_last(std::string_view& text, char separator) {
    bool quoted = false;
    for (std::size_t at = text.size(); at-- > 0;) {
        if (text[at] == '"') quoted = !quoted;
        if (text[at] != separator || quoted) continue;
        const std::string_view last = text.substr(at + 1);
        text = text.substr(0, at);
        return base::trim(last);
    }
    const std::string_view last = text;
    text = {};
    return base::trim(last);
}

std::string_view unquoted(std::string_view text) {
    return text.size() >= 2 && text.front() == '"' && text.back() == '"' ? text.substr(1, text.size() - 2) : text;
}

// node = nodename [ ":" node-port ] (RFC 7239 §6): "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80"; X-Forwarded-For has
// "2001:db8::1" too. nullopt for "unknown" and "_hidden".
std::optional<std::string> address_of(std::string_view node) {
    if (node.starts_with('[')) {
        const std::size_t end = node.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view rest = node.substr(end + 1);
        if (!rest.empty() && rest.front() != ':') return std::nullopt;
        node = node.substr(1, end - 1);
    } else if (const std::size_t colon = node.find(':'); colon != std::string_view::npos && colon == node.rfind(':')) {
        node = node.substr(0, colon);
    }
    if (node.contains('%')) return std::nullopt;  // a zone belongs to the proxy's machine
    std::error_code error;
    asio::ip::address address = asio::ip::make_address(std::string(node), error);
    if (error) return std::nullopt;
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    return address.to_string();
}

// What one proxy said about its peer.
struct Hop {
    std::optional<std::string> address;
    std::string_view proto;  // empty: not given
};

// forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
Hop read_element(std::string_view element) {
    Hop hop;
    while (!element.empty()) {
        const std::string_view pair = take_last(element, ';');
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view name = base::trim(pair.substr(0, equals));
        const std::string_view value = unquoted(base::trim(pair.substr(equals + 1)));
        if (base::iequals(name, "for")) hop.address = address_of(value);
        if (base::iequals(name, "proto")) hop.proto = value;
    }
    return hop;
}

Client follow(Client peer, const IsProxy& is_proxy, const std::function<std::optional<Hop>()>& next) {
    Client client = std::move(peer);
    while (is_proxy(client.address)) {
        const std::optional<Hop> hop = next();
        if (!hop || !hop->address) break;
        client.address = *hop->address;
        if (!hop->proto.empty()) client.tls = base::iequals(hop->proto, "https");
    }
    return client;
}

Client by_forwarded(const Client& peer, std::string_view field, const IsProxy& is_proxy) {
    return follow(peer, is_proxy, [&]() -> std::optional<Hop> {
        if (field.empty()) return std::nullopt;
        return read_element(take_last(field, ','));
    });
}

// The protocols are in a separate field: one for each address, or one for all.
Client by_x_forwarded(const Client& peer, std::string_view field, std::string_view protocols, const IsProxy& is_proxy) {
    std::string_view proto;
    return follow(peer, is_proxy, [&]() -> std::optional<Hop> {
        if (field.empty()) return std::nullopt;
        if (!protocols.empty()) proto = take_last(protocols, ',');
        return Hop{.address = address_of(unquoted(take_last(field, ','))), .proto = proto};
    });
}

}  // namespace

Client client_behind(Client peer, const ForwardedFields& fields, const IsProxy& is_proxy) {
    if (!is_proxy(peer.address)) return peer;
    if (fields.forwarded.empty()) {
        return by_x_forwarded(peer, fields.x_forwarded_for, fields.x_forwarded_proto, is_proxy);
    }
    const Client standard = by_forwarded(peer, fields.forwarded, is_proxy);
    if (fields.x_forwarded_for.empty()) return standard;
    const Client customary = by_x_forwarded(peer, fields.x_forwarded_for, fields.x_forwarded_proto, is_proxy);
    return standard.address == customary.address ? standard : peer;
}

}  // namespace web

// Trace fields as text. Everything from the client is checked, so that it cannot add another field.
#include "server/delivery/trace.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocols/base/text.h"
#include "protocols/dns/resolver.h"
#include "protocols/mime/date_time.h"

namespace server::delivery {

namespace {

constexpr std::size_t client_name_octets = 255;
constexpr std::size_t path_octets = 1024;

// A domain or an address literal, by its characters (RFC 5321 §4.1.2, §4.1.3; UTF-8 with SMTPUTF8).
bool is_name(std::string_view name, bool utf8) {
    if (name.empty() || name.size() > client_name_octets) return false;
    if (!base::is_ascii(name) && !(utf8 && base::is_utf8(name))) return false;
    return std::ranges::all_of(name, [](char c) {
        return base::is_alpha(c) || base::is_digit(c) || std::string_view("-._:[]").find(c) != std::string_view::npos ||
               static_cast<unsigned char>(c) >= 0x80;
    });
}

// A path that may be put into a header field: no control characters, no brackets that would end it.
bool is_path(std::string_view path, bool utf8) {
    if (path.size() > path_octets || (!utf8 && !base::is_ascii(path)) || !base::is_utf8(path)) return false;
    return std::ranges::none_of(
        path, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '<' || c == '>'; });
}

std::string address_literal(std::string_view address) {
    const bool v6 = address.find(':') != std::string_view::npos;
    return std::string(v6 ? "[IPv6:" : "[") + std::string(address) + "]";
}

}  // namespace

std::string received_field(const services::IntakeEnvelope& envelope, const TraceFacts& facts) {
    std::string field = "Received: ";
    if (!envelope.client_address.empty()) {
        const bool named = is_name(envelope.client_name, envelope.smtputf8);
        field += "from " + (named ? envelope.client_name : "unknown");
        field += " (" + address_literal(envelope.client_address) + ")\r\n\t";
    }
    field += "by " + facts.hostname + " (Mailstead) with " + envelope.protocol;
    if (!envelope.tls.empty()) field += "\r\n\t(" + envelope.tls + ")";
    field += "\r\n\tid " + facts.id;
    if (envelope.recipients.size() == 1) {
        // A non-ASCII domain alone must not make the message need SMTPUTF8 (RFC 6531 §3.2).
        const std::string address = dns::with_ascii_domain(envelope.recipients.front().recipient.address);
        if (is_path(address, envelope.smtputf8)) field += " for <" + address + ">";
    }
    field += ";\r\n\t" + mime::render_date_time({facts.received_at, 0}) + "\r\n";
    return field;
}

std::string return_path_field(std::string_view reverse_path) {
    std::string field = "Return-Path: <";
    if (is_path(reverse_path, true)) field += reverse_path;
    return field + ">\r\n";
}

std::string delivered_to(std::string_view alias) {
    std::string name;
    for (const char c : dns::with_ascii_domain(alias)) {
        if (c > 0x20 && c < 0x7f) {
            name += c;
        } else {
            name += fmt::format("={:02X}", static_cast<unsigned char>(c));
        }
    }
    return name;
}

std::string delivered_to_field(std::string_view alias) { return "Delivered-To: " + delivered_to(alias) + "\r\n"; }

std::string forwarded_to_field(std::string_view address) {
    const std::string written = dns::with_ascii_domain(address);
    return is_path(written, false) ? "X-Forwarded-To: <" + written + ">\r\n" : "";
}

std::size_t return_path_octets(std::string_view beginning) {
    if (!beginning.starts_with("Return-Path: <")) return 0;
    const std::size_t end = beginning.find("\r\n");
    return end == std::string_view::npos ? 0 : end + 2;
}

}  // namespace server::delivery

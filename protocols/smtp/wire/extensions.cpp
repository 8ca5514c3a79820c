// One row per EHLO keyword: when it is offered and what follows it. RFC 5321 §2.2; each row names its extension's RFC.
#include "protocols/smtp/wire/extensions.h"

#include <algorithm>
#include <chrono>

#include "protocols/base/text.h"

namespace smtp::wire {

namespace {

bool always(const Offer&) { return true; }
bool with_starttls(const Offer& offer) { return offer.starttls; }
bool with_dsn(const Offer& offer) { return offer.dsn; }
bool with_requiretls(const Offer& offer) { return offer.requiretls; }
bool with_limits(const Offer& offer) { return offer.max_transactions > 0 && offer.max_recipients > 0; }
bool with_future_release(const Offer& offer) { return offer.future_release_seconds > 0; }
bool with_mechanisms(const Offer& offer) { return !offer.mechanisms.empty(); }

std::string nothing(const Offer&) { return {}; }
std::string size(const Offer& offer) { return " " + std::to_string(offer.max_message_octets); }
std::string mechanisms(const Offer& offer) {
    std::string out;
    for (const std::string_view mechanism : offer.mechanisms) out.append(" ").append(mechanism);
    return out;
}

// RFC 9422: what we refuse beyond. There is no limit of ours on domains.
std::string limits(const Offer& offer) {
    return " MAILMAX=" + std::to_string(offer.max_transactions) + " RCPTMAX=" + std::to_string(offer.max_recipients);
}

// RFC 4865: the longest interval, and the same as a time (RFC 3339).
std::string future_release(const Offer& offer) {
    const std::chrono::sys_seconds at{std::chrono::seconds(offer.future_release_until)};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(at - day);
    const auto part = [](auto number, std::size_t digits) {
        const std::string text = std::to_string(number);
        return std::string(digits - std::min(digits, text.size()), '0') + text;
    };
    return " " + std::to_string(offer.future_release_seconds) + " " + part(static_cast<int>(date.year()), 4) + "-" +
           part(static_cast<unsigned>(date.month()), 2) + "-" + part(static_cast<unsigned>(date.day()), 2) + "T" +
           part(time.hours().count(), 2) + ":" + part(time.minutes().count(), 2) + ":" +
           part(time.seconds().count(), 2) + "Z";
}

struct Extension {
    std::string_view keyword;
    bool (*offered)(const Offer&);
    std::string (*parameters)(const Offer&);
};

constexpr Extension extensions[] = {
    {"PIPELINING", always, nothing},                         // RFC 2920
    {"SIZE", always, size},                                  // RFC 1870
    {"STARTTLS", with_starttls, nothing},                    // RFC 3207
    {"AUTH", with_mechanisms, mechanisms},                   // RFC 4954
    {"ENHANCEDSTATUSCODES", always, nothing},                // RFC 2034
    {"8BITMIME", always, nothing},                           // RFC 6152
    {"BINARYMIME", always, nothing},                         // RFC 3030 §3; needs CHUNKING
    {"SMTPUTF8", always, nothing},                           // RFC 6531
    {"DSN", with_dsn, nothing},                              // RFC 3461
    {"FUTURERELEASE", with_future_release, future_release},  // RFC 4865
    {"REQUIRETLS", with_requiretls, nothing},                // RFC 8689
    {"LIMITS", with_limits, limits},                         // RFC 9422
    {"CHUNKING", always, nothing},                           // RFC 3030
};

void take_size(PeerExtensions& peer, std::string_view parameters) {
    peer.size = true;
    peer.max_message_octets = base::parse_number<std::uint64_t>(base::trim(parameters)).value_or(0);
}

void take_mechanisms(PeerExtensions& peer, std::string_view parameters) {
    while (!(parameters = base::trim(parameters)).empty()) {
        const std::string_view word = parameters.substr(0, parameters.find(' '));
        peer.mechanisms.push_back(base::upper(word));
        parameters.remove_prefix(word.size());
    }
}

// Words of the kind NAME=NUMBER; those that we do not know, or that make no sense, are left out (RFC 9422).
void take_limits(PeerExtensions& peer, std::string_view parameters) {
    while (!(parameters = base::trim(parameters)).empty()) {
        const std::string_view word = parameters.substr(0, parameters.find(' '));
        parameters.remove_prefix(word.size());
        const std::size_t equals = word.find('=');
        if (equals == std::string_view::npos) continue;
        const auto most = base::parse_number<std::uint32_t>(word.substr(equals + 1));
        if (!most || *most == 0) continue;
        const std::string_view name = word.substr(0, equals);
        if (base::iequals(name, "MAILMAX")) peer.max_transactions = *most;
        if (base::iequals(name, "RCPTMAX")) peer.max_recipients = *most;
        if (base::iequals(name, "RCPTDOMAINMAX")) peer.max_recipient_domains = *most;
    }
}

struct PeerKeyword {
    std::string_view keyword;
    void (*take)(PeerExtensions&, std::string_view parameters);
};

constexpr PeerKeyword peer_keywords[] = {
    {"PIPELINING", [](PeerExtensions& peer, std::string_view) { peer.pipelining = true; }},
    {"8BITMIME", [](PeerExtensions& peer, std::string_view) { peer.eight_bit_mime = true; }},
    {"SMTPUTF8", [](PeerExtensions& peer, std::string_view) { peer.smtputf8 = true; }},
    {"CHUNKING", [](PeerExtensions& peer, std::string_view) { peer.chunking = true; }},
    {"DSN", [](PeerExtensions& peer, std::string_view) { peer.dsn = true; }},
    {"STARTTLS", [](PeerExtensions& peer, std::string_view) { peer.starttls = true; }},
    {"REQUIRETLS", [](PeerExtensions& peer, std::string_view) { peer.requiretls = true; }},
    {"SIZE", take_size},
    {"AUTH", take_mechanisms},
    {"LIMITS", take_limits},
};

}  // namespace

Reply ehlo_reply(std::string_view hostname, std::string_view client, const Offer& offer) {
    Reply reply{250, {}, std::string(hostname) + " greets " + std::string(client)};
    for (const Extension& extension : extensions) {
        if (!extension.offered(offer)) continue;
        reply.text.append("\n").append(extension.keyword).append(extension.parameters(offer));
    }
    return reply;
}

PeerExtensions read_ehlo_reply(const Reply& reply) {
    PeerExtensions peer;
    std::string_view rest = reply.text;
    std::size_t end = rest.find('\n');  // the first line is the greeting
    while (end != std::string_view::npos) {
        rest.remove_prefix(end + 1);
        end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        const std::string_view keyword = line.substr(0, line.find(' '));
        for (const PeerKeyword& known : peer_keywords) {
            if (base::iequals(known.keyword, keyword)) known.take(peer, line.substr(keyword.size()));
        }
    }
    return peer;
}

}  // namespace smtp::wire

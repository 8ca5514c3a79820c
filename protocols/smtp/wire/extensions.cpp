// One row per EHLO keyword: when it is offered and what follows it. RFC 5321 §2.2; each row names its extension's RFC.
#include "protocols/smtp/wire/extensions.h"

#include "protocols/base/text.h"

namespace smtp::wire {

namespace {

bool always(const Offer&) { return true; }
bool with_starttls(const Offer& offer) { return offer.starttls; }
bool with_dsn(const Offer& offer) { return offer.dsn; }
bool with_mechanisms(const Offer& offer) { return !offer.mechanisms.empty(); }

std::string nothing(const Offer&) { return {}; }
std::string size(const Offer& offer) { return " " + std::to_string(offer.max_message_octets); }
std::string mechanisms(const Offer& offer) {
    std::string out;
    for (const std::string_view mechanism : offer.mechanisms) out.append(" ").append(mechanism);
    return out;
}

struct Extension {
    std::string_view keyword;
    bool (*offered)(const Offer&);
    std::string (*parameters)(const Offer&);
};

constexpr Extension extensions[] = {
    {"PIPELINING", always, nothing},           // RFC 2920
    {"SIZE", always, size},                    // RFC 1870
    {"STARTTLS", with_starttls, nothing},      // RFC 3207
    {"AUTH", with_mechanisms, mechanisms},     // RFC 4954
    {"ENHANCEDSTATUSCODES", always, nothing},  // RFC 2034
    {"8BITMIME", always, nothing},             // RFC 6152
    {"SMTPUTF8", always, nothing},             // RFC 6531
    {"DSN", with_dsn, nothing},                // RFC 3461
    {"CHUNKING", always, nothing},             // RFC 3030
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
    {"SIZE", take_size},
    {"AUTH", take_mechanisms},
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

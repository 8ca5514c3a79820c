// Verifies and signs what stands in standard input: JSON in, JSON out. test_dkim.py holds it against other programs and
// test suites.
//
// In: [{"verify": MESSAGE, "zone": {NAME: TEXT of a TXT record}, "now", "piece"}, {"sign": MESSAGE, "keys": [{"pem",
// "domain", "selector"}], "now", "piece"}]. MESSAGE is base64; "piece": of how many octets the body's pieces are. Out,
// in turn: {"dkim": [{"verdict", "reason", "domain", "selector", "bits", "note"}], "arc": {"status", "reason",
// "oldest_pass", "sealers"}}, or the fields that sign the message.
#include <cstddef>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/base64.h"
#include "protocols/mailauth/arc_verifier.h"
#include "protocols/mailauth/dkim_signer.h"
#include "protocols/mailauth/dkim_verifier.h"
#include "protocols/mime/header_end.h"
#include "tests/unit/mailauth/dns_table.h"

using nlohmann::json;

namespace {

struct Message {
    std::string octets;
    std::size_t body_offset = 0;

    explicit Message(const json& text)
        : octets(base::decode_base64(text.get<std::string>()).value()),
          body_offset(mime::header_section_octets(octets)) {}

    [[nodiscard]] std::string_view header() const { return std::string_view(octets).substr(0, body_offset); }

    // The body in pieces.
    template <class Feed>
    void flow(std::size_t piece, const Feed& feed) const {
        for (std::size_t at = body_offset; at < octets.size(); at += piece) {
            feed(std::string_view(octets).substr(at, piece));
        }
    }
};

json shown(const mailauth::DkimResult& result) {
    return {{"verdict", to_string(result.verdict)}, {"reason", result.reason},    {"domain", result.domain},
            {"selector", result.selector},          {"bits", result.key_bits},    {"note", result.note()},
            {"algorithm", result.algorithm},        {"identity", result.identity}};
}

json shown(const mailauth::ArcResult& result) {
    json sealers = json::array();
    for (const mailauth::ArcSet& set : result.sets) sealers.push_back(set.sealer);
    return {{"status", to_string(result.status)},
            {"reason", result.reason},
            {"oldest_pass", result.oldest_pass},
            {"sealers", sealers}};
}

json verify(const json& job) {
    const Message message(job.at("verify"));
    DnsTable table;
    for (const auto& [name, text] : job.at("zone").items()) table.add_txt(name, text.get<std::string>());
    const auto now = job.at("now").get<std::int64_t>();
    const mailauth::HeaderFields fields(message.header());
    mailauth::BodyHashes body;
    mailauth::DkimVerifier dkim(fields, body);
    mailauth::ArcVerifier arc(fields, body);
    message.flow(job.at("piece").get<std::size_t>(), [&](std::string_view piece) { body.feed(piece); });
    body.finish();
    json results = json::array();
    for (const mailauth::DkimResult& result : run(dkim.finish(table, now, body))) results.push_back(shown(result));
    return {{"dkim", results}, {"arc", shown(run(arc.finish(table, now, body)))}};
}

json sign(const json& job) {
    const Message message(job.at("sign"));
    std::vector<mailauth::DkimSigningKey> keys;
    for (const json& key : job.at("keys")) {
        keys.push_back({.key = mailauth::DkimPrivateKey::read(key.at("pem").get<std::string>()).value(),
                        .domain = key.at("domain").get<std::string>(),
                        .selector = key.at("selector").get<std::string>()});
    }
    mailauth::DkimSigner signer(message.header());
    message.flow(job.at("piece").get<std::size_t>(), [&](std::string_view piece) { signer.feed(piece); });
    return signer.finish(keys, job.at("now").get<std::int64_t>());
}

}  // namespace

int main() {
    json results = json::array();
    for (const json& job : json::parse(std::cin)) results.push_back(job.contains("sign") ? sign(job) : verify(job));
    std::cout << results.dump(-1, ' ', true) << '\n';
}

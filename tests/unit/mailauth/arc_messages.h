// Messages with ARC sets, for tests: sealed by s1.example, s2.example … with the Ed25519 key of RFC 8463 §A.1.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/base64.h"
#include "protocols/mailauth/dkim_body_hashes.h"
#include "protocols/mailauth/dkim_header_fields.h"
#include "protocols/mailauth/dkim_private_key.h"
#include "protocols/mailauth/dkim_sha256.h"
#include "tests/unit/mailauth/dkim_messages.h"

// The fields of one set, each with its line end, as they were written.
struct SealedSet {
    std::string results;
    std::string message;
    std::string seal;

    [[nodiscard]] std::string text() const { return seal + message + results; }
};

inline std::string sign_for_arc(const mailauth::Sha256& hash) {
    static const mailauth::DkimPrivateKey key = mailauth::DkimPrivateKey::read(rfc8463_ed25519_key).value();
    return base::encode_base64(key.sign(hash.digest()));
}

// The field with its signature; the hash is of what comes before it.
inline std::string signed_for_arc(mailauth::Sha256 hash, const std::string& field) {
    std::string canonical;
    mailauth::append_canonical_field(canonical, field, mailauth::Canonicalization::relaxed);
    hash.update(std::string_view(canonical).substr(0, canonical.size() - 2));
    return field + sign_for_arc(hash) + "\r\n";
}

// A further set for a message with those sets (the first is the oldest). More: tags of the message signature.
inline SealedSet seal_set(const std::vector<SealedSet>& earlier, const std::string& header, const std::string& body,
                          const std::string& more = "", std::string_view status = "") {
    const std::string instance = std::to_string(earlier.size() + 1);
    const std::string common = " i=" + instance + "; a=ed25519-sha256; d=s" + instance + ".example; s=sel; ";
    mailauth::BodyHashes hashes;
    hashes.want(mailauth::Canonicalization::relaxed, std::nullopt);
    hashes.feed(body);
    hashes.finish();
    const std::string body_hash =
        base::encode_base64(hashes.hash(mailauth::Canonicalization::relaxed, std::nullopt).digest);
    SealedSet set{.results = "ARC-Authentication-Results: i=" + instance + "; s" + instance + ".example; spf=pass\r\n"};
    mailauth::Sha256 of_message;
    const std::vector<std::string> names = {"from", "subject"};
    mailauth::hash_fields(of_message, mailauth::HeaderFields(header), names, mailauth::Canonicalization::relaxed);
    set.message = signed_for_arc(of_message, "ARC-Message-Signature:" + common + "c=relaxed/relaxed; h=from:subject; " +
                                                 more + "bh=" + body_hash + "; b=");
    if (status.empty()) status = earlier.empty() ? "none" : "pass";
    mailauth::Sha256 of_sets;
    std::vector<SealedSet> all = earlier;
    all.push_back(set);
    for (const SealedSet& one : all) {
        std::string canonical;
        for (const std::string& field : {one.results, one.message, one.seal}) {
            if (!field.empty()) {
                mailauth::append_canonical_field(canonical, field, mailauth::Canonicalization::relaxed);
            }
        }
        of_sets.update(canonical);
    }
    set.seal = signed_for_arc(of_sets, "ARC-Seal:" + common + "cv=" + std::string(status) + "; b=");
    return set;
}

// So many sets of an unchanged message.
inline std::vector<SealedSet> seal_chain(std::size_t count, const std::string& header, const std::string& body) {
    std::vector<SealedSet> sets;
    while (sets.size() < count) sets.push_back(seal_set(sets, header, body));
    return sets;
}

// As in a message: the newest on top.
inline std::string text_of_sets(const std::vector<SealedSet>& sets) {
    std::string text;
    for (const SealedSet& set : sets) text.insert(0, set.text());
    return text;
}

inline DnsTable arc_dns(std::size_t count) {
    DnsTable table;
    for (std::size_t i = 1; i <= count; ++i) {
        table.add_txt("sel._domainkey.s" + std::to_string(i) + ".example", std::string(rfc8463_ed25519_record));
    }
    return table;
}

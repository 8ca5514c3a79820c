#include "protocols/mailauth/arc_verifier.h"

#include <algorithm>
#include <expected>
#include <utility>

#include "protocols/mailauth/dkim_key_search.h"
#include "protocols/mailauth/dkim_sha256.h"
#include "protocols/mailauth/dkim_signed_fields.h"

namespace mailauth {

namespace {

// Why the signature does not hold; empty: it does.
asio::awaitable<std::string> fault_of(DkimKeySearch& keys, const DkimSignature& signature, std::string_view digest) {
    const std::expected<std::vector<std::string>, DkimFault> records =
        co_await keys.find(signature.selector, signature.domain);
    if (!records) co_return records.error().reason;
    co_return judge_signature(signature, digest, *records).reason;
}

bool has_body_of(const DkimSignature& signature, const BodyHashes& body) {
    const BodyHash hash = body.hash(signature.body_form, signature.body_limit);
    return hash.has_all_octets && hash.digest == signature.body_hash;
}

void fail_chain(ArcResult& result, std::string reason) {
    result.status = ChainStatus::fail;
    result.reason = std::move(reason);
}

std::string seal_of(std::size_t instance) { return "ARC-Seal of set " + std::to_string(instance) + ": "; }

}  // namespace

std::string_view to_string(ChainStatus status) {
    switch (status) {
        case ChainStatus::none:
            return "none";
        case ChainStatus::pass:
            return "pass";
        case ChainStatus::fail:
            return "fail";
    }
    return "none";
}

ArcVerifier::ArcVerifier(const HeaderFields& fields, BodyHashes& body) {
    const std::expected<std::vector<ArcFields>, std::string> chain = collect_arc_sets(fields);
    if (!chain) {
        fail_chain(result_, chain.error());
    } else if (!chain->empty() && !fields.complete()) {
        fail_chain(result_, "the message has too many header fields");
    } else if (!chain->empty()) {
        result_.status = ChainStatus::pass;  // until something is found to be wrong
        add_sets(*chain);
        hash_seals(*chain);
        hash_messages(*chain, fields, body);
    }
}

void ArcVerifier::add_sets(const std::vector<ArcFields>& chain) {
    for (const ArcFields& set : chain) {
        const std::optional<ArcAuthenticationResults> results = parse_arc_authentication_results(set.results.value);
        result_.sets.push_back({.sealer = set.seal_signature.domain,
                                .selector = set.seal_signature.selector,
                                .message_domain = set.message_signature.domain,
                                .authentication_results = std::string(results->payload)});
    }
}

// A seal is of all sets up to its own, each in the same order, all relaxed. RFC 8617 §5.1.1.
void ArcVerifier::hash_seals(const std::vector<ArcFields>& chain) {
    Sha256 earlier;
    for (const ArcFields& set : chain) {
        std::string canonical;
        append_canonical_field(canonical, set.results.text, Canonicalization::relaxed);
        append_canonical_field(canonical, set.message.text, Canonicalization::relaxed);
        earlier.update(canonical);
        Sha256 own(earlier);
        own.update(without_signature(set.seal.text, set.seal_signature.written_signature, Canonicalization::relaxed));
        seals_.push_back({.signature = set.seal_signature, .digest = own.digest()});
        seals_.back().signature.written_signature = {};
        canonical.clear();
        append_canonical_field(canonical, set.seal.text, Canonicalization::relaxed);
        earlier.update(canonical);
    }
}

void ArcVerifier::hash_messages(const std::vector<ArcFields>& chain, const HeaderFields& fields, BodyHashes& body) {
    const std::size_t count = std::min(chain.size(), most_message_signatures);
    for (std::size_t i = 0; i < count; ++i) {
        const ArcFields& set = chain[chain.size() - 1 - i];
        const DkimSignature& signature = set.message_signature;
        messages_.push_back({.signature = signature, .digest = digest_of_fields(fields, signature, set.message.text)});
        messages_.back().signature.written_signature = {};
        body.want(signature.body_form, signature.body_limit);
    }
    result_.covers_from = signs_every_from(fields, messages_.front().signature);
}

asio::awaitable<ArcResult> ArcVerifier::finish(dns::Source& source, std::int64_t now, const BodyHashes& body) {
    DkimKeySearch keys(source);
    if (result_.status == ChainStatus::pass) co_await check_message(keys, now, body);
    if (result_.status == ChainStatus::pass) co_await check_seals(keys);
    if (result_.status == ChainStatus::pass) co_await find_oldest_pass(keys, body);
    co_return std::move(result_);
}

// Step 4: the newest message signature.
asio::awaitable<void> ArcVerifier::check_message(DkimKeySearch& keys, std::int64_t now, const BodyHashes& body) {
    const auto& [signature, digest] = messages_.front();
    result_.unsigned_octets = body.hash(signature.body_form, signature.body_limit).octets_after;
    std::string fault = fault_of_time(signature, now);
    if (fault.empty() && !has_body_of(signature, body)) fault = "the body was changed";
    if (fault.empty()) fault = co_await fault_of(keys, signature, digest);
    if (fault.empty()) co_return;
    fail_chain(result_, "ARC-Message-Signature of set " + std::to_string(seals_.size()) + ": " + fault);
}

// Step 6: the seals, the newest first.
asio::awaitable<void> ArcVerifier::check_seals(DkimKeySearch& keys) {
    for (std::size_t instance = seals_.size(); instance > 0; --instance) {
        const auto& [signature, digest] = seals_[instance - 1];
        const std::string fault = co_await fault_of(keys, signature, digest);
        if (fault.empty()) continue;
        fail_chain(result_, seal_of(instance) + fault);
        co_return;
    }
}

// Step 5, which changes nothing of the chain: how far back the message is unchanged.
asio::awaitable<void> ArcVerifier::find_oldest_pass(DkimKeySearch& keys, const BodyHashes& body) {
    std::size_t unchanged = 1;
    for (; unchanged < messages_.size(); ++unchanged) {
        const auto& [signature, digest] = messages_[unchanged];
        if (!has_body_of(signature, body)) break;
        const std::string fault = co_await fault_of(keys, signature, digest);
        if (!fault.empty()) break;
    }
    result_.oldest_pass = unchanged == seals_.size() ? 0 : seals_.size() - unchanged + 1;
}

}  // namespace mailauth

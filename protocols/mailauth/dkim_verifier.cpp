#include "protocols/mailauth/dkim_verifier.h"

#include <algorithm>
#include <expected>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mailauth/dkim_key_search.h"
#include "protocols/mailauth/dkim_public_key.h"
#include "protocols/mailauth/dkim_signed_fields.h"
#include "protocols/mailauth/domain_name.h"

namespace mailauth {

namespace {

void decide(DkimResult& result, DkimVerdict verdict, std::string reason) {
    result.verdict = verdict;
    result.reason = std::move(reason);
}

// What can be said without a key; true: more cannot be said.
bool is_decided_by_message(DkimResult& result, const DkimSignature& signature, const BodyHashes& body,
                           std::int64_t now) {
    const BodyHash hash = body.hash(signature.body_form, signature.body_limit);
    result.unsigned_octets = hash.octets_after;
    if (std::string fault = fault_of_time(signature, now); !fault.empty()) {
        decide(result, DkimVerdict::policy, std::move(fault));
    } else if (!hash.has_all_octets) {
        decide(result, DkimVerdict::fail, "the body is shorter than l=");
    } else if (hash.digest != signature.body_hash) {
        decide(result, DkimVerdict::fail, "the body was changed");
    } else {
        return false;
    }
    return true;
}

}  // namespace

std::string DkimResult::note() const {
    std::string note;
    const auto add = [&note](const std::string& text) { note += (note.empty() ? "" : ", ") + text; };
    if (algorithm.starts_with("rsa") && key_bits != 0 && key_bits < good_rsa_bits) {
        add(std::to_string(key_bits) + "-bit key");
    }
    if (is_testing) add("key for tests");
    if (unsigned_octets > 0) add(std::to_string(unsigned_octets) + " octets of the body are not signed");
    if (verdict == DkimVerdict::pass && !covers_from) add("not every From is signed");
    return note;
}

DkimVerifier::DkimVerifier(const HeaderFields& fields, BodyHashes& body, std::size_t max_signatures) {
    for (const HeaderFields::Field& field : fields.named("dkim-signature")) {
        if (candidates_.size() == max_signatures) {
            ++ignored_;
            continue;
        }
        candidates_.push_back(read(fields, field, body));
    }
}

DkimVerifier::Candidate DkimVerifier::read(const HeaderFields& fields, const HeaderFields::Field& field,
                                           BodyHashes& body) const {
    DkimNames names = dkim_names(field.value);
    Candidate candidate{.result = {.verdict = DkimVerdict::temperror,
                                   .reason = "the DNS did not answer in time",
                                   .domain = std::move(names.domain),
                                   .selector = std::move(names.selector),
                                   .algorithm = std::move(names.algorithm),
                                   .signature_start = std::move(names.signature_start)}};
    std::expected<DkimSignature, DkimFault> signature = parse_dkim_signature(field.value);
    if (!signature) {
        decide(candidate.result, signature.error().verdict, signature.error().reason);
    } else if (!fields.complete()) {
        decide(candidate.result, DkimVerdict::permerror, "the message has too many header fields");
    } else {
        candidate.digest = digest_of_fields(fields, *signature, field.text);
        candidate.result.identity = signature->identity;
        candidate.result.covers_from = signs_every_from(fields, *signature);
        body.want(signature->body_form, signature->body_limit);
        candidate.signature = std::move(*signature);
        candidate.signature.written_signature = {};
    }
    return candidate;
}

std::vector<std::string> DkimVerifier::key_names(std::size_t most) const {
    std::vector<std::string> names;
    for (const Candidate& candidate : candidates_) {
        if (candidate.digest.empty() || names.size() == most) continue;
        std::string name = key_name(candidate.signature.selector, candidate.signature.domain);
        if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    }
    return names;
}

std::vector<DkimVerifier::Candidate*> DkimVerifier::in_turn(const std::vector<std::string>& authors) {
    std::vector<Candidate*> first;
    std::vector<Candidate*> others;
    for (Candidate& candidate : candidates_) {
        // Roughly: what has the same two last labels may have the same Organizational Domain.
        const bool is_authors = std::ranges::any_of(authors, [&](const std::string& author) {
            return base::iequals(last_labels(author, 2), last_labels(candidate.result.domain, 2));
        });
        (is_authors ? first : others).push_back(&candidate);
    }
    first.insert(first.end(), others.begin(), others.end());
    return first;
}

std::vector<DkimResult> DkimVerifier::so_far() const {
    std::vector<DkimResult> results;
    for (const Candidate& candidate : candidates_) results.push_back(candidate.result);
    return results;
}

asio::awaitable<std::vector<DkimResult>> DkimVerifier::finish(dns::Source& source, std::int64_t now,
                                                              const BodyHashes& body,
                                                              const std::vector<std::string>& authors) {
    DkimKeySearch keys(source);
    for (Candidate* candidate : in_turn(authors)) {
        const DkimSignature& signature = candidate->signature;
        DkimResult& result = candidate->result;
        if (candidate->digest.empty() || is_decided_by_message(result, signature, body, now)) continue;
        const std::expected<std::vector<std::string>, DkimFault> records =
            co_await keys.find(signature.selector, signature.domain);
        if (!records) {
            decide(result, records.error().verdict, records.error().reason);
        } else {
            DkimJudgement judgement = judge_signature(signature, candidate->digest, *records);
            result.key_bits = judgement.key_bits;
            result.is_testing = judgement.is_testing;
            decide(result, judgement.verdict, std::move(judgement.reason));
        }
    }
    co_return so_far();
}

}  // namespace mailauth

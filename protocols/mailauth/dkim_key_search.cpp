#include "protocols/mailauth/dkim_key_search.h"

#include <cstddef>
#include <utility>
#include <variant>

#include "protocols/mailauth/domain_name.h"

namespace mailauth {

namespace {

constexpr int most_keys_unanswered = 3;
constexpr std::size_t most_key_records = 4;  // RFC 6376 §3.6.2.2: there should be one

// t=s: the identity's domain is d= itself. RFC 6376 §3.6.1.
bool has_identity_below(const DkimSignature& signature) {
    const std::size_t at = signature.identity.rfind('@');
    return at != std::string::npos && signature.identity.substr(at + 1) != signature.domain;
}

DkimJudgement judge_with(const DkimSignature& signature, std::string_view digest, std::string_view key_record) {
    const std::expected<DkimKeyRecord, DkimFault> record = parse_dkim_key_record(key_record);
    if (!record) return {.verdict = record.error().verdict, .reason = record.error().reason};
    const std::expected<DkimKey, DkimFault> key = load_dkim_key(*record, signature.algorithm);
    DkimJudgement judgement{.is_testing = record->is_testing};
    if (!key) {
        judgement.reason = key.error().reason;
        return judgement;
    }
    judgement.key_bits = key->bits;
    if (record->is_strict && has_identity_below(signature)) {
        judgement.reason = "the key does not allow i= below d=";
    } else if (is_signature(*key, signature.algorithm, signature.signature, digest)) {
        judgement.verdict = DkimVerdict::pass;
    } else {
        judgement.verdict = DkimVerdict::fail;
        judgement.reason = "the signature is not that of the header";
    }
    return judgement;
}

}  // namespace

std::string key_name(std::string_view selector, std::string_view domain) {
    return std::string(selector) + "._domainkey." + std::string(domain);
}

asio::awaitable<std::expected<std::vector<std::string>, DkimFault>> DkimKeySearch::find(std::string selector,
                                                                                        std::string domain) {
    const std::string name = key_name(selector, domain);
    if (!can_be_asked(name)) {
        co_return std::unexpected(
            DkimFault{.verdict = DkimVerdict::permerror, .reason = "the key's name is too long for the DNS"});
    }
    if (unanswered_ == most_keys_unanswered) {
        co_return std::unexpected(
            DkimFault{.verdict = DkimVerdict::temperror, .reason = "not asked for, since other keys had no answer"});
    }
    const dns::Answer<dns::Txt> answer = co_await source_.txt(name);
    if (const std::string* why = dns_error(answer)) {
        ++unanswered_;
        co_return std::unexpected(
            DkimFault{.verdict = DkimVerdict::temperror, .reason = "no answer for the key: " + *why});
    }
    const auto* found = std::get_if<dns::Found<dns::Txt>>(&answer);
    if (found == nullptr || found->records.empty()) {
        co_return std::unexpected(DkimFault{.verdict = DkimVerdict::permerror, .reason = "there is no key at " + name});
    }
    std::vector<std::string> texts;
    for (const dns::Txt& record : found->records) {
        if (texts.size() < most_key_records) texts.push_back(record.text);
    }
    co_return texts;
}

DkimJudgement judge_signature(const DkimSignature& signature, std::string_view digest,
                              const std::vector<std::string>& key_records) {
    DkimJudgement judgement{.reason = "there is no key"};
    for (const std::string& record : key_records) {
        DkimJudgement next = judge_with(signature, digest, record);
        // A record that is none, or for something else, says nothing where another one is a key.
        if (judgement.verdict == DkimVerdict::fail && next.verdict == DkimVerdict::permerror) continue;
        judgement = std::move(next);
        if (judgement.verdict == DkimVerdict::pass) break;
    }
    return judgement;
}

}  // namespace mailauth

#include "server/queue/signing.h"

#include <stdexcept>

#include "protocols/dns/resolver.h"
#include "protocols/mime/address.h"
#include "protocols/mime/header.h"
#include "storage/dkim_keys.h"
#include "storage/normal_names.h"
#include "storage/store_await.h"

namespace server::queue {
namespace {

constexpr std::int64_t keys_kept = 10;  // seconds: a withdrawn key signs no longer than that
constexpr std::size_t most_domains_kept = 1'000;
constexpr std::int64_t forms_kept = 900;        // seconds
constexpr std::size_t most_forms_kept = 1'000;  // of about 1 KiB
constexpr std::size_t most_changes_kept = 100;  // of one message

SigningKeys usable_keys(const std::vector<storage::DkimKey>& stored) {
    SigningKeys keys;
    for (const storage::DkimKey& one : stored) {
        auto key = mailauth::DkimPrivateKey::read(one.private_key);
        const auto domain = dns::to_a_labels(one.domain);
        if (key && domain) keys.push_back({*std::move(key), *domain, one.selector});
    }
    return keys;
}

std::string domain_of(std::string_view address) {
    const std::size_t at = address.rfind('@');
    return at == std::string_view::npos ? std::string() : std::string(address.substr(at + 1));
}

}  // namespace

SigningCandidates signing_candidates(const storage::QueueMessage& message, std::string_view header_section) {
    SigningCandidates found;
    if (const auto from = mime::find_field(header_section, "From")) {
        if (const auto author = mime::parse_mailbox(from->value)) found.from = author->local + "@" + author->domain;
    }
    found.reverse = domain_of(message.reverse_path);
    return found;
}

Signing::Signing(storage::Store& store, services::Directory& directory, net::WorkerPool* compute,
                 std::function<std::int64_t()> now)
    : store_(store), directory_(directory), compute_(compute), now_(std::move(now)) {}

asio::awaitable<std::shared_ptr<const SigningKeys>> Signing::keys_of(std::string domain) {
    const auto normal = storage::normal_domain(domain);
    if (!normal) co_return std::make_shared<const SigningKeys>();
    const std::int64_t now = now_();
    const auto known = keys_.find(*normal);
    if (known != keys_.end() && now - known->second.read_at < keys_kept) co_return known->second.keys;
    const storage::Result<std::vector<storage::DkimKey>> stored =
        co_await store_.read(storage::find_signing_keys(*normal));
    if (!stored) throw std::runtime_error("the keys that sign cannot be read: " + stored.error().text);
    auto keys = std::make_shared<const SigningKeys>(usable_keys(*stored));
    if (keys_.size() >= most_domains_kept) keys_.clear();
    keys_[*normal] = {keys, now};
    co_return keys;
}

// Of the domain, or the nearest one above it: notices come from the host's name.
asio::awaitable<std::shared_ptr<const SigningKeys>> Signing::keys_of_nearest(std::string domain) {
    for (;;) {
        std::shared_ptr<const SigningKeys> keys = co_await keys_of(domain);
        const std::size_t dot = domain.find('.');
        if (!keys->empty() || dot == std::string::npos) co_return keys;
        domain.erase(0, dot + 1);
    }
}

asio::awaitable<std::shared_ptr<const SigningKeys>> Signing::keys_for(const storage::QueueMessage& message,
                                                                      std::string_view header_section) {
    std::shared_ptr<const SigningKeys> keys = std::make_shared<const SigningKeys>();
    if (!message.signing_domain.empty()) {
        keys = co_await keys_of(message.signing_domain);
        co_return keys;
    }
    const SigningCandidates candidates = signing_candidates(message, header_section);
    const std::string from_domain = domain_of(candidates.from);
    if (!from_domain.empty()) {
        const bool made_here = message.account == storage::AccountId{};
        keys = made_here ? co_await keys_of_nearest(from_domain) : co_await keys_of(from_domain);
        bool may = made_here;
        if (!keys->empty() && !may) {
            const storage::Result<bool> allowed = co_await directory_.may_send_as(message.account, candidates.from);
            may = allowed && *allowed;
        }
        if (!keys->empty() && may) co_return keys;
    }
    keys = co_await keys_of(candidates.reverse);
    co_return keys;
}

asio::awaitable<std::string> Signing::sign(mailauth::DkimSigner signer, std::shared_ptr<const SigningKeys> keys) {
    struct Work {
        mailauth::DkimSigner signer;
        std::shared_ptr<const SigningKeys> keys;
        std::string fields;
    };
    const auto work = std::make_shared<Work>(Work{std::move(signer), std::move(keys), {}});
    net::WorkerPool::Slice slice = [work, now = now_()] {
        work->fields = work->signer.finish(*work->keys, now);
        return false;
    };
    if (compute_ == nullptr) {
        slice();
    } else {
        net::WorkerPool::Party party = {"dkim"};
        co_await compute_->complete(std::move(party), std::move(slice));
    }
    co_return std::move(work->fields);
}

std::shared_ptr<const SignedForm> Signing::find(FormId id) const {
    const auto known = forms_.find(id);
    if (known == forms_.end() || now_() - known->second.at >= forms_kept) return nullptr;
    return known->second.form;
}

void Signing::remember(FormId id, SignedForm form) {
    if (form.changes.size() > most_changes_kept) return;
    if (forms_.size() >= most_forms_kept) {
        forms_.erase(remembered_.front());
        remembered_.pop_front();
    }
    const bool fresh =
        forms_.insert_or_assign(id, Remembered{std::make_shared<const SignedForm>(std::move(form)), now_()}).second;
    if (fresh) remembered_.push_back(id);
}

}  // namespace server::queue

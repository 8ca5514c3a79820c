// Flattened JWS (RFC 7515 §7.2.2) over https.
#include "server/acme/authority.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <variant>

#include "protocols/base/base64.h"
#include "protocols/base/text.h"
#include "protocols/mime/date_time.h"
#include "storage/store_await.h"

namespace server::acme {

namespace {

using nlohmann::json;

constexpr std::int64_t directory_counts_for = 3'600;  // seconds
constexpr std::size_t nonces_most = 10;
constexpr int rounds_most = 10;  // of one request whose nonces are not taken
constexpr std::size_t response_octets_most = 256u << 10;
constexpr std::int64_t retry_after_most = 7 * std::int64_t{86'400};

std::string account_payload(const std::string& email) {
    json payload{{"termsOfServiceAgreed", true}};
    if (!email.empty()) payload["contact"] = {"mailto:" + email};
    return payload.dump();
}

template <class Address>
void add_addresses(const dns::Answer<Address>& answer, std::vector<asio::ip::address>& into) {
    const auto* found = std::get_if<dns::Found<Address>>(&answer);
    if (found == nullptr) return;
    into.insert(into.end(), found->records.begin(), found->records.end());
}

// Why the DNS cannot be asked, or must not be believed; empty: it has answered.
template <class Record>
std::string fault_of(const dns::Answer<Record>& answer) {
    if (const auto* bogus = std::get_if<dns::Bogus>(&answer)) return "DNSSEC: " + bogus->why;
    if (const auto* none = std::get_if<dns::Unavailable>(&answer)) return none->why;
    return {};
}

}  // namespace

Trouble trouble(std::string text) { return {.text = std::move(text)}; }

std::string host_of(const std::string& url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) return {};
    std::string host = url.substr(scheme + 3, url.find_first_of("/?#", scheme + 3) - scheme - 3);
    if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
    host.erase(std::min(host.find(':'), host.size()));
    return base::lower(host);
}

Authority::Authority(https::Fetcher& fetcher, dns::Source& dns, storage::Store& store, AuthorityOptions options,
                     Clock now)
    : fetcher_(fetcher), dns_(dns), store_(store), options_(std::move(options)), now_(std::move(now)) {}

// A name that the DNS does not know may stand in this machine's hosts file: that is libcurl's to find.
asio::awaitable<Outcome<std::vector<asio::ip::address>>> Authority::addresses_of(std::string host) {
    std::vector<asio::ip::address> addresses;
    std::error_code no_literal;
    static_cast<void>(asio::ip::make_address(host, no_literal));
    if (!no_literal || host.empty() || host == "localhost") co_return addresses;
    const dns::Answer<asio::ip::address_v4> v4 = co_await dns_.a(host);
    const dns::Answer<asio::ip::address_v6> v6 = co_await dns_.aaaa(host);
    add_addresses(v6, addresses);
    add_addresses(v4, addresses);
    if (!addresses.empty()) co_return addresses;
    for (const std::string& fault : {fault_of(v4), fault_of(v6)}) {
        if (!fault.empty()) co_return std::unexpected(trouble(host + ": no address: " + fault));
    }
    co_return addresses;
}

asio::awaitable<Outcome<https::Response>> Authority::fetch(https::Request request) {
    Outcome<std::vector<asio::ip::address>> addresses = co_await addresses_of(host_of(request.url));
    if (!addresses) co_return std::unexpected(addresses.error());
    request.addresses = std::move(*addresses);
    request.trusted = options_.trusted;
    request.max_octets = response_octets_most;
    request.party = "acme";
    const std::string what = host_of(request.url);
    https::Outcome outcome = co_await fetcher_.fetch(std::move(request));
    if (!outcome) {
        co_return std::unexpected(Trouble{.text = what + ": " + outcome.error().text,
                                          .stopped = outcome.error().fault == https::Fault::stopped});
    }
    keep_nonce(*outcome);
    co_return std::move(*outcome);
}

void Authority::keep_nonce(const https::Response& response) {
    const std::string_view nonce = response.header("replay-nonce");
    if (!nonce.empty() && nonces_.size() < nonces_most) nonces_.emplace_back(nonce);
}

// RFC 9110 §10.2.3: seconds, or a date.
std::int64_t Authority::retry_after_of(const https::Response& response) const {
    const std::string_view text = response.header("retry-after");
    if (text.empty()) return 0;
    if (const auto seconds = base::parse_number<std::uint32_t>(text)) {
        return std::min<std::int64_t>(*seconds, retry_after_most);
    }
    const auto date = mime::parse_date_time(text);
    return date ? std::clamp<std::int64_t>(date->unix_seconds - now_(), 0, retry_after_most) : 0;
}

Trouble Authority::trouble_of(const https::Response& response) const {
    Trouble found{.retry_after = retry_after_of(response)};
    const Read<Problem> problem = read_problem(response.body);
    if (problem && !problem->type.empty()) {
        found.text = text_of(*problem);
        found.type = problem->type;
    } else {
        found.text = "the ACME server answers with status " + std::to_string(response.status);
    }
    return found;
}

asio::awaitable<Outcome<Directory>> Authority::directory() {
    if (directory_ && now_() - directory_read_at_ < directory_counts_for && now_() >= directory_read_at_) {
        co_return *directory_;
    }
    const Outcome<https::Response> response = co_await fetch({.url = options_.directory});
    if (!response) co_return std::unexpected(response.error());
    if (response->status != 200) co_return std::unexpected(trouble_of(*response));
    Read<Directory> read = read_directory(response->body);
    if (!read) co_return std::unexpected(trouble("the ACME server's directory: " + read.error()));
    directory_ = std::move(*read);
    directory_read_at_ = now_();
    co_return *directory_;
}

asio::awaitable<Outcome<std::string>> Authority::nonce() {
    if (nonces_.empty()) {
        const Outcome<Directory> urls = co_await directory();
        if (!urls) co_return std::unexpected(urls.error());
        const Outcome<https::Response> response = co_await fetch({.method = "HEAD", .url = urls->new_nonce});
        if (!response) co_return std::unexpected(response.error());
        if (nonces_.empty()) co_return std::unexpected(trouble("the ACME server gives no nonce"));
    }
    std::string nonce = std::move(nonces_.back());
    nonces_.pop_back();
    co_return nonce;
}

std::string Authority::signed_body(const std::string& url, const std::string& payload, const std::string& kid,
                                   const std::string& nonce) const {
    json header{{"alg", "ES256"}, {"nonce", nonce}, {"url", url}};
    if (kid.empty()) {
        header["jwk"] = json::parse(key_->jwk());
    } else {
        header["kid"] = kid;
    }
    const std::string header64 = base::encode_base64url(header.dump(-1, ' ', false, json::error_handler_t::replace));
    const std::string payload64 = base::encode_base64url(payload);
    const json body{{"protected", header64},
                    {"payload", payload64},
                    {"signature", base::encode_base64url(key_->sign(header64 + "." + payload64))}};
    return body.dump();
}

asio::awaitable<Outcome<Authority::Reply>> Authority::signed_post(std::string url, std::string payload,
                                                                  std::string kid) {
    Trouble last;
    for (int round = 0; round < rounds_most; ++round) {
        const Outcome<std::string> fresh = co_await nonce();
        if (!fresh) co_return std::unexpected(fresh.error());
        https::Request request{.method = "POST", .url = url};
        request.headers = {{"Content-Type", "application/jose+json"}};
        request.body = signed_body(url, payload, kid, *fresh);
        const Outcome<https::Response> response = co_await fetch(std::move(request));
        if (!response) co_return std::unexpected(response.error());
        if (response->status < 400) {
            co_return Reply{.status = response->status,
                            .location = std::string(response->header("location")),
                            .retry_after = retry_after_of(*response),
                            .body = response->body};
        }
        last = trouble_of(*response);
        if (last.type != "badNonce") break;
    }
    co_return std::unexpected(last);
}

asio::awaitable<std::optional<Trouble>> Authority::make_account() {
    if (key_ && !account_.url.empty()) co_return std::nullopt;
    storage::Result<std::optional<storage::AcmeAccount>> kept =
        co_await store_.read(storage::find_acme_account(options_.directory));
    if (!kept) co_return trouble(kept.error().text);
    account_ = kept->value_or(storage::AcmeAccount{.directory = options_.directory, .url = {}, .key_pem = {}});
    if (account_.key_pem.empty()) {
        // Kept before the server hears of it: an answer that is lost costs no second account.
        account_.key_pem = make_key(KeyKind::ecdsa);
        storage::Operation<std::monostate> put = storage::put_acme_account(account_);
        const storage::Result<std::monostate> stored = co_await store_.write(std::move(put));
        if (!stored) co_return trouble(stored.error().text);
    }
    key_.emplace(account_.key_pem);
    if (!account_.url.empty()) co_return std::nullopt;
    const Outcome<Directory> urls = co_await directory();
    if (!urls) co_return urls.error();
    if (urls->needs_external_account) {
        co_return trouble(
            "the ACME server asks for an account made elsewhere (external account binding), which "
            "Mailstead cannot name");
    }
    const Outcome<Reply> made = co_await signed_post(urls->new_account, account_payload(options_.email), "");
    if (!made) co_return made.error();
    if (made->location.empty()) co_return trouble("the ACME server does not name the account");
    account_.url = made->location;
    storage::Operation<std::monostate> put = storage::put_acme_account(account_);
    const storage::Result<std::monostate> stored = co_await store_.write(std::move(put));
    if (!stored) co_return trouble(stored.error().text);
    co_return std::nullopt;
}

// The server does not know it any more: the key asks for it again.
asio::awaitable<void> Authority::forget_account() {
    account_.url.clear();
    storage::Operation<std::monostate> put = storage::put_acme_account(account_);
    const storage::Result<std::monostate> stored = co_await store_.write(std::move(put));
    if (!stored) throw std::runtime_error(stored.error().text);
}

asio::awaitable<Outcome<Authority::Reply>> Authority::post(std::string url, std::string payload) {
    const std::optional<Trouble> no_account = co_await make_account();
    if (no_account) co_return std::unexpected(*no_account);
    Outcome<Reply> reply = co_await signed_post(url, payload, account_.url);
    if (!reply && reply.error().type == "accountDoesNotExist") co_await forget_account();
    co_return reply;
}

asio::awaitable<Outcome<std::string>> Authority::key_authorization_for(std::string token) {
    const std::optional<Trouble> no_account = co_await make_account();
    if (no_account) co_return std::unexpected(*no_account);
    co_return key_authorization(token, *key_);
}

asio::awaitable<Outcome<Authority::Window>> Authority::renewal_window(std::string renewal_id) {
    const Outcome<Directory> urls = co_await directory();
    if (!urls) co_return std::unexpected(urls.error());
    if (urls->renewal_info.empty() || renewal_id.empty()) co_return Window{};
    const Outcome<https::Response> response = co_await fetch({.url = urls->renewal_info + "/" + renewal_id});
    if (!response) co_return std::unexpected(response.error());
    if (response->status != 200) co_return std::unexpected(trouble_of(*response));
    Read<RenewalWindow> read = read_renewal_window(response->body);
    if (!read) co_return std::unexpected(trouble("the ACME server's renewal information: " + read.error()));
    co_return Window{.window = std::move(*read), .retry_after = retry_after_of(*response)};
}

}  // namespace server::acme

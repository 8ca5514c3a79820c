// The conversation with an ACME server: directory, nonces, our account, signed requests. RFC 8555 §6, §7.1 to §7.3.
// What is asked for, and in which order, is order.h's. Belongs to one coroutine at a time, on any thread.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "protocols/dns/source.h"
#include "protocols/https/fetcher.h"
#include "server/acme/keys.h"
#include "server/acme/wire/messages.h"
#include "storage/acme.h"
#include "storage/store.h"

namespace server::acme {

// Why something was not obtained.
struct Trouble {
    std::string text;              // one line, for people
    std::string type{};            // of the server's problem (RFC 8555 §6.7); empty: it is none of the server's
    std::int64_t retry_after = 0;  // the server's wish, in seconds; 0: none
    bool stopped = false;          // we end: nothing has failed
};
// One of which no problem document tells.
Trouble trouble(std::string text);
template <class T>
using Outcome = std::expected<T, Trouble>;

struct AuthorityOptions {
    std::string directory;  // URL
    std::string trusted{};  // PEM file of authorities; empty: the system's
    std::string email{};    // for the account; empty: none
};

class Authority {
  public:
    using Clock = std::function<std::int64_t()>;  // Unix seconds
    Authority(https::Fetcher& fetcher, dns::Source& dns, storage::Store& store, AuthorityOptions options, Clock now);

    struct Reply {
        int status = 0;
        std::string location;
        std::int64_t retry_after = 0;  // seconds; 0: none
        std::string body;
    };
    // A signed request of our account, which is made if there is none yet. An empty payload only reads ("POST-as-GET",
    // RFC 8555 §6.3). Answers of 4xx and 5xx are Trouble; a nonce that is not taken costs another round (§6.5).
    asio::awaitable<Outcome<Reply>> post(std::string url, std::string payload);

    asio::awaitable<Outcome<Directory>> directory();
    // For key authorizations; makes the account, too.
    asio::awaitable<Outcome<std::string>> key_authorization_for(std::string token);

    struct Window {
        std::optional<RenewalWindow> window;  // nothing: the server offers none
        std::int64_t retry_after = 0;         // seconds; 0: none
    };
    asio::awaitable<Outcome<Window>> renewal_window(std::string renewal_id);

  private:
    asio::awaitable<Outcome<https::Response>> fetch(https::Request request);
    asio::awaitable<Outcome<std::vector<asio::ip::address>>> addresses_of(std::string host);
    asio::awaitable<Outcome<std::string>> nonce();
    asio::awaitable<std::optional<Trouble>> make_account();
    asio::awaitable<Outcome<Reply>> signed_post(std::string url, std::string payload, std::string kid);
    asio::awaitable<void> forget_account();
    std::string signed_body(const std::string& url, const std::string& payload, const std::string& kid,
                            const std::string& nonce) const;
    void keep_nonce(const https::Response& response);
    Trouble trouble_of(const https::Response& response) const;
    std::int64_t retry_after_of(const https::Response& response) const;

    https::Fetcher& fetcher_;
    dns::Source& dns_;
    storage::Store& store_;
    const AuthorityOptions options_;
    const Clock now_;
    std::optional<Directory> directory_;
    std::int64_t directory_read_at_ = 0;
    std::vector<std::string> nonces_;
    std::optional<jose::P256Key> key_;
    storage::AcmeAccount account_;
};

// The host in a URL, without port and brackets; empty if there is none.
std::string host_of(const std::string& url);

}  // namespace server::acme

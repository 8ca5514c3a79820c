// Answers to an ACME server's challenges (RFC 8555 §8): in the store, where every server's http door finds those of
// HTTP-01; in the TLS settings (TLS-ALPN-01); in the DNS, by the hook (DNS-01). Belongs to one coroutine at a time.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "protocols/net/tls.h"
#include "server/acme/hook.h"
#include "server/tls/challenge_certificates.h"
#include "storage/acme.h"
#include "storage/store.h"

namespace server::acme {

class Answers {
  public:
    // nullptr: there is no hook.
    Answers(storage::Store& store, tls::ChallengeCertificates& certificates, Hook* hook)
        : store_(store), certificates_(certificates), hook_(hook) {}

    // Whether the challenge of this token was answered before, perhaps before a restart.
    asio::awaitable<bool> was_given(std::string token);
    // From now on it is answered. nullopt: done; else why not.
    asio::awaitable<std::optional<std::string>> give(storage::AcmeChallenge challenge);
    // The server has seen it, or nobody asks any more.
    asio::awaitable<void> take_back(storage::AcmeChallenge challenge);
    // As the store has them: after a start those that were given before it are shown again. Those of the past are taken
    // back.
    asio::awaitable<void> refresh(std::int64_t now);

  private:
    void show(const storage::AcmeChallenge& challenge);

    storage::Store& store_;
    tls::ChallengeCertificates& certificates_;
    Hook* hook_;
    std::map<std::string, tls::ChallengeCertificates::ByName::value_type> shown_;  // by token
};

}  // namespace server::acme

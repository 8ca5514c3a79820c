// The DNS as one party may ask it: its look-ups take its turns (questions.h).
#pragma once

#include <asio/awaitable.hpp>
#include <string>
#include <utility>

#include "protocols/dns/resolver.h"
#include "protocols/dns/source.h"

namespace dns {

// May be used on any thread. It may end while a look-up is under way; the resolver may not.
class PartySource : public Source {
  public:
    PartySource(Resolver& resolver, Party party) : resolver_(resolver), party_(std::move(party)) {}

    asio::awaitable<Answer<Txt>> txt(std::string name) override;
    asio::awaitable<Answer<Mx>> mx(std::string name) override;
    asio::awaitable<Answer<asio::ip::address_v4>> a(std::string name) override;
    asio::awaitable<Answer<asio::ip::address_v6>> aaaa(std::string name) override;
    asio::awaitable<Answer<Ptr>> ptr(asio::ip::address address) override;
    asio::awaitable<Answer<Tlsa>> tlsa(std::string name) override;

  private:
    Resolver& resolver_;
    const Party party_;
};

}  // namespace dns

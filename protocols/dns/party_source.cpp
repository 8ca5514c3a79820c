#include "protocols/dns/party_source.h"

#include "protocols/dns/rdata.h"
#include "protocols/dns/reverse_name.h"

namespace dns {
namespace {

template <class Record>
asio::awaitable<Answer<Record>> ask(Resolver& resolver, Party party, std::string name, RecordType type) {
    const RawAnswer raw = co_await resolver.lookup(std::move(party), std::move(name), type);
    co_return parse_answer<Record>(raw);
}

}  // namespace

asio::awaitable<Answer<Txt>> PartySource::txt(std::string name) {
    return ask<Txt>(resolver_, party_, std::move(name), RecordType::txt);
}

asio::awaitable<Answer<Mx>> PartySource::mx(std::string name) {
    return ask<Mx>(resolver_, party_, std::move(name), RecordType::mx);
}

asio::awaitable<Answer<asio::ip::address_v4>> PartySource::a(std::string name) {
    return ask<asio::ip::address_v4>(resolver_, party_, std::move(name), RecordType::a);
}

asio::awaitable<Answer<asio::ip::address_v6>> PartySource::aaaa(std::string name) {
    return ask<asio::ip::address_v6>(resolver_, party_, std::move(name), RecordType::aaaa);
}

asio::awaitable<Answer<Ptr>> PartySource::ptr(asio::ip::address address) {
    return ask<Ptr>(resolver_, party_, reverse_name(address), RecordType::ptr);
}

asio::awaitable<Answer<Tlsa>> PartySource::tlsa(std::string name) {
    return ask<Tlsa>(resolver_, party_, std::move(name), RecordType::tlsa);
}

}  // namespace dns

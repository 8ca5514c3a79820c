// Who a request comes from when a proxy stands in between: Forwarded (RFC 7239) and X-Forwarded-For. Anyone can write
// these fields, so they are believed of proxies alone that the administrator has named, and only as far as those saw
// for themselves. Pure; which proxies are named is the server's to know.
#pragma once

#include <functional>
#include <string>

namespace web {

// What a request's header says of the client: each field's lines in their order, joined by ",".
struct ForwardedFields {
    std::string forwarded;
    std::string x_forwarded_for;
    std::string x_forwarded_proto;
};

struct Client {
    std::string address;  // textual IP address
    bool tls = false;     // its connection to the first proxy is encrypted
    friend bool operator==(const Client&, const Client&) = default;
};

// Whether this address is a named proxy's.
using IsProxy = std::function<bool(const std::string& address)>;

// The peer itself, unless it is a proxy: then the last address that is no proxy's, from the right, since each proxy
// appends whom it was spoken to by. Where a proxy does not say (an "unknown", a made-up name), it is that proxy. Where
// both fields are there and differ, one of them may be the client's own: then it is the peer.
Client client_behind(Client peer, const ForwardedFields& fields, const IsProxy& is_proxy);

}  // namespace web

// The client of a request that came through a proxy: Forwarded (RFC 7239) and X-Forwarded-For. Anyone can write these
// fields, so only what proxies named by the administrator have added is trusted. Pure; the server knows the proxies.
#pragma once

#include <functional>
#include <string>

namespace web {

// The request's header fields about the client: each field's lines in order, joined by ",".
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

// Whether this address belongs to a trusted proxy.
using IsProxy = std::function<bool(const std::string& address)>;

// The peer itself, unless it is a proxy: then the last address, from the right, that is not a proxy's, since each proxy
// appends its peer. If a proxy gives no address ("unknown", an invented name), the result is that proxy. If both fields
// are present and differ, the client may have written one: then the result is the peer.
Client client_behind(Client peer, const ForwardedFields& fields, const IsProxy& is_proxy);

}  // namespace web

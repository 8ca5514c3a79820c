// Writes Authentication-Results fields. RFC 8601 §2.2, §2.7; of DMARC: RFC 9989 §9.1; of ARC: RFC 8617 §10. Whatever a
// peer has given stands there so that no reader, not even one that knows no quotes and comments, takes it for a result.
#pragma once

#include <asio/ip/address.hpp>
#include <string>
#include <vector>

#include "protocols/mailauth/arc_verifier.h"
#include "protocols/mailauth/authentication_results.h"
#include "protocols/mailauth/dkim_verifier.h"
#include "protocols/mailauth/dmarc.h"
#include "protocols/mailauth/iprev.h"
#include "protocols/mailauth/spf.h"

namespace mailauth {

// The field, from its name to its last CRLF: a line for each result, folded at 78 octets where there is white space.
// Only ASCII; id: a host name.
std::string write_authentication_results(const AuthenticationResults& results);

// RFC 8601 §2.7.2. smtp.mailfrom or smtp.helo: the domain alone, unless its record looks at local parts.
AuthenticationResult result_of(const SpfResult& spf);
// RFC 8601 §2.7.1: one for each signature; "none" if there is none.
std::vector<AuthenticationResult> results_of(const std::vector<DkimResult>& dkim);
AuthenticationResult result_of(const DmarcResult& dmarc);
// RFC 8617 §6: client is the one that brought the message.
AuthenticationResult result_of(const ArcResult& arc, const asio::ip::address& client);
// RFC 8601 §2.7.3.
AuthenticationResult result_of(const IprevResult& iprev);

}  // namespace mailauth

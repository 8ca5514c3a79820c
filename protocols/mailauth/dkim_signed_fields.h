// What a signature signs of a header, and when it is good: common to DKIM and ARC's message signatures.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocols/mailauth/dkim_header_fields.h"
#include "protocols/mailauth/dkim_signature.h"

namespace mailauth {

// The hash that the signature should be of: the fields that it names, then its own. RFC 6376 §3.7 step 2.
std::string digest_of_fields(const HeaderFields& fields, const DkimSignature& signature, std::string_view own_field);

// Every From of the message is signed: nobody has added one.
bool signs_every_from(const HeaderFields& fields, const DkimSignature& signature);

// Why the signature is not good at this time (Unix seconds), by t= and x=; empty: it is. RFC 6376 §3.5.
std::string fault_of_time(const DkimSignature& signature, std::int64_t now);

}  // namespace mailauth

// Any body, cut anywhere, has one canonical form, which is its own canonical form. The first octet chooses the cuts.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocols/mailauth/dkim_canonicalization.h"

namespace {

std::string canonical(std::string_view body, mailauth::Canonicalization form, std::size_t piece) {
    std::string out;
    mailauth::BodyCanonicalizer canonicalizer(form, [&out](std::string_view octets) { out += octets; });
    for (std::size_t at = 0; at < body.size(); at += piece) canonicalizer.feed(body.substr(at, piece));
    canonicalizer.finish();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (input.empty()) return 0;
    const std::size_t piece = static_cast<unsigned char>(input.front()) % 32 + 1;
    const std::string_view body = input.substr(1);
    for (const auto form : {mailauth::Canonicalization::simple, mailauth::Canonicalization::relaxed}) {
        const std::string whole = canonical(body, form, body.size() + 1);
        if (canonical(body, form, piece) != whole || canonical(whole, form, piece) != whole) std::abort();
        if (whole.ends_with("\r\n\r\n")) std::abort();
    }
    return 0;
}

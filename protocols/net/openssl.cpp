// The helpers of openssl.h.
#include "protocols/net/openssl.h"

#include <openssl/err.h>

namespace net::openssl {

std::string take_reason() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return "no reason given";
    const char* reason = ERR_reason_error_string(code);
    if (reason != nullptr) return reason;
    char text[256];
    ERR_error_string_n(code, text, sizeof text);
    return text;
}

void fail(const std::string& what) { throw std::runtime_error(what + ": " + take_reason()); }

Bio memory_bio(const std::string& octets) {
    Bio bio(BIO_new_mem_buf(octets.data(), static_cast<int>(octets.size())));
    if (!bio) fail("out of memory");
    return bio;
}

}  // namespace net::openssl

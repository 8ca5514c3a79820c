// TLS certificates and keys that Mailstead has made or obtained itself.
#pragma once

#include <string>
#include <variant>

#include "storage/query.h"

namespace storage {

struct Certificate {
    std::string name;             // host name
    std::string certificate_pem;  // chain
    std::string key_pem;
    std::int64_t not_after = 0;
};
Query<Certificate> find_certificate(std::string name);  // refuses no_such_domain
Operation<std::monostate> put_certificate(Certificate certificate);

}  // namespace storage

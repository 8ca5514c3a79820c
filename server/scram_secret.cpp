// A row beside those of host names.
#include "server/scram_secret.h"

#include <stdexcept>

#include "protocols/base/base64.h"
#include "protocols/sasl/scram_keys.h"
#include "storage/certificates.h"

namespace server {

std::string scram_secret(storage::Store& store) {
    const std::string name = "scram-secret";  // not a possible host name: it has no dot
    if (const auto kept = store.read_now(storage::find_certificate(name))) return kept->key_pem;
    const std::string fresh = base::encode_base64(sasl::random_octets(32));
    const auto stored = store.write_now(storage::put_certificate({name, "", fresh, 0}));
    if (!stored) throw std::runtime_error("the store cannot be written: " + stored.error().text);
    return fresh;
}

}  // namespace server

// Our own TLS certificates and keys, by host name.
#include "storage/certificates.h"

#include <utility>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"

namespace storage {

Query<Certificate> find_certificate(std::string name) {
    return [=](Snapshot& snapshot) -> Result<Certificate> {
        engine::Connection& connection = engine::connection_of(snapshot);

        auto found =
            connection.statement("SELECT name, certificate_pem, key_pem, not_after FROM certificate WHERE name = ?");
        if (!found.bind(name).step()) return refuse(Reason::no_such_domain, "no certificate for " + name);
        auto [host, certificate, key, not_after] = found.row<std::string, std::string, std::string, std::int64_t>();
        return Certificate{.name = std::move(host),
                           .certificate_pem = std::move(certificate),
                           .key_pem = std::move(key),
                           .not_after = not_after};
    };
}

Operation<std::monostate> put_certificate(Certificate certificate) {
    return {
        Durability::synced, [=](engine::Batch& batch) -> std::optional<Result<std::monostate>> {
            batch.connection().run(
                "INSERT INTO certificate (name, certificate_pem, key_pem, not_after) VALUES (?, ?, ?, ?) ON CONFLICT "
                "(name) DO UPDATE SET certificate_pem = excluded.certificate_pem, key_pem = excluded.key_pem, "
                "not_after = excluded.not_after",
                certificate.name, certificate.certificate_pem, certificate.key_pem, certificate.not_after);
            return std::monostate();
        }};
}

}  // namespace storage

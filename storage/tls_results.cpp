#include "storage/tls_results.h"

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"

namespace storage {
namespace {

std::int64_t rows_of(engine::Connection& connection, std::int64_t day) {
    auto counted = connection.statement("SELECT COUNT(*) FROM tls_result WHERE day = ?");
    counted.bind(day).step();
    return counted.integer(0);
}

}  // namespace

Operation<std::monostate> count_tls_results(std::vector<TlsResult> results, std::int64_t oldest_day) {
    return {Durability::prompt,
            [results = std::move(results), oldest_day](engine::Batch& batch) -> std::optional<Result<std::monostate>> {
                engine::Connection& connection = batch.connection();
                connection.run("DELETE FROM tls_result WHERE day < ?", oldest_day);
                for (const TlsResult& one : results) {
                    if (rows_of(connection, one.day) >= most_tls_results) break;
                    connection.run(
                        "INSERT INTO tls_result (day, domain, policy_type, result_type, mx_host, sessions) VALUES (?, "
                        "?, ?, ?, ?, ?) ON CONFLICT (day, domain, policy_type, result_type, mx_host) DO UPDATE SET "
                        "sessions = tls_result.sessions + excluded.sessions",
                        one.day, one.domain, one.policy_type, one.result_type, one.mx_host, one.sessions);
                }
                return std::monostate();
            }};
}

Query<std::vector<TlsResult>> tls_results_of(std::int64_t day, std::string domain) {
    return [=](Snapshot& snapshot) -> Result<std::vector<TlsResult>> {
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT domain, policy_type, result_type, mx_host, sessions FROM tls_result WHERE day = ? AND (domain = ? "
            "OR ? = '') ORDER BY domain, policy_type, result_type, mx_host");
        rows.bind(day, domain, domain);
        std::vector<TlsResult> results;
        while (rows.step()) {
            auto [name, policy, result, host, sessions] =
                rows.row<std::string, std::string, std::string, std::string, std::int64_t>();
            results.push_back({day, std::move(name), std::move(policy), std::move(result), std::move(host), sessions});
        }
        return results;
    };
}

}  // namespace storage

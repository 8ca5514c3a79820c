// One row for each certificate; its lease is as in the queue.
#include "storage/acme.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;
using Done = std::optional<Result<std::monostate>>;

constexpr std::int64_t longest_wait = 172'800;  // longer than any lease or back-off

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
    return text;
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> names;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t space = std::min(text.find(' ', at), text.size());
        names.push_back(text.substr(at, space - at));
        at = space + 1;
    }
    return names;
}

AcmeCertificate acme_certificate_of(const engine::Statement& row) {
    AcmeCertificate one;
    std::string names;
    std::tie(one.id, names, one.due_at, one.holder, one.failures, one.failure, one.failed_at, one.order_url,
             one.key_pem, one.next_key_pem, one.switch_key, one.certificate_pem) =
        row.row<std::string, std::string, std::int64_t, std::string, std::uint32_t, std::string, std::int64_t,
                std::string, std::string, std::string, bool, std::string>();
    one.names = split(names);
    return one;
}

Result<std::monostate> if_changed(std::int64_t rows, const AcmeCertificate& of) {
    if (rows > 0) return std::monostate();
    return refuse(Reason::conflict, "another server takes care of the certificate for " + of.id);
}

Result<std::monostate> if_known(std::int64_t rows, const std::string& id) {
    if (rows > 0) return std::monostate();
    return refuse(Reason::no_such_domain, "no certificate is obtained by ACME for " + id);
}

}  // namespace

Query<std::optional<AcmeAccount>> find_acme_account(std::string directory) {
    return [=](Snapshot& snapshot) -> Result<std::optional<AcmeAccount>> {
        auto found = engine::connection_of(snapshot).statement(
            "SELECT directory, url, key_pem FROM acme_account WHERE directory = ?");
        if (!found.bind(directory).step()) return std::nullopt;
        auto [name, url, key] = found.row<std::string, std::string, std::string>();
        return AcmeAccount{.directory = std::move(name), .url = std::move(url), .key_pem = std::move(key)};
    };
}

Operation<std::monostate> put_acme_account(AcmeAccount account) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                batch.connection().run(
                    "INSERT INTO acme_account (directory, url, key_pem) VALUES (?, ?, ?) ON CONFLICT (directory)"
                    " DO UPDATE SET url = excluded.url, key_pem = excluded.key_pem",
                    account.directory, account.url, account.key_pem);
                return std::monostate();
            }};
}

Query<std::vector<AcmeCertificate>> list_acme_certificates() {
    return [](Snapshot& snapshot) -> Result<std::vector<AcmeCertificate>> {
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT id, names, due_at, holder, failures, failure, failed_at, order_url, key_pem, next_key_pem,"
            " switch_key, certificate_pem FROM acme_certificate ORDER BY id");
        std::vector<AcmeCertificate> all;
        while (rows.step()) all.push_back(acme_certificate_of(rows));
        return all;
    };
}

Query<std::vector<std::string>> due_acme_certificates(std::int64_t now) {
    return [=](Snapshot& snapshot) -> Result<std::vector<std::string>> {
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT id FROM acme_certificate WHERE names != '' AND (due_at <= ? OR (due_at > ?"
            " AND (failures > 0 OR holder != ''))) ORDER BY due_at, id LIMIT 100");
        rows.bind(now, now + longest_wait);
        std::vector<std::string> ids;
        while (rows.step()) ids.push_back(rows.column<std::string>(0));
        return ids;
    };
}

Operation<std::monostate> want_acme_certificates(std::vector<WantedCertificate> wanted, std::int64_t now) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                Connection& connection = batch.connection();
                std::vector<std::string> unwanted;
                auto rows = connection.statement("SELECT id FROM acme_certificate WHERE names != '' ORDER BY id");
                while (rows.step()) unwanted.push_back(rows.column<std::string>(0));
                for (const WantedCertificate& one : wanted) {
                    std::erase(unwanted, one.id);
                    // An order is for the names that it was made with.
                    connection.run(
                        "INSERT INTO acme_certificate (id, names, due_at, holder, failures, failure, failed_at,"
                        " order_url, key_pem, next_key_pem, switch_key, certificate_pem)"
                        " VALUES (?, ?, ?, '', 0, '', 0, '', '', '', 0, '') ON CONFLICT (id) DO UPDATE SET"
                        " names = excluded.names, due_at = excluded.due_at, holder = '', failures = 0, order_url = ''"
                        " WHERE acme_certificate.names != excluded.names",
                        one.id, joined(one.names), now);
                }
                for (const std::string& id : unwanted) {
                    connection.run("UPDATE acme_certificate SET names = '', holder = '', order_url = '' WHERE id = ?",
                                   id);
                }
                return std::monostate();
            }};
}

Operation<std::monostate> forget_acme_certificates(std::vector<std::string> ids) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                for (const std::string& id : ids) {
                    batch.connection().run("DELETE FROM acme_certificate WHERE id = ? AND names = ''", id);
                }
                return std::monostate();
            }};
}

Operation<std::optional<AcmeCertificate>> lease_acme_certificate(std::string id, std::string holder, std::int64_t now,
                                                                 std::int64_t until) {
    return {Durability::synced, [=](Batch& batch) -> std::optional<Result<std::optional<AcmeCertificate>>> {
                auto leased = batch.connection().statement(
                    "UPDATE acme_certificate SET due_at = ?, holder = ? WHERE id = ? AND names != '' AND (due_at <= ?"
                    " OR (due_at > ? AND (failures > 0 OR holder != '')))"
                    " RETURNING id, names, due_at, holder, failures, failure, failed_at, order_url, key_pem,"
                    " next_key_pem, switch_key, certificate_pem");
                if (!leased.bind(until, holder, id, now, now + longest_wait).step())
                    return std::optional<AcmeCertificate>();
                return std::optional(acme_certificate_of(leased));
            }};
}

Operation<std::monostate> keep_acme_order(AcmeCertificate of, std::string order_url) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                return if_changed(
                    batch.connection().run("UPDATE acme_certificate SET order_url = ?, key_pem = ?, next_key_pem = ?"
                                           " WHERE id = ? AND holder = ? AND due_at = ?",
                                           order_url, of.key_pem, of.next_key_pem, of.id, of.holder, of.due_at),
                    of);
            }};
}

Operation<std::monostate> end_acme_order(AcmeCertificate of, std::string certificate_pem, std::string key_pem,
                                         std::int64_t due_at) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                return if_changed(batch.connection().run(
                                      "UPDATE acme_certificate SET certificate_pem = ?, key_pem = ?,"
                                      " next_key_pem = CASE WHEN next_key_pem = ? THEN '' ELSE next_key_pem END,"
                                      " switch_key = CASE WHEN next_key_pem = ? THEN 0 ELSE switch_key END,"
                                      " failures = 0, failure = '', order_url = '', holder = '', due_at = ?"
                                      " WHERE id = ? AND holder = ? AND due_at = ?",
                                      certificate_pem, key_pem, key_pem, key_pem, due_at, of.id, of.holder, of.due_at),
                                  of);
            }};
}

Operation<std::monostate> fail_acme_order(AcmeCertificate of, std::string reason, bool keep_order, std::int64_t now,
                                          std::int64_t due_at) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                return if_changed(batch.connection().run(
                                      "UPDATE acme_certificate SET failures = failures + 1, failure = ?, failed_at = ?,"
                                      " order_url = CASE WHEN ? THEN order_url ELSE '' END, holder = '', due_at = ?"
                                      " WHERE id = ? AND holder = ? AND due_at = ?",
                                      reason, now, keep_order, due_at, of.id, of.holder, of.due_at),
                                  of);
            }};
}

Operation<std::monostate> release_acme_certificate(AcmeCertificate of, std::int64_t due_at) {
    return {Durability::prompt, [=](Batch& batch) -> Done {
                return if_changed(batch.connection().run("UPDATE acme_certificate SET holder = '', due_at = ?"
                                                         " WHERE id = ? AND holder = ? AND due_at = ?",
                                                         due_at, of.id, of.holder, of.due_at),
                                  of);
            }};
}

Operation<std::monostate> release_acme_leases(std::string holder, std::int64_t now) {
    return {Durability::prompt, [=](Batch& batch) -> Done {
                batch.connection().run("UPDATE acme_certificate SET holder = '', due_at = ? WHERE holder = ?", now,
                                       holder);
                return std::monostate();
            }};
}

Operation<std::uint64_t> renew_acme_certificates(std::optional<std::string> id, std::int64_t now) {
    return {Durability::synced, [=](Batch& batch) -> std::optional<Result<std::uint64_t>> {
                const auto rows = batch.connection().run(
                    "UPDATE acme_certificate SET due_at = ?, failures = 0,"
                    " order_url = CASE WHEN order_url = '' THEN ? ELSE order_url END"
                    " WHERE (? OR id = ?) AND names != '' AND holder = ''",
                    now, std::string_view(asked_acme_order), !id, id.value_or(""));
                return static_cast<std::uint64_t>(rows);
            }};
}

Operation<std::monostate> announce_acme_key(std::string id, std::string next_key_pem) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                return if_known(batch.connection().run("UPDATE acme_certificate SET next_key_pem = ?, switch_key = 0"
                                                       " WHERE id = ? AND names != ''",
                                                       next_key_pem, id),
                                id);
            }};
}

Operation<std::monostate> switch_acme_key(std::string id, std::int64_t now) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                return if_known(
                    batch.connection().run(
                        "UPDATE acme_certificate SET switch_key = 1, due_at = ?, order_url = '', holder = ''"
                        " WHERE id = ? AND names != '' AND next_key_pem != ''",
                        now, id),
                    id);
            }};
}

Operation<std::monostate> put_acme_challenge(AcmeChallenge challenge) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                batch.connection().run(
                    "INSERT INTO acme_challenge (token, name, type, key_authorization, until) VALUES (?, ?, ?, ?, ?)"
                    " ON CONFLICT (token) DO UPDATE SET name = excluded.name, type = excluded.type,"
                    " key_authorization = excluded.key_authorization, until = excluded.until",
                    challenge.token, challenge.name, challenge.type, challenge.key_authorization, challenge.until);
                return std::monostate();
            }};
}

Operation<std::monostate> remove_acme_challenge(std::string token) {
    return {Durability::prompt, [=](Batch& batch) -> Done {
                batch.connection().run("DELETE FROM acme_challenge WHERE token = ?", token);
                return std::monostate();
            }};
}

Query<std::vector<AcmeChallenge>> list_acme_challenges() {
    return [](Snapshot& snapshot) -> Result<std::vector<AcmeChallenge>> {
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT token, name, type, key_authorization, until FROM acme_challenge ORDER BY token");
        std::vector<AcmeChallenge> all;
        while (rows.step()) {
            AcmeChallenge one;
            std::tie(one.token, one.name, one.type, one.key_authorization, one.until) =
                rows.row<std::string, std::string, std::string, std::string, std::int64_t>();
            all.push_back(std::move(one));
        }
        return all;
    };
}

Query<std::string> find_acme_answer(std::string token, std::int64_t now) {
    return [=](Snapshot& snapshot) -> Result<std::string> {
        auto found = engine::connection_of(snapshot).statement(
            "SELECT key_authorization FROM acme_challenge WHERE token = ? AND type = 'http-01' AND until > ?");
        if (!found.bind(token, now).step()) return refuse(Reason::no_such_domain, "no such challenge");
        return found.column<std::string>(0);
    };
}

}  // namespace storage

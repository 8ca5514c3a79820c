// One row for each; whether it is valid is asked of the credentials' generation each time.
#include "storage/web_sessions.h"

#include <utility>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/shared_rows.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

constexpr std::size_t longest_user_agent = 200;

const std::string select_web_session =
    "SELECT web_session.id, web_session.account_id, web_session.generation, form_token, since, used_at, expires_at,"
    " address, user_agent, account.name FROM web_session"
    " JOIN account ON account.id = web_session.account_id"
    " JOIN credential ON credential.account_id = web_session.account_id"
    " AND credential.generation = web_session.generation";

OpenWebSession web_session_of(const engine::Statement& row) {
    auto [id, account, generation, form_token, since, used_at, expires_at, address, user_agent, name] =
        row.row<std::string, AccountId, std::int64_t, std::string, std::int64_t, std::int64_t, std::int64_t,
                std::string, std::string, std::string>();
    return {.session = {.id = std::move(id),
                        .log_in = {account, generation},
                        .form_token = std::move(form_token),
                        .since = since,
                        .used_at = used_at,
                        .expires_at = expires_at,
                        .address = std::move(address),
                        .user_agent = std::move(user_agent)},
            .account = std::move(name)};
}

// The least recently used first.
std::vector<std::string> drop_web_sessions_beyond(Connection& connection, AccountId account, std::size_t most) {
    std::vector<std::string> dropped;
    auto rows = connection.statement(
        "DELETE FROM web_session WHERE account_id = ? AND id NOT IN"
        " (SELECT id FROM web_session WHERE account_id = ? ORDER BY used_at DESC, since DESC, id LIMIT ?) RETURNING "
        "id");
    rows.bind(account, account, most);
    while (rows.step()) dropped.push_back(rows.column<std::string>(0));
    return dropped;
}

}  // namespace

Operation<std::vector<std::string>> begin_web_session(WebSession session, std::string token_sha256, std::size_t most) {
    auto run = [=](Batch& batch) -> std::optional<Result<std::vector<std::string>>> {
        Connection& connection = batch.connection();
        Result<std::monostate> valid = check_log_in(batch, session.log_in);
        if (!valid) return std::unexpected(std::move(valid.error()));
        const AccountId account = session.log_in.account;
        std::vector<std::string> ended = drop_web_sessions_beyond(connection, account, most - 1);
        connection.run(
            "INSERT INTO web_session (id, token_sha256, account_id, generation, form_token, since, used_at, expires_at,"
            " address, user_agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            session.id, engine::Octets{token_sha256}, account, session.log_in.generation, session.form_token,
            session.since, session.used_at, session.expires_at, session.address,
            std::string_view(session.user_agent).substr(0, longest_user_agent));
        return ended;
    };
    return {Durability::synced, std::move(run)};
}

Query<std::optional<OpenWebSession>> find_web_session(std::string token_sha256, std::int64_t now) {
    return [=](Snapshot& snapshot) -> Result<std::optional<OpenWebSession>> {
        auto found = engine::connection_of(snapshot).statement(select_web_session +
                                                               " WHERE token_sha256 = ? AND expires_at > ?");
        if (!found.bind(engine::Octets{token_sha256}, now).step()) return std::nullopt;
        return web_session_of(found);
    };
}

Query<std::vector<OpenWebSession>> list_web_sessions(std::int64_t now) {
    return [=](Snapshot& snapshot) -> Result<std::vector<OpenWebSession>> {
        std::vector<OpenWebSession> sessions;
        auto rows = engine::connection_of(snapshot).statement(select_web_session +
                                                              " WHERE expires_at > ? ORDER BY since, web_session.id");
        rows.bind(now);
        while (rows.step()) sessions.push_back(web_session_of(rows));
        return sessions;
    };
}

Operation<std::monostate> note_web_session_use(std::string id, std::string address, std::int64_t now,
                                               std::int64_t expires_at) {
    auto run = [=](Batch& batch) -> std::optional<Result<std::monostate>> {
        batch.connection().run("UPDATE web_session SET used_at = ?, address = ?, expires_at = ? WHERE id = ?", now,
                               address, expires_at, id);
        return std::monostate();
    };
    return {Durability::prompt, std::move(run)};
}

Operation<std::monostate> end_web_session(std::string id) {
    auto run = [=](Batch& batch) -> std::optional<Result<std::monostate>> {
        if (batch.connection().run("DELETE FROM web_session WHERE id = ?", id) == 0)
            return refuse(Reason::no_such_session, "no such session: " + id);
        return std::monostate();
    };
    return {Durability::synced, std::move(run)};
}

Operation<std::vector<EndedWebSession>> remove_ended_web_sessions(std::int64_t now) {
    auto run = [=](Batch& batch) -> std::optional<Result<std::vector<EndedWebSession>>> {
        std::vector<EndedWebSession> ended;
        {
            auto rows = batch.connection().statement(
                "SELECT web_session.id, account.name, expires_at <= ? FROM web_session"
                " JOIN account ON account.id = web_session.account_id"
                " JOIN credential ON credential.account_id = web_session.account_id"
                " WHERE expires_at <= ? OR credential.generation != web_session.generation ORDER BY web_session.id");
            rows.bind(now, now);
            while (rows.step()) {
                auto [id, account, expired] = rows.row<std::string, std::string, bool>();
                ended.push_back({std::move(id), std::move(account), expired});
            }
        }
        for (const EndedWebSession& one : ended) batch.connection().run("DELETE FROM web_session WHERE id = ?", one.id);
        return ended;
    };
    return {Durability::prompt, std::move(run)};
}

Query<bool> web_sessions_have_ended(std::int64_t now) {
    return [=](Snapshot& snapshot) -> Result<bool> {
        auto found = engine::connection_of(snapshot).statement(
            "SELECT 1 FROM web_session JOIN credential ON credential.account_id = web_session.account_id"
            " WHERE expires_at <= ? OR credential.generation != web_session.generation LIMIT 1");
        return found.bind(now).step();
    };
}

Operation<std::int64_t> change_password(LogIn log_in, Credentials credentials, std::string session) {
    auto run = [=](Batch& batch) -> std::optional<Result<std::int64_t>> {
        Result<std::monostate> valid = check_log_in(batch, log_in);
        if (!valid) return std::unexpected(std::move(valid.error()));
        Connection& connection = batch.connection();
        put_new_password(batch, log_in.account, credentials);
        connection.run("UPDATE web_session SET generation = ? WHERE id = ? AND account_id = ?", log_in.generation + 1,
                       session, log_in.account);
        return log_in.generation + 1;
    };
    return {Durability::synced, std::move(run)};
}

}  // namespace storage

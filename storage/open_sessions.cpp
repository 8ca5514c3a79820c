// One row for each session.
#include "storage/open_sessions.h"

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;
using Done = std::optional<Result<std::monostate>>;

}  // namespace

Query<std::vector<ListedSession>> list_sessions() {
    return [](Snapshot& snapshot) -> Result<std::vector<ListedSession>> {
        std::vector<ListedSession> sessions;
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT open_session.id, account_id, door, address, since, account.name"
            " FROM open_session JOIN account ON account.id = open_session.account_id ORDER BY since, open_session.id");
        while (rows.step()) {
            auto [id, account, door, address, since, name] =
                rows.row<std::string, AccountId, std::string, std::string, std::int64_t, std::string>();
            sessions.push_back({.session = {.id = std::move(id),
                                            .account = account,
                                            .door = std::move(door),
                                            .address = std::move(address),
                                            .since = since},
                                .account = std::move(name)});
        }
        return sessions;
    };
}

Operation<std::monostate> write_sessions(std::string holder, std::vector<OpenSession> begun,
                                         std::vector<std::string> over) {
    auto run = [=](Batch& batch) -> Done {
        Connection& connection = batch.connection();
        for (const OpenSession& session : begun) {
            connection.run(
                "INSERT INTO open_session (id, holder, account_id, door, address, since) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, account_id = excluded.account_id,"
                " door = excluded.door, address = excluded.address, since = excluded.since, ending = 0",
                session.id, holder, session.account, session.door, session.address, session.since);
        }
        for (const std::string& id : over) {
            connection.run("DELETE FROM open_session WHERE id = ? AND holder = ?", id, holder);
        }
        return std::monostate();
    };
    return {Durability::prompt, std::move(run)};
}

Operation<std::monostate> forget_sessions(std::string holder) {
    return {Durability::prompt, [=](Batch& batch) -> Done {
                batch.connection().run("DELETE FROM open_session WHERE holder = ?", holder);
                return std::monostate();
            }};
}

Operation<std::monostate> end_session(std::string id) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                auto ended = batch.connection().statement(
                    "UPDATE open_session SET ending = 1 WHERE id = ? RETURNING account_id");
                if (!ended.bind(id).step()) return refuse(Reason::no_such_session, "no such session: " + id);
                const AccountId account = ended.column<AccountId>(0);
                ended.reset();
                batch.changed(account, MailboxId{}, ModSeq{});  // for its server
                return std::monostate();
            }};
}

Query<std::vector<std::string>> sessions_to_end(std::string holder) {
    return [=](Snapshot& snapshot) -> Result<std::vector<std::string>> {
        std::vector<std::string> ids;
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT id FROM open_session WHERE holder = ? AND ending = 1 ORDER BY id");
        rows.bind(holder);
        while (rows.step()) ids.push_back(rows.column<std::string>(0));
        return ids;
    };
}

}  // namespace storage

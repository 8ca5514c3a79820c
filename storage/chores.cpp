// One statement each, so that two servers cannot both take the work.
#include "storage/chores.h"

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"

namespace storage {

Operation<bool> take_chore(std::string name, std::string holder, std::int64_t now, std::int64_t until) {
    return {Durability::prompt, [=](engine::Batch& batch) -> std::optional<Result<bool>> {
                const auto taken = batch.connection().run(
                    "INSERT INTO chore (name, due_at, holder) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
                    " due_at = excluded.due_at, holder = excluded.holder WHERE chore.due_at <= ? OR chore.holder = ?",
                    name, until, holder, now, holder);
                return taken > 0;
            }};
}

Operation<std::monostate> end_chore(std::string name, std::string holder, std::int64_t next_at) {
    return {Durability::prompt, [=](engine::Batch& batch) -> std::optional<Result<std::monostate>> {
                batch.connection().run("UPDATE chore SET due_at = ?, holder = '' WHERE name = ? AND holder = ?",
                                       next_at, name, holder);
                return std::monostate();
            }};
}

}  // namespace storage

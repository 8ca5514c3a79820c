// SQLite moves the file's last pages into free ones and then truncates the file.
#include "storage/upkeep/free_space.h"

#include <algorithm>
#include <string>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/store_await.h"

namespace storage {

namespace {

constexpr std::int64_t incremental_mode = 2;  // PRAGMA auto_vacuum

std::int64_t pragma(engine::Connection& connection, std::string_view sql) {
    auto row = connection.statement(sql);
    return row.step() ? row.integer(0) : 0;
}

bool has_too_much(const FreeSpace& space, const GiveBackOptions& options) {
    const std::uint64_t kept = std::max(options.kept_octets, space.file_octets / std::max(1u, options.kept_share));
    return space.shrinks && space.free_octets > kept;
}

}  // namespace

FreeSpace read_free_space(engine::Connection& connection) {
    const auto page = static_cast<std::uint64_t>(pragma(connection, "PRAGMA page_size"));
    return {.file_octets = page * static_cast<std::uint64_t>(pragma(connection, "PRAGMA page_count")),
            .free_octets = page * static_cast<std::uint64_t>(pragma(connection, "PRAGMA freelist_count")),
            .shrinks = pragma(connection, "PRAGMA auto_vacuum") == incremental_mode};
}

Query<FreeSpace> free_space() {
    return [](Snapshot& snapshot) -> Result<FreeSpace> { return read_free_space(engine::connection_of(snapshot)); };
}

Operation<bool> give_back_slice(GiveBackOptions options) {
    return {Durability::prompt, [=](engine::Batch& batch) -> std::optional<Result<bool>> {
                engine::Connection& connection = batch.connection();
                if (!has_too_much(read_free_space(connection), options)) return false;
                connection.execute("PRAGMA incremental_vacuum(" + std::to_string(options.slice_pages) + ")");
                return has_too_much(read_free_space(connection), options);
            }};
}

asio::awaitable<bool> give_back(Store& store, GiveBackOptions options) {
    Query<FreeSpace> look = free_space();
    const Result<FreeSpace> space = co_await store.read(std::move(look));
    if (!space || !has_too_much(*space, options)) co_return false;
    for (std::size_t slice = 0; slice < options.most_slices; ++slice) {
        const std::uint64_t before = store.figures().operations;
        const Result<bool> more = co_await store.write(give_back_slice(options));
        if (!more || !*more) co_return false;
        const bool alone = store.figures().operations == before + 1;
        if (!alone) co_return true;  // others write: later
    }
    co_return true;
}

}  // namespace storage

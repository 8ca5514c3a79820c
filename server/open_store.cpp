#include "server/open_store.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "server/options.h"
#include "storage/store_options.h"

namespace server {
namespace {

void log_upgrade(Log& log, const storage::Upgrade& upgrade) {
    log.write(services::Level::info, "house", "", upgrade.done ? "upgraded" : "upgrading",
              {{"from_schema", upgrade.from},
               {"to_schema", upgrade.to},
               {"snapshot", upgrade.snapshot.native()},
               {"octets", upgrade.octets}});
}

}  // namespace

std::unique_ptr<storage::Store> open_store(const Config& config, Log& log) {
    storage::StoreOptions options = store_options(config);
    options.on_upgrade = [&log](const storage::Upgrade& upgrade) { log_upgrade(log, upgrade); };
    options.on_unclean_start = [&log] {
        log.write(services::Level::warn, "house", "", "unclean-start",
                  {{"reason", "the store was not closed in order, or has been restored: MODSEQs and UIDs jump ahead"}});
    };
    std::error_code ignored;
    const bool fresh = !std::filesystem::exists(options.path, ignored);
    auto store = std::make_unique<storage::Store>(options);
    if (fresh) log.write(services::Level::info, "house", "", "made-a-new-store", {{"path", options.path.native()}});
    return store;
}

std::unique_ptr<storage::SearchIndex> open_search_index(storage::Store& store, const Config& config, Log& log) {
    if (!config.search.index) return nullptr;
    storage::SearchIndexOptions options = search_index_options(config);
    options.tell = [&log](const std::string& what) {
        log.write(services::Level::warn, "search", "", "index-trouble", {{"reason", what}});
    };
    return std::make_unique<storage::SearchIndex>(store, std::move(options), folded_texts(config));
}

}  // namespace server

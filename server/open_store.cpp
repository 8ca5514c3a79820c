#include "server/open_store.h"

#include <filesystem>
#include <system_error>

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

}  // namespace server

#include "server/open_resolver.h"

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "server/options.h"

namespace server {

std::unique_ptr<dns::Resolver> open_resolver(asio::any_io_executor executor, const Config& config, Log& log) {
    dns::ResolverOptions options = resolver_options(config);
    options.tell = [&log](std::string_view event, const std::string& what) {
        log.write(services::Level::warn, "dns", "", event, {{"reason", what}});
    };
    try {
        return std::make_unique<dns::Resolver>(std::move(executor), std::move(options));
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(std::string("dns.trust_anchor: ") + error.what());
    }
}

}  // namespace server

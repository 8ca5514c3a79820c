// From the config to the parts' settings.
#include "server/options.h"

#include <doctest/doctest.h>

using namespace server;

TEST_CASE("the queue waits for other servers as long as the config says") {
    Config config;
    config.queue.connect_timeout = std::chrono::seconds(3);
    config.queue.reply_timeout = std::chrono::seconds(20);
    const queue::RunnerOptions options = queue_options(config);
    CHECK(options.outbound.connect_timeout == std::chrono::seconds(3));
    CHECK(options.outbound.timeouts.message == std::chrono::seconds(20));
}

TEST_CASE(
    "a browser counts for what it may hold, at least for its part of what strangers may, and leaves room for 64") {
    Config config;
    const auto octets_of = [&](std::uint64_t all_mib, std::uint32_t connections, std::uint64_t form_mib) {
        config.limits.strangers_memory = {all_mib << 20};
        config.limits.web_connections = connections;
        config.limits.web_form = {form_mib << 20};
        return web_connection_octets(config) >> 10;
    };
    CHECK(octets_of(96, 256, 0) == 384);  // 96 MiB / 256
    CHECK(octets_of(96, 1000, 1) == 1024 + 80);
    CHECK(octets_of(96, 1000, 10) == 1536);  // 96 MiB / 64
    CHECK(octets_of(1024, 256, 1) == 4096);
}

// Descriptors: how many connections they allow.
#include "server/descriptors.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "tests/unit/server/temporary_house.h"

using namespace server;

TEST_CASE("what others need is left out of what connections may take") {
    Config config;
    config.limits.web_connections = 256;
    config.queue.connections = 50;
    config.queue.slow_connections = 100;
    config.dns.lookups = 10;
    CHECK(connections_that_fit(1024, config) == 1024 - 256 - 256 - 4 * 50 - 4 * 10);
    CHECK(connections_that_fit(64, config) == 1);
    CHECK(connections_that_fit(std::uint64_t{1} << 40, config) == 0xffffffff);
    config.limits.web_connections = 0;
    CHECK(connections_that_fit(1024, config) == 1024 - 256 - 4 * 50 - 4 * 10);
}

TEST_CASE("limits.connections is lowered to what fits, and the log says so; else nothing happens") {
    KeptLog log;
    Config config;
    config.limits.connections = 56;
    fit_connections(config, 1024, log);
    CHECK(config.limits.connections == 56);
    CHECK(config.queue.slow_connections == 100);  // of 400: clients come first
    CHECK(log.lines.empty());
    config.limits.connections = 57;
    fit_connections(config, 1024, log);
    CHECK(config.limits.connections == 56);
    REQUIRE(log.lines.size() == 1);
    CHECK(log.lines[0].starts_with("few-descriptors descriptors=1024 connections=56 reason="));
}

TEST_CASE("the limit is raised as far as it may be") {
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit low{.rlim_cur = 64, .rlim_max = before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
    CHECK(raise_descriptor_limit() == before.rlim_max);
    rlimit after{};
    CHECK(getrlimit(RLIMIT_NOFILE, &after) == 0);
    CHECK(after.rlim_cur == before.rlim_max);
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

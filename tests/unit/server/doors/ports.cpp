// Ports: bound before anything else, given out once.
#include "server/doors/ports.h"

#include <doctest/doctest.h>

#include <system_error>

#include "tests/unit/server/temporary_house.h"

using namespace server;

namespace {

Config config_with(const Endpoints& imap) {
    Config config;
    for (Endpoints* closed : {&config.listen.smtp, &config.listen.submission, &config.listen.submissions,
                              &config.listen.imaps, &config.listen.pop3, &config.listen.pop3s, &config.listen.https}) {
        closed->clear();
    }
    config.listen.imap = imap;
    return config;
}

}  // namespace

TEST_CASE("a door's ports are given out once, those of a closed one never") {
    KeptLog log;
    Ports ports(config_with({{"127.0.0.1", 0}, {"127.0.0.2", 0}}), log);
    const std::vector<net::ListeningSocket> taken = ports.take("imap");
    REQUIRE(taken.size() == 2);
    CHECK(taken[0].local().address().to_string() == "127.0.0.1");
    CHECK(taken[0].local().port() != 0);
    CHECK(taken[1].local().address().to_string() == "127.0.0.2");
    CHECK(ports.take("imap").empty());
    CHECK(ports.take("smtp").empty());
    CHECK(ports.take("telnet").empty());
}

TEST_CASE("a port that is taken is named") {
    KeptLog log;
    Ports ports(config_with({{"127.0.0.1", 0}}), log);
    std::vector<net::ListeningSocket> taken = ports.take("imap");
    taken.at(0).listen();
    const std::uint16_t port = taken.at(0).local().port();
    const std::string named = "listen on 127.0.0.1:" + std::to_string(port) + ": Address already in use";
    CHECK_THROWS_WITH_AS(Ports(config_with({{"127.0.0.1", port}}), log), named.c_str(), std::system_error);
}

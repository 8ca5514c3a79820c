// Where updates of the DNS go, and who signs them.
#include "server/update_target.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

using namespace server;

TEST_CASE("name servers are addresses, with a port or without") {
    REQUIRE(dns_server_named("192.0.2.53"));
    CHECK(dns_server_named("192.0.2.53")->port() == 53);
    REQUIRE(dns_server_named("2001:db8::1@5353"));
    CHECK(dns_server_named("2001:db8::1@5353")->port() == 5353);
    for (const char* text : {"", "ns.example.org", "192.0.2.53@", "192.0.2.53@0", "192.0.2.53@65536", "@53"}) {
        CHECK_FALSE(dns_server_named(text));
    }
}

TEST_CASE("the running server publishes keys where the config says so, and does not start without what that needs") {
    std::string pattern = (std::filesystem::temp_directory_path() / "mailstead-target-XXXXXX").string();
    const std::filesystem::path directory = mkdtemp(pattern.data());
    const auto clock = [] { return std::int64_t{1}; };
    Config config;
    config.dns.update_server = "127.0.0.1";
    config.dns.update_key = directory / "key";
    CHECK(open_publisher(config, clock) == nullptr);
    config.dkim.publish = true;
    CHECK_THROWS_WITH(open_publisher(config, clock),
                      ("dkim.publish: " + config.dns.update_key.native() + ": it cannot be read").c_str());
    std::ofstream(directory / "key") << "key a { algorithm hmac-sha256; secret YWJj; };";
    CHECK(open_publisher(config, clock) != nullptr);
    const auto target = read_update_target("127.0.0.1@5353", config.dns.update_key.native());
    REQUIRE(target);
    CHECK(target->key.secret == "abc");
    CHECK(target->server.port() == 5353);
    std::filesystem::remove_all(directory);
}

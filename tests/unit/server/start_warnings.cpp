// Warnings at the start, and what is not a host name. RFC 5321 §2.3.5, RFC 9525 §6.3.
#include "server/start_warnings.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "server/config/host_name.h"

using namespace server;

TEST_CASE("host names: letters, digits and hyphens between dots") {
    const std::string label(63, 'a');
    const struct {
        std::string given;
        std::optional<std::string> name;
    } rows[] = {{"mail.example.org", "mail.example.org"},
                {"Mail.Example.ORG", "mail.example.org"},
                {"mail", "mail"},
                {"3f2a1b4c5d6e", "3f2a1b4c5d6e"},  // a container's default host name
                {"123456789012", "123456789012"},
                {"m\u00fcller.example", "xn--mller-kva.example"},
                {"xn--mller-kva.example", "xn--mller-kva.example"},
                {label + ".example", label + ".example"},
                {label + "a.example", std::nullopt},
                {label + "." + label + "." + label + "." + label, std::nullopt},  // 255 octets
                {"", std::nullopt},
                {"bad host", std::nullopt},
                {"mail_1.example.org", std::nullopt},
                {"-mail.example.org", std::nullopt},
                {"mail-.example.org", std::nullopt},
                {"mail..example.org", std::nullopt},
                {".example.org", std::nullopt},
                {"mail.example.org.", std::nullopt},
                {"mail.example.org:25", std::nullopt},
                {"https://mail.example.org", std::nullopt},
                {"192.0.2.1", std::nullopt},
                {"[192.0.2.1]", std::nullopt},
                {"2001:db8::1", std::nullopt},
                {"mail.example.org\r\n250 x", std::nullopt},
                {"a\x80z", std::nullopt}};
    for (const auto& row : rows) {
        CAPTURE(row.given);
        CHECK(host_name(row.given) == row.name);
    }
}

TEST_CASE("a certificate covers the host by name or by a wildcard for one label") {
    const struct {
        std::vector<std::string> names;
        std::string_view host;
        bool covered;
    } rows[] = {{{"mail.example.org"}, "mail.example.org", true},
                {{"example.org", "Mail.Example.org"}, "mail.example.org", true},
                {{"*.example.org"}, "mail.example.org", true},
                {{"*.example.org"}, "a.mail.example.org", false},
                {{"*.example.org"}, "example.org", false},
                {{"*.example.org"}, ".example.org", false},
                {{"example.org"}, "mail.example.org", false},
                {{""}, "mail.example.org", false},
                {{}, "mail.example.org", false}};
    for (const auto& row : rows) {
        CAPTURE(row.host);
        CHECK(covers(row.names, row.host) == row.covered);
    }
}

TEST_CASE("each oddity of a start has its warning, and a start without any has none") {
    const auto warned = [](const Config& config, const StartFacts& facts) {
        std::vector<std::string_view> events;
        for (const StartWarning& warning : start_warnings(config, facts)) events.push_back(warning.event);
        return events;
    };
    using Events = std::vector<std::string_view>;
    Config config;
    config.hostname = "mail.example.org";
    const StartFacts fine{.root = false, .domains = 1, .certificate = {"mail.example.org"}, .unreadable = {}};
    CHECK(warned(config, fine).empty());
    CHECK(warned(config, {.root = true, .domains = 1, .certificate = {"mail.example.org"}, .unreadable = {}}) ==
          Events{"runs-as-root"});
    CHECK(warned(config, {.root = false, .domains = 0, .certificate = {"mail.example.org"}, .unreadable = {}}) ==
          Events{"no-domain"});
    CHECK(warned(config, {.root = false, .domains = 1, .certificate = {"example.org"}, .unreadable = {}}) ==
          Events{"certificate-for-another-name"});
    CHECK(warned(config,
                 {.root = false, .domains = 1, .certificate = {"mail.example.org"}, .unreadable = {"/x: gone"}}) ==
          Events{"unreadable-ca-file"});
    config.hostname = "mail";
    CHECK(warned(config, {.root = false, .domains = 1, .certificate = {"mail"}, .unreadable = {}}) ==
          Events{"hostname-without-dot"});
    CHECK(
        start_warnings(config, {.root = false, .domains = 1, .certificate = {"mail"}, .unreadable = {}})[0].reason.find(
            "MAILSTEAD_HOSTNAME") != std::string::npos);
}

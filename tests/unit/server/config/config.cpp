// The config: values in both directions, errors with file, line and key, environment overrides. server/README.md.
#include "server/config/config.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <map>
#include <sstream>

#include "server/config/keys.h"
#include "server/config/values.h"
#include "server/options.h"
#include "storage/store_options.h"
#include "tests/support/source_tree.h"

using namespace server;
using namespace std::chrono_literals;

namespace {

Environment environment(std::map<std::string, std::string> variables = {}) {
    return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

std::expected<Config, std::string> parse(std::string_view toml, std::map<std::string, std::string> variables = {}) {
    return parse_config(toml, "m.toml", environment(std::move(variables)));
}

}  // namespace

TEST_CASE("durations") {
    const struct {
        std::string_view text;
        std::optional<std::chrono::seconds> value;
    } rows[] = {{"5m", 300s},
                {"90s", 90s},
                {"1h30m", 5400s},
                {"5d", 432'000s},
                {"2w", 1'209'600s},
                {"0", 0s},
                {"0s", 0s},
                {"", std::nullopt},
                {"5", std::nullopt},
                {"m", std::nullopt},
                {"5x", std::nullopt},
                {"5m ", std::nullopt},
                {"-5m", std::nullopt},
                {"1.5h", std::nullopt},
                {"99999999999999999999s", std::nullopt},
                {"9999999999w", std::nullopt}};
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(parse_duration(row.text) == row.value);
        if (row.value) CHECK(parse_duration(format_duration(*row.value)) == row.value);
    }
}

TEST_CASE("sizes") {
    const struct {
        std::string_view text;
        std::optional<Octets> value;
    } rows[] = {{"50MiB", Octets{52'428'800}},
                {"19MB", Octets{19'000'000}},
                {"4096", Octets{4096}},
                {"64 KiB", Octets{65'536}},
                {"1gib", Octets{1u << 30}},
                {"7B", Octets{7}},
                {"", std::nullopt},
                {"MiB", std::nullopt},
                {"5 furlongs", std::nullopt},
                {"-1", std::nullopt},
                {"99999999999999TiB", std::nullopt}};
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(parse_size(row.text) == row.value);
        if (row.value) CHECK(parse_size(format_size(*row.value)) == row.value);
    }
}

TEST_CASE("endpoints") {
    const struct {
        std::string_view text;
        std::optional<Endpoint> value;
    } rows[] = {{"127.0.0.1:25", Endpoint{"127.0.0.1", 25}},
                {"[::1]:143", Endpoint{"::1", 143}},
                {"*:0", Endpoint{"0.0.0.0", 0}},
                {"::1:143", std::nullopt},
                {"[127.0.0.1]:25", std::nullopt},
                {"localhost:25", std::nullopt},
                {"127.0.0.1", std::nullopt},
                {"127.0.0.1:65536", std::nullopt},
                {":25", std::nullopt},
                {"", std::nullopt}};
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(parse_endpoint(row.text) == row.value);
    }
}

TEST_CASE("a whole file") {
    const auto config = parse(R"(hostname = "mail.example.org"
data = "/tmp/x"
[listen]
smtp = ["127.0.0.1:2525", "[::1]:2525"]
http = []
[auth]
plaintext_from = ["10.0.0.0/8"]
[queue]
schedule = ["1m", "2m"]
lifetime = "5d"
connect_timeout = "7s"
reply_timeout = "1m"
remote_port = 2525
destination_networks = ["127.0.0.0/8"]
[[queue.route]]
domain = "sink.test"
host = "127.0.0.1"
port = 4026
[[queue.route]]
domain = "*"
host = "relay.example.org"
tls = "required"
username = "u"
password = "p"
[limits]
message_size = "10MiB"
connections = 5
[log]
level = "debug"
format = "json"
)");
    REQUIRE(config);
    CHECK(config->hostname == "mail.example.org");
    CHECK(config->listen.smtp == Endpoints{{"127.0.0.1", 2525}, {"::1", 2525}});
    CHECK(config->listen.http.empty());
    CHECK(config->listen.imap == Endpoints{{"0.0.0.0", 143}, {"::", 143}});
    CHECK(auth::any_contains(config->auth.plaintext_from, "10.9.8.7"));
    CHECK_FALSE(auth::any_contains(config->auth.plaintext_from, "127.0.0.1"));
    CHECK(config->queue.schedule == std::vector<std::chrono::seconds>{60s, 120s});
    CHECK(config->queue.connect_timeout == 7s);
    CHECK(config->queue.reply_timeout == 60s);
    CHECK(auth::any_contains(config->queue.destination_networks, "127.9.9.9"));
    REQUIRE(config->queue.route.size() == 2);
    CHECK(config->queue.route[0] == Route{"sink.test", "127.0.0.1", 4026, RouteTls::automatic, "", ""});
    CHECK(config->queue.route[1] == Route{"*", "relay.example.org", 0, RouteTls::required, "u", "p"});
    CHECK(config->limits.message_size == 10_MiB);
    CHECK(config->limits.connections == 5);
    CHECK(config->log.level == services::Level::debug);
    CHECK(config->log.format == LogFormat::json);
}

TEST_CASE("errors name file, line and key") {
    const struct {
        std::string_view toml;
        std::string_view begins;
    } rows[] = {
        {"hostnam = \"x\"", "m.toml:1: hostnam: unknown key"},
        {"\n[limits]\nconnexions = 1", "m.toml:3: limits.connexions: unknown key"},
        {"[nowhere]\nx = 1", "m.toml:1: nowhere: unknown key"},
        {"[limits]\nconnections = \"many\"", "m.toml:2: limits.connections: a number"},
        {"[limits]\nconnections = -1", "m.toml:2: limits.connections: a number"},
        {"[limits]\nconnections = 1.5", "m.toml:2: limits.connections: a number from 1 to 1000000"},
        {"[limits]\nmessage_size = \"huge\"", "m.toml:2: limits.message_size: a size"},
        {"hostname = 5", "m.toml:1: hostname: a text"},
        {"listen = 5", "m.toml:1: listen: a section [listen]"},
        {"hostname.x = 5", "m.toml:1: hostname: a text"},
        {"[queue]\nlifetime = 5", "m.toml:2: queue.lifetime: a duration"},
        {"[queue]\nremote_port = 70000", "m.toml:2: queue.remote_port: a number from 1 to 65535"},
        {"[queue]\nschedule = [\"5m\", \"x\"]", "m.toml:2: queue.schedule: \"x\" is not"},
        {"[queue]\nschedule = []", "m.toml:2: queue.schedule: at least one"},
        {"[queue]\nroute = \"x\"", "m.toml:2: queue.route: [[queue.route]]"},
        {"[[queue.route]]\ndomain = \"a\"", "m.toml:1: queue.route: domain and host"},
        {"[[queue.route]]\ndomain = \"a\"\nhot = \"b\"", "m.toml:3: queue.route.hot: unknown key"},
        {"[[queue.route]]\ndomain = \"a\"\nhost = \"h\"\nusername = \"u\"\npassword = \"p\"\n[[queue.route]]\ndomain = "
         "\"b\"\nhost = \"H\"\nusername = \"u\"\npassword = \"q\"",
         "m.toml:6: queue.route: H has two passwords for u"},
        {"[listen]\nsmtp = \"127.0.0.1:25\"", "m.toml:2: listen.smtp: a list of"},
        {"[listen]\nsmtp = [25]", "m.toml:2: listen.smtp: a list of"},
        {"[log]\nlevel = \"loud\"", "m.toml:2: log.level: one of \"debug\""},
        {"[tls]\nkey = \"k\"", "m.toml:2: tls.key: tls.certificate is needed too"},
        {"\n[tls]\ncertificate = \"c\"", "m.toml:3: tls.certificate: tls.key is needed too"},
        {"queue = \"a\"", "m.toml:1: queue: a section [queue]"},
        {"data = \"\"", "m.toml:1: data: a directory"},
        {"[queue]\nschedule = [\"0s\"]",
         "m.toml:2: queue.schedule: \"0s\" is not one of durations (\"5m\") of at least 1s"},
        {"[[queue.route]]\ndomain = \"*\"\nhost = \"h\"\n[[queue.route]]\ndomain = \"*\"\nhost = \"i\"",
         "m.toml:4: queue.route: two routes for \"*\""},
        {"[[queue.route]]\ndomain = \"a\"\nhost = \"h\"\nusername = \"u\"",
         "m.toml:1: queue.route: h: username and password: give both"},
        {"[[queue.route]]\ntls = \"bad\"", "m.toml:2: queue.route.tls: one of \"automatic\", "},
        {"a = = b", "m.toml:1: "},
        {"[auth]\nscram_iterations = 100", "m.toml:2: auth.scram_iterations: a number from 4096"},
        {"\nhostname = \"bad host\"", "m.toml:2: hostname: \"bad host\" is no host name"},
        {"hostname = \"192.0.2.1\"", "m.toml:1: hostname: \"192.0.2.1\" is no host name"},
        {"[mail]\ndmarc = \"strict\"", R"(m.toml:2: mail.dmarc: "enforce" or "observe" was expected)"},
        {"[mail]\nmta_sts = \"off\"", R"(m.toml:2: mail.mta_sts: "enforce", "testing" or "none" was expected)"},
        {"[dns]\nservers = [\"nonsense\"]", "m.toml:2: dns.servers: \"nonsense\" is no DNS server"},
        {"[dns]\nupdate_server = \"nonsense\"", "m.toml:2: dns.update_server: \"nonsense\" is no DNS server"},
        {"[dkim]\npublish = true\n[dns]\nupdate_server = \"192.0.2.53\"",
         "m.toml:2: dkim.publish: dns.update_server and dns.update_key are needed too"},
        {"[dns]\nservers = [\"127.0.0.1\", \"127.0.0.1:53\"]", "m.toml:2: dns.servers: \"127.0.0.1:53\" is no"},
        {"[dns]\nservers = [\"\"]", "m.toml:2: dns.servers: \"\" is no DNS server"},
        {"[dns]\nservers = [\"192.0.2.53@0\"]", "m.toml:2: dns.servers: \"192.0.2.53@0\" is no"},
        {"[dns]\nservers = [\"192.0.2.53@65536\"]", "m.toml:2: dns.servers: \"192.0.2.53@65536\" is no"},
        {"[dns]\nservers = [\"192.0.2.53@\"]", "m.toml:2: dns.servers: \"192.0.2.53@\" is no"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.toml);
        const auto config = parse(row.toml);
        REQUIRE_FALSE(config);
        CHECK_MESSAGE(config.error().starts_with(row.begins), config.error());
        CHECK(config.error().find('\n') == std::string::npos);
    }
}

namespace {

// A file that sets one key, in the second line at the latest, and how errors of it begin.
struct OneKey {
    std::string before;
    std::string place;
    explicit OneKey(const Key& key)
        : before(key.section.empty() ? fmt::format("\n{} = ", key.name)
                                     : fmt::format("[{}]\n{} = ", key.section, key.name)),
          place(fmt::format("m.toml:2: {}: ", path_of(key))) {}
};

// As help texts write it.
std::string bound_text(const Key& key, std::uint64_t value) {
    Config config;
    const Field field = key.field(config);
    if (std::holds_alternative<Octets*>(field)) return format_size({value});
    const bool number = std::holds_alternative<std::uint32_t*>(field) || std::holds_alternative<std::uint16_t*>(field);
    return number ? fmt::format("{}", value) : format_duration(std::chrono::seconds(value));
}

// A number of the key's unit as TOML.
std::string bound(const Key& key, std::uint64_t value) {
    Config config;
    const Field field = key.field(config);
    if (std::holds_alternative<Octets*>(field)) return fmt::format("\"{}B\"", value);
    if (std::holds_alternative<std::chrono::seconds*>(field)) return fmt::format("\"{}s\"", value);
    if (std::holds_alternative<std::vector<std::chrono::seconds>*>(field)) return fmt::format("[\"{}s\"]", value);
    return fmt::format("{}", value);
}

}  // namespace

TEST_CASE("a wrong kind of value for any key is an error with file, line and key, and says what was expected") {
    for (const Key& key : config_keys()) {
        const OneKey one(key);
        CAPTURE(one.place);
        for (const char* wrong : {"1979-05-27", "1.5", "[[]]", "{ x = 1 }"}) {
            const auto config = parse(one.before + wrong);
            REQUIRE_FALSE(config);
            CHECK_MESSAGE(config.error().starts_with(one.place), config.error());
            CHECK_MESSAGE(config.error().find("expected") != std::string::npos, config.error());
        }
    }
}

TEST_CASE("what a key's range names is enforced, in the file and in the environment") {
    int minima = 0;
    int maxima = 0;
    for (const Key& key : config_keys()) {
        const OneKey one(key);
        CAPTURE(one.place);
        if (key.range.least > 0) {
            ++minima;
            CHECK(parse(one.before + bound(key, key.range.least)));
            const auto less = parse(one.before + bound(key, key.range.least - 1));
            REQUIRE_FALSE(less);
            CHECK_MESSAGE(less.error().starts_with(one.place), less.error());
            std::string text = bound(key, key.range.least - 1);
            std::erase_if(text, [](char c) { return std::string_view("[]\"").contains(c); });
            const auto by_environment = parse("", {{environment_name(key), text}});
            REQUIRE_FALSE(by_environment);
            CHECK(by_environment.error().starts_with(environment_name(key) + ": "));
        }
        if (key.range.most != Range{}.most) {
            ++maxima;
            CHECK(parse(one.before + bound(key, key.range.most)));
            CHECK_FALSE(parse(one.before + bound(key, key.range.most + 1)));
            CHECK(help_of(key).ends_with(" to " + bound_text(key, key.range.most) + "."));
        }
        // A minimum in a help text is a row's range, so that none is promised without being kept.
        CHECK(key.help.find("at least") == std::string_view::npos);
        if (key.range.least > 1 && key.range.most == Range{}.most) {
            CHECK(help_of(key).ends_with("At least " + bound_text(key, key.range.least) + "."));
        }
    }
    CHECK(minima > 60);
    CHECK(maxima > 20);
    CHECK_FALSE(parse("[limits]\nimap_timeout = \"1m\""));
    CHECK_FALSE(parse("[limits]\nmessage_size = \"0B\""));  // SIZE 0 would mean no limit (RFC 1870 §4)
}

TEST_CASE("routes are shown as tables that can be read again, without passwords") {
    const auto config = parse("", {{"MAILSTEAD_QUEUE_REMOTE_PORT", "26"},
                                   {"MAILSTEAD_QUEUE_ROUTE",
                                    "a.test=h, *=relay.test:587 tls=required username=me password=secret ca_file=/c"}});
    REQUIRE_MESSAGE(config, config.error());
    const std::string shown = describe_config(*config);
    CHECK(shown.find("secret") == std::string::npos);
    CHECK_MESSAGE(shown.find("[[queue.route]]\ndomain = \"a.test\"\nhost = \"h\"\nport = 26\ntls = \"automatic\"\n\n"
                             "[[queue.route]]\ndomain = \"*\"\nhost = \"relay.test\"\nport = 587\n"
                             "tls = \"required\"\nusername = \"me\"\n#password = \"\"  # not shown here\n"
                             "ca_file = \"/c\"\n\n[limits]\n") != std::string::npos,
                  shown);
    const auto incomplete = parse(shown);
    REQUIRE_FALSE(incomplete);
    CHECK_MESSAGE(incomplete.error().ends_with("relay.test: username and password: give both or neither"),
                  incomplete.error());
    std::string completed = shown;
    completed.replace(completed.find("#password = \"\""), 14, "password = \"secret\"");
    const auto again = parse(completed);
    REQUIRE_MESSAGE(again, again.error());
    CHECK(again->queue.route[1] == config->queue.route[1]);
}

TEST_CASE("routes in the environment are checked as those in the file") {
    const struct {
        const char* value;
        std::string_view error;
    } rows[] = {{"*=h:1 tls=bad", "MAILSTEAD_QUEUE_ROUTE: tls: one of \"automatic\", \"opportunistic\""},
                {"*=h:1 tsl=none", "MAILSTEAD_QUEUE_ROUTE: \"tsl\" is no key of a route"},
                {"*=h, *=i", "MAILSTEAD_QUEUE_ROUTE: two routes for \"*\""},
                {"*=h username=u", "MAILSTEAD_QUEUE_ROUTE: h: username and password"}};
    for (const auto& row : rows) {
        CAPTURE(row.value);
        const auto config = parse("", {{"MAILSTEAD_QUEUE_ROUTE", row.value}});
        REQUIRE_FALSE(config);
        CHECK_MESSAGE(config.error().starts_with(row.error), config.error());
    }
    const auto key = parse("", {{"MAILSTEAD_TLS_KEY", "k"}});
    REQUIRE_FALSE(key);
    CHECK(key.error() == "MAILSTEAD_TLS_KEY: tls.certificate is needed too");
}

TEST_CASE("a config file that is a directory, or cannot be read, is refused with the reason") {
    const auto directory = load_config(std::filesystem::temp_directory_path(), environment());
    REQUIRE_FALSE(directory);
    CHECK(directory.error() == std::filesystem::temp_directory_path().native() + ": is a directory");
    const auto missing = load_config("/nowhere/m.toml", environment());
    REQUIRE_FALSE(missing);
    CHECK(missing.error() == "/nowhere/m.toml: cannot be read: No such file or directory");
}

TEST_CASE("the environment overrides the file") {
    const auto config = parse("hostname = \"a\"\n[limits]\nconnections = 5",
                              {{"MAILSTEAD_HOSTNAME", "b"},
                               {"MAILSTEAD_LIMITS_CONNECTIONS", "7"},
                               {"MAILSTEAD_LISTEN_SMTP", "127.0.0.1:1, [::1]:2"},
                               {"MAILSTEAD_LISTEN_IMAP", ""},
                               {"MAILSTEAD_STORE_EVERYTHING_SYNCED", "true"},
                               {"MAILSTEAD_QUEUE_ROUTE", "a.test=[::1]:26 tls=none, b.test=h username=u password=p"},
                               {"MAILSTEAD_LOG_FORMAT", "json"}});
    REQUIRE(config);
    CHECK(config->hostname == "b");
    CHECK(config->limits.connections == 7);
    CHECK(config->listen.smtp == Endpoints{{"127.0.0.1", 1}, {"::1", 2}});
    CHECK(config->listen.imap.empty());
    CHECK(config->store.everything_synced);
    REQUIRE(config->queue.route.size() == 2);
    CHECK(config->queue.route[0] == Route{"a.test", "::1", 26, RouteTls::none, "", ""});
    CHECK(config->queue.route[1] == Route{"b.test", "h", 0, RouteTls::automatic, "u", "p"});
    CHECK(config->log.format == LogFormat::json);

    const auto wrong = parse("", {{"MAILSTEAD_LOG_LEVEL", "loud"}});
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().starts_with("MAILSTEAD_LOG_LEVEL: "));
}

TEST_CASE("what is checked in the file is checked in the environment") {
    for (const auto& [name, value] :
         {std::pair("MAILSTEAD_HOSTNAME", "bad host"), std::pair("MAILSTEAD_DNS_SERVERS", "nonsense")}) {
        const auto wrong = parse("", {{name, value}});
        REQUIRE_FALSE(wrong);
        CHECK_MESSAGE(wrong.error().starts_with(std::string(name) + ": \"" + value + "\" is no"), wrong.error());
    }
    const auto servers = parse("[dns]\nservers = [\"192.0.2.53\", \"2001:db8::53@5353\", \"fe80::1%eth0\"]");
    REQUIRE_MESSAGE(servers, servers.error());
}

TEST_CASE("the name that we go by is in A-labels") {
    Config config;
    config.hostname = "Mail.M\u00fcller.example";
    CHECK(hostname_of(config) == "mail.xn--mller-kva.example");
}

TEST_CASE("a reload keeps what only a start can take over, and names it") {
    const auto before = parse("hostname = \"a.example\"\n[limits]\nconnections = 5\n[queue]\nlifetime = \"1d\"");
    const auto given = parse(
        "hostname = \"b.example\"\n[server]\nthreads = 7\n[dns]\ntimeout = \"7s\"\n[store]\nreaders = "
        "9\n[search]\nindex = "
        "false\n[listen]\nsmtp = []\n[limits]\nconnections = 6\nweb_form = \"1MiB\"\n[queue]\nlifetime = \"2d\"");
    REQUIRE(before);
    REQUIRE(given);
    Config fresh = *given;
    CHECK(keep_for_restart(*before, fresh) == std::vector<std::string>{"hostname", "listen.smtp", "server.threads",
                                                                       "dns.timeout", "store.readers", "search.index",
                                                                       "limits.web_form"});
    CHECK(fresh.hostname == "a.example");
    CHECK(fresh.server.threads == before->server.threads);
    CHECK(fresh.limits.web_form == before->limits.web_form);
    CHECK(fresh.limits.connections == 6);  // a reload can change this
    CHECK(fresh.queue.lifetime == std::chrono::hours(48));
    Config same = *given;
    CHECK(keep_for_restart(*given, same).empty());
}

TEST_CASE("every key is its own, and its value survives being written and read") {
    std::map<std::string, int> names;
    for (const Key& key : config_keys()) ++names[environment_name(key)];
    for (const auto& [name, times] : names) {
        CAPTURE(name);
        CHECK(times == 1);
    }
    const Config defaults;
    const auto again = parse(describe_config(defaults));
    REQUIRE_MESSAGE(again, again.error());
    CHECK(describe_config(*again) == describe_config(defaults));
}

TEST_CASE("the sample config is what the program would write, and sets nothing") {
    std::ifstream input(support::source_tree() / "packaging/mailstead.toml");
    std::ostringstream sample;
    sample << input.rdbuf();
    CHECK(sample.str() == describe_config(Config{}, Description::sample));
    const auto parsed = parse(sample.str());
    REQUIRE_MESSAGE(parsed, parsed.error());
    CHECK(describe_config(*parsed) == describe_config(Config{}));
}

TEST_CASE("the store's reserve is what config says") {
    CHECK(store_options(Config{}).reserve_octets == storage::StoreOptions{}.reserve_octets);
    const auto parsed = parse("[store]\nreserve = \"1GiB\"\n", {});
    REQUIRE_MESSAGE(parsed, parsed.error());
    CHECK(store_options(*parsed).reserve_octets == 1u << 30);
    const auto overridden = parse("[store]\nreserve = \"1GiB\"\n", {{"MAILSTEAD_STORE_RESERVE", "0"}});
    REQUIRE_MESSAGE(overridden, overridden.error());
    CHECK(store_options(*overridden).reserve_octets == 0);
}

TEST_CASE("networks") {
    const struct {
        std::string_view network;
        std::string_view address;
        bool contained;
    } rows[] = {{"127.0.0.1", "127.0.0.1", true},        {"127.0.0.1", "::ffff:127.0.0.1", true},
                {"127.0.0.1", "127.0.0.2", false},       {"10.0.0.0/8", "10.255.0.1", true},
                {"10.0.0.0/8", "11.0.0.1", false},       {"10.128.0.0/9", "10.127.0.1", false},
                {"0.0.0.0/0", "192.0.2.1", true},        {"0.0.0.0/0", "2001:db8::1", false},
                {"2001:db8::/32", "2001:db8:1::", true}, {"::1", "::1", true},
                {"::/0", "2001:db8::1", true},           {"fe80::/10", "fe80::1%eth0", true},
                {"10.0.0.0/8", "nonsense", false}};
    for (const auto& row : rows) {
        CAPTURE(row.network);
        CAPTURE(row.address);
        const auto network = auth::Network::parse(row.network);
        REQUIRE(network);
        CHECK(auth::any_contains({*network}, row.address) == row.contained);
    }
    for (const auto* wrong : {"", "10.0.0.0/33", "10.0.0.0/", "x/8", "::1/129", "10.0.0.0/-1"}) {
        CAPTURE(wrong);
        CHECK_FALSE(auth::Network::parse(wrong));
    }
}

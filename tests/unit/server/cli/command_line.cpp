// The command line end to end, on a store of its own. server/README.md "Config".
#include <doctest/doctest.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "server/auth/totp.h"
#include "server/cli/command_line.h"
#include "server/cli/words.h"
#include "storage/accounts.h"
#include "storage/bans.h"
#include "storage/engine/upgrade.h"
#include "storage/login_networks.h"
#include "storage/open_sessions.h"
#include "storage/queue.h"
#include "storage/second_factors.h"
#include "storage/sending.h"
#include "storage/store.h"
#include "storage/store_options.h"
#include "storage/trace.h"
#include "storage/web_sessions.h"

using namespace server;
using nlohmann::json;

namespace {

// A data directory that exists during the test, and a way to run commands on it.
class Site {
  public:
    Site() {
        std::string pattern = (std::filesystem::temp_directory_path() / "mailstead-cli-XXXXXX").string();
        directory_ = mkdtemp(pattern.data());
        configure("mail.example.net");
    }
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;
    ~Site() { std::filesystem::remove_all(directory_); }

    void configure(const std::string& hostname, const std::string& sections = "") const {
        std::ofstream(directory_ / "m.toml")
            << "hostname = \"" << hostname << "\"\n[auth]\nargon2_memory = \"64KiB\"\nargon2_passes = 1\n"
            << "scram_iterations = 4096\n"
            << sections;
    }
    int run(std::vector<std::string> arguments, const std::string& input = "") {
        std::istringstream in(input);
        std::ostringstream to_out, to_err;
        cli::Console console{in, to_out, to_err, false, [](const std::string&) { return std::nullopt; }};
        arguments.insert(arguments.end(),
                         {"--config", (directory_ / "m.toml").string(), "--data", (directory_ / "data").string()});
        const int status = cli::run(arguments, console);
        out = to_out.str();
        err = to_err.str();
        return status;
    }
    // One clear line: exactly one line end.
    bool one_line_of_error() const { return std::ranges::count(err, '\n') == 1 && err.starts_with("mailstead: "); }
    std::filesystem::path path(const char* name) const { return directory_ / name; }

    std::string out;
    std::string err;

  private:
    std::filesystem::path directory_;
};

}  // namespace

TEST_CASE("the audit: each change with who made it, what was refused not at all; no secrets") {
    Site site;
    REQUIRE(site.run({"domain", "add", "hamburger.edu"}) == 0);
    REQUIRE(site.run({"account", "add", "bob", "--password-stdin"}, "hungry\n") == 0);
    REQUIRE(site.run({"account", "add", "bob", "--password-stdin"}, "hungry\n") == 1);
    REQUIRE(site.run({"account", "add", "eve", "--password-stdin"}, "hungry\n") == 0);
    REQUIRE(site.run({"account", "passwd", "bob", "--password-stdin"}, "still-hungry\n") == 0);
    REQUIRE(site.run({"account", "quota", "bob", "5GiB", "--messages", "17"}) == 0);
    REQUIRE(site.run({"account", "uidonly", "bob", "on"}) == 0);
    REQUIRE(site.run({"alias", "add", "team", "bob", "eve"}) == 0);
    REQUIRE(site.run({"alias", "remove", "team", "eve"}) == 0);
    REQUIRE(site.run({"queue", "retry"}) == 0);
    REQUIRE(site.run({"ban", "lift", "all"}) == 0);
    REQUIRE(site.run({"check", "--repair"}) == 0);
    REQUIRE(site.run({"account", "remove", "eve"}) == 0);
    REQUIRE(site.run({"account", "list"}) == 0);  // changes nothing
    REQUIRE(site.run({"audit", "--json"}) == 0);
    CHECK(site.out.find("hungry") == std::string::npos);
    std::vector<std::string> told;
    for (const json& entry : json::parse(site.out)) {
        CHECK_FALSE(entry["actor"].get<std::string>().empty());
        told.push_back(entry["action"].get<std::string>() + " " + entry["subject"].get<std::string>() + " " +
                       entry["detail"].get<std::string>());
    }
    CHECK(told == std::vector<std::string>{
                      "domain.add hamburger.edu ", "account.add bob@hamburger.edu ", "account.add eve@hamburger.edu ",
                      "account.passwd bob@hamburger.edu ", "account.quota bob@hamburger.edu 5GiB",
                      "account.quota bob@hamburger.edu 17 messages", "account.uidonly bob@hamburger.edu on",
                      "alias.add team@hamburger.edu bob@hamburger.edu eve@hamburger.edu",
                      "alias.remove team@hamburger.edu eve@hamburger.edu", "queue.retry all ", "ban.lift all ",
                      "store.repair  ", "account.remove eve@hamburger.edu "});
    REQUIRE(site.run({"audit", "--account", "eve", "--since", "1h"}) == 0);
    CHECK(std::ranges::count(site.out, '\n') == 2);
    CHECK(site.out.find(" event=account.remove actor=") != std::string::npos);
    REQUIRE(site.run({"audit", "--most", "1"}) == 0);
    CHECK(std::ranges::count(site.out, '\n') == 1);
    CHECK(site.run({"audit", "--since", "yesterday"}) == 2);

    const std::string copy = site.path("copy.db").string();
    REQUIRE(site.run({"backup", copy}) == 0);
    REQUIRE(site.run({"restore", copy}) == 0);
    REQUIRE(site.run({"audit", "--most", "1", "--json"}) == 0);
    CHECK(json::parse(site.out)[0]["action"] == "store.restore");
    CHECK(json::parse(site.out)[0]["subject"] == copy);
}

TEST_CASE("domains and accounts") {
    Site site;
    CHECK(site.run({"account", "add", "bob", "--password-stdin"}, "hungry\n") == 1);
    CHECK_MESSAGE(site.one_line_of_error(), site.err);

    CHECK(site.run({"domain", "add", "Hamburger.EDU"}) == 0);
    CHECK(site.run({"domain", "add", "xn--mller-kva.example"}) == 0);
    CHECK(site.run({"domain", "add", "hamburger.edu"}) == 1);
    CHECK_MESSAGE(site.one_line_of_error(), site.err);
    CHECK(site.run({"domain", "list"}) == 0);
    CHECK(site.out == "hamburger.edu\nm\u00fcller.example\n");
    CHECK(site.run({"domain", "list", "--json"}) == 0);
    CHECK(json::parse(site.out) == json{"hamburger.edu", "m\u00fcller.example"});

    // A short password causes a warning and is accepted.
    CHECK(site.run({"account", "add", "Bob", "--password-stdin"}, "hungry\n") == 0);
    CHECK(site.err.find("warning") != std::string::npos);
    CHECK(site.out.empty());
    CHECK(site.run({"account", "add", "bob@hamburger.edu", "--generate"}) == 1);
    CHECK(site.run({"account", "add", "janice@m\u00fcller.example", "--generate"}) == 0);
    CHECK(site.out.size() == 24);  // the password and a line end: for scripts
    CHECK(site.run({"account", "add", "eve", "--generate", "--json"}) == 0);
    CHECK(json::parse(site.out)["account"] == "eve@hamburger.edu");
    CHECK(json::parse(site.out)["password"].get<std::string>().size() == 23);

    CHECK(site.run({"account", "list"}) == 0);
    CHECK(site.out ==
          "bob@hamburger.edu  0 B, 0 messages, no quota\neve@hamburger.edu  0 B, 0 messages, no quota\n"
          "janice@m\u00fcller.example  0 B, 0 messages, no quota\n");
    CHECK(site.run({"account", "quota", "bob", "5GiB"}) == 0);
    CHECK(site.run({"account", "quota", "bob"}) == 0);
    CHECK(site.out == "0 B of 5.0 GiB, 0 messages\n");
    CHECK(site.run({"account", "quota", "bob", "--messages", "1000"}) == 0);
    CHECK(site.run({"account", "quota", "bob"}) == 0);
    CHECK(site.out == "0 B of 5.0 GiB, 0 of 1000 messages\n");
    CHECK(site.run({"account", "list"}) == 0);
    CHECK_MESSAGE(site.out.starts_with("bob@hamburger.edu  0 B of 5.0 GiB, 0 of 1000 messages\n"), site.out);
    CHECK(site.run({"account", "quota", "bob", "--messages", "-1"}) == 2);
    CHECK(site.run({"account", "quota", "bob", "--messages", "99999999999999999999"}) == 2);
    CHECK(site.run({"account", "quota", "bob", "--messages", "none"}) == 0);
    CHECK(site.run({"account", "quota", "bob", "none"}) == 0);
    CHECK(site.run({"account", "list", "--json"}) == 0);
    CHECK(json::parse(site.out)[0]["quota_octets"].is_null());
    CHECK(json::parse(site.out)[0]["quota_messages"].is_null());

    CHECK(site.run({"account", "passwd", "bob", "--password-stdin"}, "tigermoth-2\r\n") == 0);
    CHECK(site.err.empty());
    CHECK(site.run({"account", "passwd", "nobody", "--password-stdin"}, "x\n") == 1);
    CHECK(site.run({"account", "passwd", "bob", "--password-stdin"}, "\n") == 1);
    CHECK(site.run({"domain", "remove", "hamburger.edu"}) == 1);
    CHECK(site.run({"account", "uidonly", "bob", "--json"}) == 0);
    CHECK(json::parse(site.out) == json{{"account", "bob@hamburger.edu"}, {"uidonly", false}});
    CHECK(site.run({"account", "remove", "bob"}) == 0);
    CHECK(site.out == "bob@hamburger.edu and 0 messages are removed\n");
    CHECK(site.run({"account", "remove", "bob"}) == 1);
}

TEST_CASE("aliases") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    REQUIRE(site.run({"account", "add", "bob", "--generate"}) == 0);
    CHECK(site.run({"alias", "add", "sales", "bob", "eve@far.org"}) == 0);
    CHECK(site.run({"alias", "add", "@x.org", "bob"}) == 0);
    CHECK(site.run({"alias", "list"}) == 0);
    CHECK(site.out == "@x.org bob@x.org\nsales@x.org bob@x.org eve@far.org\n");
    CHECK(site.run({"alias", "list", "sales", "--json"}) == 0);
    CHECK(json::parse(site.out) == json::parse(R"([{"alias":"sales@x.org","targets":["bob@x.org","eve@far.org"]}])"));
    CHECK(site.run({"alias", "remove", "sales", "eve@far.org"}) == 0);
    CHECK(site.run({"alias", "remove", "sales"}) == 0);
    CHECK(site.run({"alias", "remove", "sales"}) == 1);
    // What a local part elsewhere means is for its own server to say: kept to the letter (CLIENTS.md 29).
    const std::vector<std::string> odd = {R"("a b"@far.org)", ".a@far.org", "Eve.Smith@far.org", "a.@far.org",
                                          "a..b@far.org"};
    std::vector<std::string> add = {"alias", "add", "odd"};
    add.insert(add.end(), odd.begin(), odd.end());
    CHECK(site.run(add) == 0);
    CHECK(site.run({"alias", "list", "odd", "--json"}) == 0);
    const std::vector<std::string> listed = json::parse(site.out)[0]["targets"];
    CHECK(std::ranges::is_permutation(listed, odd));
    CHECK(site.run({"alias", "remove", "odd", "a..b@far.org"}) == 0);
    for (const char* none : {"a b@far.org", "a<b@far.org", "a@far.org>", R"("a@far.org)", "@far.org", "a..b@x.org",
                             "root@[127.0.0.1]", "root@[8.8.8.8]"}) {
        CAPTURE(none);
        CHECK(site.run({"alias", "add", "odd", none}) == 1);
        CHECK(site.one_line_of_error());
    }
    CHECK(site.run({"alias", "add", "bob", "eve@far.org"}) == 1);
    CHECK_MESSAGE(site.one_line_of_error(), site.err);
}

TEST_CASE("what is wrong with an alias or a target is said of that one, and nothing is done by halves") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    REQUIRE(site.run({"account", "add", "bob", "--generate"}) == 0);
    REQUIRE(site.run({"alias", "add", "info", "bob", "eve@far.org"}) == 0);
    CHECK(site.err.empty());
    CHECK(site.run({"alias", "remove", "info", "bob", "nobody"}) == 1);
    CHECK(site.err == "mailstead: nobody@x.org is no target of info@x.org\n");
    CHECK(site.run({"alias", "list", "info"}) == 0);
    CHECK(site.out == "info@x.org bob@x.org eve@far.org\n");
    CHECK(site.run({"alias", "list", "nope"}) == 1);
    CHECK(site.err == "mailstead: no such alias: nope@x.org\n");
    CHECK(site.run({"alias", "add", "loop", "bob", "loop"}) == 1);
    CHECK(site.err == "mailstead: an alias cannot lead to itself: loop@x.org\n");
    CHECK(site.run({"alias", "add", "team", "later"}) == 0);  // its account may follow
    CHECK(site.err == "mailstead: warning: mail for later@x.org reaches nobody yet\n");
}

TEST_CASE("who removes an account or a domain is told which aliases that changes") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    REQUIRE(site.run({"domain", "add", "y.org"}) == 0);
    for (const char* name : {"bob", "eve"}) REQUIRE(site.run({"account", "add", name, "--generate"}) == 0);
    REQUIRE(site.run({"alias", "add", "all", "bob", "eve", "far@far.org"}) == 0);
    REQUIRE(site.run({"alias", "add", "sales", "bob"}) == 0);
    REQUIRE(site.run({"alias", "add", "boss@y.org", "eve"}) == 0);
    CHECK(site.run({"account", "remove", "bob"}) == 0);
    CHECK(site.out ==
          "bob@x.org and 0 messages are removed\nthe alias all@x.org leads to eve@x.org far@far.org now\n"
          "the alias sales@x.org is removed: it led nowhere else\n");
    CHECK(site.run({"audit", "--most", "1", "--json"}) == 0);
    CHECK(json::parse(site.out)[0]["detail"] == "out of all@x.org sales@x.org");
    CHECK(site.run({"domain", "remove", "Y.org"}) == 0);
    CHECK(site.out == "the alias boss@y.org is removed\n");
    CHECK(site.run({"account", "remove", "eve", "--json"}) == 0);
    CHECK(json::parse(site.out)["aliases"] == json::parse(R"([{"alias":"all@x.org","targets":["far@far.org"]}])"));
}

TEST_CASE("counts have the form of their number") {
    CHECK(cli::counted(0, "thing is", "things are") == "0 things are");
    CHECK(cli::counted(1, "thing is", "things are") == "1 thing is");
    CHECK(cli::counted(2, "thing is", "things are") == "2 things are");
}

TEST_CASE("wrong usage is status 2 and one line") {
    Site site;
    const std::vector<std::vector<std::string>> rows = {{},
                                                        {"nonsense"},
                                                        {"account"},
                                                        {"account", "add"},
                                                        {"account", "add", "bob", "--password-stdin", "--generate"},
                                                        {"account", "add", "bob", "surplus", "--generate"},
                                                        {"queue", "show"},
                                                        {"queue", "show", "-1"},
                                                        {"queue", "drop", "x"},
                                                        {"alias", "add", "bob"},
                                                        {"check", "--nonsense"}};
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    for (const auto& row : rows) {
        CAPTURE(row.size() > 1 ? row[1] : "");
        CHECK(site.run(row) == 2);
        CHECK_MESSAGE(site.one_line_of_error(), site.err);
    }
    CHECK(site.run({"account", "add", "bob"}) == 2);  // no password and no one to ask
}

TEST_CASE("what is wrong in a command line is named") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    const struct {
        std::vector<std::string> words;
        std::string_view named;
    } rows[] = {{{"nonsense"}, "unknown command \"nonsense\""},
                {{"nonsense", "--hard"}, "unknown command \"nonsense\""},
                {{"account", "frobnicate", "bob"}, "unknown command \"account frobnicate\""},
                {{"queue", "lost"}, "unknown command \"queue lost\""},
                {{}, "a command is needed"},
                {{"queue", "show", "x7"}, "\"x7\" is not the number of a message"},
                {{"queue", "drop", "0"}, "\"0\" is not the number of a message"},
                {{"queue", "retry", "99999999999999999999"}, "\"99999999999999999999\" is not the number"},
                {{"account", "quota", "bob", "much"}, "\"much\" is not a size"},
                {{"account", "quota", "bob", "--messages", "few"}, "\"few\" is not a number"},
                {{"ban", "lift", "nobody"}, "\"nobody\" is not an address"},
                {{"ban", "lift", "10.0.0.0/8"}, "\"10.0.0.0/8\" is no network that is banned as one"},
                {{"alias", "add", "bob"}, "target is required (see mailstead alias add --help)"},
                {{"account", "frobnicate"}, "(see mailstead account --help)"},
                {{"account", "quota", "bob", "much"}, "(see mailstead account quota --help)"},
                {{}, "(see mailstead --help)"},
                {{"check", "--nonsense"}, "--nonsense"}};
    for (const auto& row : rows) {
        CHECK(site.run(row.words) == 2);
        CHECK_MESSAGE(site.one_line_of_error(), site.err);
        CHECK_MESSAGE(site.err.find(row.named) != std::string::npos, site.err);
    }
}

TEST_CASE("a data directory or store that is not there is made by serve and domain add alone") {
    Site site;
    const std::vector<std::vector<std::string>> rows = {
        {"domain", "list"},    {"domain", "remove", "x.org"},
        {"account", "list"},   {"account", "add", "bob@x.org", "--generate"},
        {"alias", "list"},     {"queue", "list"},
        {"queue", "retry"},    {"check"},
        {"check", "--repair"}, {"ban", "list"},
        {"rollback"},          {"backup", site.path("copy.db").string()}};
    for (const auto& row : rows) {
        CAPTURE(row[0]);
        CHECK(site.run(row) == 1);
        CHECK_MESSAGE(site.one_line_of_error(), site.err);
        CHECK_MESSAGE(site.err.find(site.path("data").string()) != std::string::npos, site.err);
        CHECK_FALSE(std::filesystem::exists(site.path("data")));
    }
    std::filesystem::create_directory(site.path("data"));
    for (const auto& row : rows) {
        CAPTURE(row[0]);
        CHECK(site.run(row) == 1);
        CHECK_MESSAGE(site.one_line_of_error(), site.err);
        CHECK_FALSE(std::filesystem::exists(site.path("data") / "mailstead.db"));
    }
    CHECK(site.run({"domain", "add", "bad domain"}) == 1);
    CHECK(site.err == "mailstead: not a domain name: bad domain\n");
    CHECK_FALSE(std::filesystem::exists(site.path("data") / "mailstead.db"));
    CHECK(site.run({"domain", "add", "x.org"}) == 0);
    CHECK(site.run({"domain", "list"}) == 0);
}

TEST_CASE("the help of every command shows what every command takes") {
    Site site;
    const std::vector<std::vector<std::string>> rows = {
        {"--help"},          {"account", "--help"}, {"account", "list", "--help"}, {"queue", "show", "--help"},
        {"serve", "--help"}, {"restore", "--help"}};
    for (const auto& row : rows) {
        CHECK(site.run(row) == 0);
        for (const char* option : {"--config", "--data", "--json"}) {
            CHECK_MESSAGE(site.out.find(option) != std::string::npos, site.out);
        }
    }
}

TEST_CASE("the trace: what happened to a message, for people and as JSON; nothing found is a failure for people") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    {
        storage::StoreOptions options;
        options.path = site.path("data") / "mailstead.db";
        options.trace.keep = std::chrono::hours(1);
        storage::Store store(options);
        storage::Acceptance acceptance;  // which was tried once, and has left the queue
        acceptance.summary = "s";
        acceptance.content.octets = std::make_shared<const std::string>();
        acceptance.remote = storage::NewQueueMessage{.reverse_path = "a@b.test", .envelope_id = {}, .session = {}};
        acceptance.remote->recipients = {{"y@c.test", 0, ""}};
        const auto queued = store.write_now(storage::accept_message(acceptance)).value().queue_message.value();
        const auto recipient = store.read_now(storage::get_queue_message(queued)).value().recipients.at(0).id;
        storage::AttemptOutcome outcome{
            .recipient = recipient, .reply = "450 4.2.0 later", .status = "4.2.0", .remote = "mx.c.test"};
        REQUIRE(store.write_now(storage::record_attempt(queued, {outcome}, 3'999'999'000, {}, {}, {})));
        outcome.state = storage::RecipientState::delivered;
        outcome.status = "2.0.0";
        outcome.remote = "mx.c.test";
        outcome.reply = "ok\x1b[2J";
        REQUIRE(store.write_now(
            storage::record_attempt(queued, {outcome}, 4'000'000'000, {}, {},
                                    {.address = "192.0.2.9", .tls = "TLSv1.3 X", .protection = "dane"})));
        storage::TraceText story;
        for (const auto& [name, value] : {std::pair("from", "a@b.test"), std::pair("refused", "too large")}) {
            story.add(name, value);
        }
        story.add_filed(storage::MailboxId{77}, storage::Uid{3});
        story.add_queued(queued);
        REQUIRE(store.write_now(storage::note_in_trace(4'000'000'000, story)));
    }
    CHECK(site.run({"trace", "<A@b.test>"}) == 0);
    CHECK(site.out ==
          "2096-10-02T07:06:40Z  refused\n"
          "    from        a@b.test\n"
          "    refused     too large\n"
          "    filed       a mailbox that has been deleted since, as UID 3\n"
          "    queued      as 1, and has left the queue\n"
          "    attempt     2096-10-02T06:50:00Z  <y@c.test> deferred mx.c.test: 450 4.2.0 later\n"
          "    attempt     2096-10-02T07:06:40Z  <y@c.test> delivered mx.c.test 192.0.2.9 TLSv1.3 X dane: 2.0.0 "
          "ok?[2J\n");
    CHECK(site.run({"trace", "1", "--json"}) == 0);
    const json entry = json::parse(site.out).at(0);
    CHECK(entry["at"] == 4'000'000'000);
    CHECK(entry["outcome"] == "refused");
    CHECK(entry["story"][0] == json{{"what", "from"}, {"value", "a@b.test"}});
    CHECK(entry["filed"][0]["uid"] == 3);
    CHECK(entry["queued"][0]["queue_id"] == 1);
    CHECK(entry["queued"][0]["recipients"].empty());
    CHECK(entry["queued"][0]["attempts"][0]["outcome"] == "deferred");
    CHECK(entry["queued"][0]["attempts"][1]["protection"] == "dane");
    CHECK(site.run({"trace", "nobody@b.test"}) == 1);
    CHECK_MESSAGE(site.one_line_of_error(), site.err);
    CHECK(site.run({"trace", "nobody@b.test", "--json"}) == 0);
    CHECK(json::parse(site.out).empty());
    CHECK(site.run({"trace", "a@b.test", "--since", "soon"}) == 2);
}

TEST_CASE("bans are listed and lifted") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    const auto shut_out = [&](const std::string& address) {
        storage::StoreOptions options;
        options.path = site.path("data") / "mailstead.db";
        storage::Store store(options);
        REQUIRE(store.write_now(storage::put_ban({address, 1, 4'000'000'000})));
    };
    CHECK(site.run({"ban", "list"}) == 0);
    CHECK(site.out.empty());
    shut_out("192.0.2.1");
    shut_out("2001:db8::/64");
    CHECK(site.run({"ban", "list"}) == 0);
    CHECK(site.out ==
          "192.0.2.1  until Tue, 2 Oct 2096 07:06:40 +0000\n2001:db8::/64  until Tue, 2 Oct 2096 07:06:40 +0000\n");
    CHECK(site.run({"ban", "list", "--json"}) == 0);
    CHECK(json::parse(site.out)[0] == json{{"address", "192.0.2.1"}, {"since", 1}, {"until", 4'000'000'000}});
    CHECK(site.run({"ban", "lift", "192.0.2.9"}) == 1);
    CHECK_MESSAGE(site.one_line_of_error(), site.err);
    CHECK(site.run({"ban", "lift", "2001:db8::77"}) == 0);  // any address of the /64
    CHECK(site.out == "1 address is let in again\n");
    shut_out("2001:db8::/64");
    CHECK(site.run({"ban", "lift", "2001:db8::/64"}) == 0);  // or as the list shows it
    CHECK(site.run({"ban", "lift", "all", "--json"}) == 0);
    CHECK(json::parse(site.out)["lifted"] == 1);
    CHECK(site.run({"ban", "list"}) == 0);
    CHECK(site.out.empty());
}

TEST_CASE("sessions: listed, ended by their id, or all of an account") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    REQUIRE(site.run({"account", "add", "bob", "--password-stdin"}, "hungry\n") == 0);
    CHECK(site.run({"session", "list"}) == 0);
    CHECK(site.out.empty());
    const auto store = [&] { return storage::StoreOptions{.path = site.path("data") / "mailstead.db"}; };
    std::int64_t generation = 0;
    {
        storage::Store opened(store());
        const auto bob = opened.read_now(storage::find_credentials("bob@x.org")).value();
        generation = bob.generation;
        REQUIRE(opened.write_now(storage::write_sessions(
            "mail", {{.id = "d1", .account = bob.account.id, .door = "imap", .address = "192.0.2.1", .since = 4}},
            {})));
    }
    CHECK(site.run({"session", "list"}) == 0);
    CHECK(site.out == "d1  bob@x.org  imap  192.0.2.1  since Thu, 1 Jan 1970 00:00:04 +0000\n");
    CHECK(site.run({"session", "list", "--json"}) == 0);
    const json listed{
        {"session", "d1"}, {"account", "bob@x.org"}, {"door", "imap"}, {"address", "192.0.2.1"}, {"since", 4}};
    CHECK(json::parse(site.out) == json::array({listed}));

    CHECK(site.run({"session", "end", "d1"}) == 0);
    CHECK(site.out == "1 session is ended\n");
    CHECK(site.run({"session", "end", "bob", "--json"}) == 0);
    CHECK(json::parse(site.out)["ended"] == 1);
    CHECK(site.run({"session", "end", "nobody"}) == 1);
    CHECK_MESSAGE(site.one_line_of_error(), site.err);
    {
        storage::Store opened(store());
        const auto bob = opened.read_now(storage::find_credentials("bob@x.org")).value();
        REQUIRE(opened.write_now(storage::begin_web_session({.id = "w1",
                                                             .log_in = {bob.account.id, bob.generation},
                                                             .form_token = "f",
                                                             .since = 5,
                                                             .used_at = 6,
                                                             .expires_at = 4'000'000'000,
                                                             .address = "192.0.2.2",
                                                             .user_agent = "a\tbrowser"},
                                                            "hash", 9)));
    }
    CHECK(site.run({"session", "list"}) == 0);
    CHECK(site.out.contains("\nw1  bob@x.org  http  192.0.2.2  since Thu, 1 Jan 1970 00:00:05 +0000  a?browser\n"));
    CHECK(site.run({"session", "list", "--json"}) == 0);
    CHECK(json::parse(site.out)[1]["user_agent"] == "a\tbrowser");
    CHECK(site.run({"session", "end", "w1"}) == 0);
    CHECK(site.out == "1 session is ended\n");
    CHECK(site.run({"session", "end", "w1"}) == 1);
    storage::Store opened(store());
    CHECK(opened.read_now(storage::sessions_to_end("mail")).value() == std::vector<std::string>{"d1"});
    CHECK(opened.read_now(storage::find_credentials("bob@x.org")).value().generation == generation + 1);
}

TEST_CASE("app passwords: made and shown once, listed, removed") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    REQUIRE(site.run({"account", "add", "bob", "--password-stdin"}, "hungry\n") == 0);
    CHECK(site.run({"account", "app-password", "list", "bob"}) == 0);
    CHECK(site.out.empty());
    CHECK(site.run({"account", "app-password", "add", "bob", "phone"}) == 0);
    CHECK(site.out.size() == 30);
    const std::string password = site.out.substr(0, 29);
    CHECK(site.run({"account", "app-password", "add", "bob", "Phone"}) == 1);
    CHECK(site.err == "mailstead: there is an app password \"Phone\" already\n");
    CHECK(site.run({"account", "app-password", "add", "bob", "a%b"}) == 1);
    CHECK(site.run({"account", "app-password", "add", "eve", "phone"}) == 1);
    CHECK(site.run({"account", "app-password", "add", "bob", "pad", "--scope", "some"}) == 2);
    CHECK(site.run({"account", "app-password", "add", "bob", "pad", "--expires", "soon"}) == 2);
    CHECK(site.run({"account", "app-password", "add", "bob", "pad", "--scope", "send", "--expires", "90d", "--json"}) ==
          0);
    const json made = json::parse(site.out);
    CHECK(made["account"] == "bob@x.org");
    CHECK(made["scope"] == "send");
    CHECK(made["password"].get<std::string>().size() == 29);
    CHECK(made["expires_at"].get<std::int64_t>() > std::time(nullptr) + 89 * 86'400);

    CHECK(site.run({"account", "app-password", "list", "bob"}) == 0);
    CHECK(site.out.starts_with("phone  all  since "));
    CHECK(site.out.contains(", never used\npad  send  since "));
    CHECK_FALSE(site.out.contains(password));
    CHECK(site.run({"account", "app-password", "list", "bob", "--json"}) == 0);
    const json listed = json::parse(site.out);
    CHECK(listed.size() == 2);
    CHECK(listed[0]["label"] == "phone");
    CHECK(listed[0]["expires_at"].is_null());
    CHECK(listed[0]["used_at"].is_null());
    CHECK(listed[1]["expires_at"] == made["expires_at"]);

    CHECK(site.run({"account", "app-password", "remove", "bob"}) == 2);
    CHECK(site.run({"account", "app-password", "remove", "bob", "desk"}) == 1);
    CHECK_MESSAGE(site.one_line_of_error(), site.err);
    CHECK(site.run({"account", "app-password", "remove", "bob", "PHONE"}) == 0);
    CHECK(site.out == "1 app password is removed, and sessions with it are ended\n");
    CHECK(site.run({"account", "app-password", "remove", "bob", "--all", "--json"}) == 0);
    CHECK(json::parse(site.out)["removed"] == 1);
    CHECK(site.run({"audit"}) == 0);
    CHECK(site.out.contains("account.app-password.add"));
    CHECK_FALSE(site.out.contains(password));
}

TEST_CASE("a second factor: begun, confirmed by a code, shown, turned off") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    REQUIRE(site.run({"account", "add", "bob", "--password-stdin"}, "hungry\n") == 0);
    CHECK(site.run({"account", "second-factor", "bob", "status"}) == 0);
    CHECK(site.out == "off\n");
    CHECK(site.run({"account", "second-factor", "bob", "off"}) == 1);
    CHECK(site.run({"account", "second-factor", "bob", "maybe"}) == 2);
    CHECK(site.run({"account", "second-factor", "bob", "off", "--code", "1"}) == 2);
    CHECK(site.run({"account", "second-factor", "bob", "on", "--code", "000000"}) == 1);
    CHECK_MESSAGE(site.one_line_of_error(), site.err);
    CHECK(site.run({"account", "second-factor", "bob", "on"}) == 0);
    CHECK(site.out.starts_with("otpauth://totp/"));
    CHECK(site.run({"account", "second-factor", "bob", "on", "--json"}) == 0);
    CHECK(json::parse(site.out)["secret"].get<std::string>().size() == 32);
    CHECK(site.run({"account", "second-factor", "bob", "status"}) == 0);
    CHECK(site.out == "off, waits for its first code\n");
    const auto code = [&] {
        storage::Store opened(storage::StoreOptions{.path = site.path("data") / "mailstead.db"});
        const auto factor = opened.read_now(storage::find_second_factor({1})).value();
        return auth::hotp(factor->secret, static_cast<std::uint64_t>(auth::totp_step(std::time(nullptr))));
    }();
    CHECK(site.run({"account", "second-factor", "bob", "on", "--code", code, "--json"}) == 0);
    CHECK(json::parse(site.out)["recovery_codes"].size() == 10);
    CHECK(site.run({"account", "second-factor", "bob", "on"}) == 1);
    CHECK(site.err == "mailstead: the second factor is on already\n");
    CHECK(site.run({"account", "second-factor", "bob", "status"}) == 0);
    CHECK(site.out.ends_with(", 10 recovery codes left\n"));
    CHECK(site.run({"account", "second-factor", "bob", "status", "--json"}) == 0);
    CHECK(json::parse(site.out)["second_factor"] == "on");
    CHECK(site.run({"account", "second-factor", "bob", "off", "--json"}) == 0);
    CHECK(site.run({"account", "second-factor", "bob", "status"}) == 0);
    CHECK(site.out == "off\n");
}

TEST_CASE("accounts are suspended and resumed, and listed so") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    REQUIRE(site.run({"account", "add", "bob", "--password-stdin"}, "hungry\n") == 0);
    CHECK(site.run({"account", "resume", "bob"}) == 1);
    CHECK(site.err == "mailstead: bob@x.org is not suspended\n");
    CHECK(site.run({"account", "suspend", "bob"}) == 0);
    CHECK(site.run({"account", "suspend", "bob"}) == 1);
    CHECK(site.err == "mailstead: bob@x.org is suspended\n");
    CHECK(site.run({"account", "list"}) == 0);
    CHECK(site.out.ends_with(", suspended\n"));
    CHECK(site.run({"account", "list", "--json"}) == 0);
    CHECK(json::parse(site.out)[0]["suspended"] == true);
    CHECK(site.run({"account", "resume", "bob"}) == 0);
    CHECK(site.run({"account", "list"}) == 0);
    CHECK(site.out.find("suspended") == std::string::npos);
    CHECK(site.run({"account", "suspend", "nobody"}) == 1);
}

TEST_CASE("backup and restore") {
    Site site;
    const std::string copy = site.path("copy.db").string();
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    REQUIRE(site.run({"backup", copy}) == 0);
    REQUIRE(site.run({"domain", "add", "y.org"}) == 0);
    CHECK(site.run({"restore", site.path("nothing.db").string()}) == 1);
    CHECK_MESSAGE(site.one_line_of_error(), site.err);
    std::ofstream(site.path("text.db")) << "no database\n";
    CHECK(site.run({"restore", site.path("text.db").string()}) == 1);
    CHECK_MESSAGE(site.one_line_of_error(), site.err);
    CHECK_MESSAGE(site.err.ends_with("text.db is no copy of a store: it is no database\n"), site.err);
    CHECK(site.run({"domain", "list"}) == 0);
    CHECK(site.out == "x.org\ny.org\n");

    CHECK(site.run({"restore", copy, "--json"}) == 0);
    const std::string kept = json::parse(site.out)["kept"];
    CHECK(std::filesystem::exists(kept));
    CHECK(site.run({"domain", "list"}) == 0);
    CHECK(site.out == "x.org\n");
    CHECK(site.run({"check"}) == 0);
    CHECK_MESSAGE(site.out.find("are free inside") != std::string::npos, site.out);
    CHECK(site.run({"restore", kept}) == 0);  // and back
    CHECK(site.run({"domain", "list"}) == 0);
    CHECK(site.out == "x.org\ny.org\n");

    std::filesystem::remove_all(site.path("data"));  // a new machine
    CHECK(site.run({"restore", copy}) == 0);
    CHECK(site.run({"domain", "list"}) == 0);
    CHECK(site.out == "x.org\n");
    {
        storage::StoreOptions options;
        options.path = site.path("data") / "mailstead.db";
        const storage::Store running(options);
        CHECK(site.run({"restore", copy}) == 1);
        CHECK_MESSAGE(site.err.find("in use") != std::string::npos, site.err);
    }
}

TEST_CASE("check says of each finding whether it was mended, and restore names the way out") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    const std::filesystem::path file = site.path("data") / "mailstead.db";
    REQUIRE(site.run({"account", "add", "bob", "--generate"}) == 0);
    {
        storage::engine::Connection connection({.path = file});
        connection.execute("PRAGMA foreign_keys = OFF");
        connection.execute("DELETE FROM credential");
        connection.execute("INSERT INTO subscription (account_id, name) VALUES (99, 'X')");
    }
    const std::string copy = site.path("damaged.db").string();
    REQUIRE(site.run({"backup", copy}) == 0);
    CHECK(site.run({"check", "--repair"}) == 1);
    CHECK_MESSAGE(site.out.find("has no credentials (cannot be mended)\n") != std::string::npos, site.out);
    CHECK_MESSAGE(site.out.find("belongs to no account (mended)\n") != std::string::npos, site.out);
    CHECK(site.err == "mailstead: 1 thing is wrong with the store\n");
    CHECK(site.run({"restore", copy}) == 1);
    CHECK_MESSAGE(site.err.find("--even-if-damaged") != std::string::npos, site.err);
    CHECK(site.run({"restore", copy, "--even-if-damaged"}) == 0);
}

TEST_CASE("the queue: mail is chosen, held, released, shown with its attempts, counted by destination, and dropped") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    {
        storage::StoreOptions options;
        options.path = site.path("data") / "mailstead.db";
        storage::Store store(options);
        const auto put = [&](std::vector<std::string> to, std::int64_t at) {
            const std::string text = "Subject: one\x1b[2J\r\n\tfolded\r\n\r\nHello\r\n" + std::string(5000, 'x');
            storage::Acceptance made;
            SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), made.content.sha256.data());
            made.content.size_octets = text.size();
            made.content.octets = std::make_shared<const std::string>(text);
            made.received_at = at;
            made.remote = storage::NewQueueMessage{
                .reverse_path = "bob@x.org", .envelope_id = {}, .session = {}, .recipients = {}};
            for (std::string& path : to) made.remote->recipients.push_back({std::move(path), 0, {}});
            REQUIRE(store.write_now(storage::accept_message(made)));
        };
        put({"a@one.test", "b@two.test"}, std::time(nullptr));
        put({"c@two.test"}, std::time(nullptr) - 7200);
        const auto queued = store.read_now(storage::get_queue_message({1}));
        REQUIRE(store.write_now(storage::record_attempt(
            {1},
            {{.recipient = queued->recipients[0].id,
              .next_attempt_at = std::time(nullptr) + 60,
              .reply = "451 \x1b later",
              .status = "4.0.0",
              .remote = "mx.one.test"}},
            std::time(nullptr), {}, {},
            {.address = "192.0.2.1", .tls = "TLSv1.3 TLS_AES_256_GCM_SHA384", .protection = "dane"})));
    }
    const auto listed = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {"queue", "list", "--json"});
        REQUIRE(site.run(words) == 0);
        std::string paths;
        for (const json& message : json::parse(site.out)) {
            for (const json& recipient : message["recipients"]) {
                paths +=
                    recipient["forward_path"].get<std::string>() + " " + recipient["state"].get<std::string>() + " ";
            }
        }
        return paths;
    };
    CHECK(listed({"--domain", "two.test"}) == "b@two.test pending c@two.test pending ");
    CHECK(listed({"--older", "1h"}) == "c@two.test pending ");
    CHECK(listed({"--recipient", "a@one.test"}) == "a@one.test pending ");
    CHECK(listed({"--sender", "<>"}).empty());
    CHECK(listed({"2"}) == "c@two.test pending ");
    for (const char* command : {"hold", "release", "drop"}) {
        CHECK(site.run({"queue", command}) == 2);
        CHECK(site.err.find("which mail?") != std::string::npos);
        CHECK(site.run({"queue", command, "1", "--all"}) == 2);
        CHECK(site.run({"queue", command, "--older", "long"}) == 2);
        CHECK(site.run({"queue", command, "9"}) == 1);
    }
    CHECK(site.run({"queue", "hold", "--domain", "two.test"}) == 0);
    CHECK(site.out == "2 recipients are held\n");
    CHECK(listed({}) == "a@one.test pending b@two.test held c@two.test held ");
    CHECK(site.run({"queue", "release", "--domain", "two.test", "--older", "1h"}) == 0);
    CHECK(site.out == "1 recipient is released\n");

    CHECK(site.run({"queue", "show", "1"}) == 0);
    CHECK(site.out.find('\x1b') == std::string::npos);
    CHECK(site.out.find("to <b@two.test>  held, 0 attempts\n") != std::string::npos);
    CHECK(site.out.find("<a@one.test>  deferred  mx.one.test (192.0.2.1)  TLSv1.3 TLS_AES_256_GCM_SHA384, dane\n"
                        "        451 ? later\n") != std::string::npos);
    CHECK(site.out.find("    Subject: one?[2J\n     folded\n    \n    Hello\n") != std::string::npos);
    CHECK(std::ranges::count(site.out, 'x') < 1100);
    CHECK(site.run({"queue", "show", "1", "--json"}) == 0);
    const json shown = json::parse(site.out);
    CHECK(shown["attempts"].size() == 1);
    CHECK(shown["attempts"][0]["protection"] == "dane");
    CHECK(shown["attempts"][0]["outcome"] == "deferred");
    CHECK(shown["content"].get<std::string>().starts_with("Subject: one"));

    CHECK(site.run({"queue", "stats"}) == 0);
    CHECK(site.out.find("one.test  1 pending, 0 held, oldest ") != std::string::npos);
    CHECK(site.out.find("in 24 hours: 1 attempt, 0 delivered, 0 failed; the last ") != std::string::npos);
    CHECK(site.run({"queue", "stats", "--json"}) == 0);
    CHECK(json::parse(site.out)[1]["held"] == 1);

    CHECK(site.run({"queue", "drop", "--recipient", "a@one.test"}) == 0);
    CHECK(site.out == "1 recipient is dropped, 0 messages have left the queue\n");
    CHECK(site.run({"queue", "drop", "--all", "--json"}) == 0);
    CHECK(json::parse(site.out) == json{{"recipients", 2}, {"messages", 2}, {"untold_failures", 0}});
    CHECK(listed({}).empty());
    CHECK(site.run({"audit"}) == 0);
    CHECK(site.out.find("subject=\"--domain two.test --older 1h\"") != std::string::npos);
    CHECK(site.run({"check"}) == 0);
}

TEST_CASE("suppressed addresses are listed and lifted") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    REQUIRE(site.run({"account", "add", "bob", "--generate"}) == 0);
    CHECK(site.run({"queue", "suppressed", "list"}) == 0);
    CHECK(site.out.empty());
    CHECK(site.run({"queue", "suppressed", "lift", "gone@far.test"}) == 1);
    CHECK(site.err == "mailstead: gone@far.test is not suppressed\n");
    {
        storage::StoreOptions options;
        options.path = site.path("data") / "mailstead.db";
        storage::Store store(options);
        const std::int64_t now = std::time(nullptr);
        storage::Acceptance made;
        const std::string text = "Subject: one\r\n\r\n";
        SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), made.content.sha256.data());
        made.content.size_octets = text.size();
        made.content.octets = std::make_shared<const std::string>(text);
        made.received_at = now;
        made.remote = storage::NewQueueMessage{.reverse_path = "bob@x.org",
                                               .envelope_id = {},
                                               .session = {},
                                               .account = {1},
                                               .recipients = {{"gone@far.test", 0, {}}}};
        REQUIRE(store.write_now(storage::accept_message(made)));
        const auto queued = store.read_now(storage::get_queue_message({1}));
        REQUIRE(store.write_now(storage::record_attempt({1},
                                                        {{.recipient = queued->recipients[0].id,
                                                          .state = storage::RecipientState::failed,
                                                          .reply = "550 5.1.1 \x1b nobody",
                                                          .status = "5.1.1",
                                                          .remote = "mx.far.test",
                                                          .bad_address = true}},
                                                        now, {}, {}, {}, {.after = 1})));
    }
    CHECK(site.run({"queue", "suppressed", "list"}) == 0);
    CHECK(site.out.starts_with("gone@far.test  from bob@x.org  1 failure, since "));
    CHECK(site.out.ends_with("\n    550 5.1.1 ? nobody\n"));
    CHECK(site.run({"queue", "suppressed", "list", "--json", "--account", "bob"}) == 0);
    CHECK(json::parse(site.out)[0]["account"] == "bob@x.org");
    CHECK(json::parse(site.out)[0]["failures"] == 1);
    CHECK(site.run({"queue", "suppressed", "lift", "all", "--account", "eve"}) == 0);
    CHECK(site.out == "0 addresses are sent to again\n");
    CHECK(site.run({"queue", "suppressed", "lift", "gone@far.test"}) == 0);
    CHECK(site.out == "1 address is sent to again\n");
    CHECK(site.run({"queue", "suppressed", "list", "--json"}) == 0);
    CHECK(json::parse(site.out).empty());
}

TEST_CASE("what an account has sent is shown and lifted") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    REQUIRE(site.run({"account", "add", "bob", "--generate"}) == 0);
    CHECK(site.run({"account", "limits", "eve"}) == 1);
    CHECK(site.run({"account", "limits", "bob"}) == 0);
    CHECK(site.out ==
          "this hour: 0 messages of 1000, 0 recipients of 2000\n"
          "this day: 0 messages of 5000, 0 recipients of 10000\n"
          "log-ins within an hour: from 0 networks of 20\n");
    {
        storage::StoreOptions options;
        options.path = site.path("data") / "mailstead.db";
        storage::Store store(options);
        auto nothing = [](storage::engine::Batch&) -> std::optional<storage::Result<std::monostate>> {
            return std::monostate();
        };
        REQUIRE(store.write_now(storage::within_sending_limits(
            {1}, {}, 7, std::time(nullptr),
            storage::Operation<std::monostate>{storage::Durability::synced, std::move(nothing)})));
        REQUIRE(store.write_now(storage::note_login_network({1}, "192.0.0.0/16", std::time(nullptr))));
    }
    CHECK(site.run({"account", "limits", "bob"}) == 0);
    CHECK(site.out.starts_with("this hour: 1 message of 1000, 7 recipients of 2000 since "));
    CHECK(site.run({"account", "limits", "bob", "--json"}) == 0);
    CHECK(json::parse(site.out)["day"]["recipients"] == 7);
    CHECK(json::parse(site.out)["limits"]["recipients_per_day"] == 10'000);
    CHECK(json::parse(site.out)["login_networks"][0]["network"] == "192.0.0.0/16");
    CHECK(site.run({"account", "limits", "bob"}) == 0);
    CHECK(site.out.contains("log-ins within an hour: from 1 network of 20\n"));
    CHECK(site.out.ends_with("  192.0.0.0/16\n"));
    CHECK(site.run({"account", "limits", "bob", "--lift"}) == 0);
    CHECK(site.run({"account", "limits", "bob"}) == 0);
    CHECK(site.out.starts_with("this hour: 0 messages of 1000, 0 recipients of 2000\n"));
    CHECK(site.out.ends_with("from 0 networks of 20\n"));
}

TEST_CASE("queue, check, backup, version, config") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    CHECK(site.run({"queue", "list"}) == 0);
    CHECK(site.out.empty());
    CHECK(site.run({"queue", "list", "--json"}) == 0);
    CHECK(json::parse(site.out) == json::array());
    CHECK(site.run({"queue", "show", "7"}) == 1);
    CHECK(site.err == "mailstead: 7 is not in the queue\n");
    CHECK(site.run({"queue", "drop", "7"}) == 1);
    CHECK(site.run({"queue", "retry"}) == 0);
    CHECK(site.out == "0 recipients are due now\n");

    CHECK(site.run({"check"}) == 0);
    CHECK(site.run({"check", "--repair", "--json"}) == 0);
    CHECK(json::parse(site.out)["findings"] == json::array());
    CHECK(site.run({"backup", site.path("copy.db").string()}) == 0);
    CHECK(std::filesystem::exists(site.path("copy.db")));
    CHECK(site.run({"backup", site.path("copy.db").string()}) == 1);

    CHECK(site.run({"version"}) == 0);
    CHECK(site.out.starts_with("mailstead "));
    const std::string version = site.out;
    CHECK(site.run({"--version"}) == 0);
    CHECK(site.out == version);
    CHECK(site.run({"--help"}) == 0);
    for (const char* word : {"MAILSTEAD_CONFIG", "/etc/mailstead/mailstead.toml", "Exit status"}) {
        CHECK_MESSAGE(site.out.find(word) != std::string::npos, site.out);
    }
    CHECK(site.run({"version", "--data", "/elsewhere"}) == 0);  // given twice, the last one counts
    CHECK(site.run({"config"}) == 0);
    CHECK(site.out.find("argon2_memory = \"64KiB\"") != std::string::npos);
    CHECK(site.run({"--help"}) == 0);
    CHECK(site.run({"account", "--help"}) == 0);
    CHECK(site.out.find("passwd") != std::string::npos);
}

// CLIENTS.md 27: one command goes back, and error messages name it.
TEST_CASE("after an upgrade that did no good: rollback") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    CHECK(site.run({"rollback"}) == 1);
    CHECK_MESSAGE(site.one_line_of_error(), site.err);
    const std::filesystem::path file = site.path("data") / "mailstead.db";
    {  // a newer Mailstead ran
        std::vector<storage::engine::Migration> migrations;
        for (const auto& migration : storage::engine::migrations()) migrations.push_back(migration);
        const int number = migrations.back().number + 1;
        migrations.push_back({number, "later", "CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT"});
        storage::StoreOptions options;
        options.path = file;
        storage::engine::Connection connection({.path = file});
        storage::engine::upgrade_database(connection, options, migrations);
        connection.execute("INSERT INTO domain (name, created_at) VALUES ('y.org', 1)");
    }
    CHECK(site.run({"domain", "list"}) == 1);
    CHECK_MESSAGE(site.one_line_of_error(), site.err);
    CHECK_MESSAGE(site.err.find("mailstead rollback") != std::string::npos, site.err);
    CHECK(site.run({"rollback", "--json"}) == 0);
    CHECK(std::filesystem::exists(json::parse(site.out)["kept"].get<std::string>()));
    CHECK(site.run({"domain", "list"}) == 0);
    CHECK(site.out == "x.org\n");
    CHECK(site.err.empty());
}

// CLIENTS.md 27.
TEST_CASE("a command that upgrades the store says so, and what was before comes back") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    const std::filesystem::path file = site.path("data") / "mailstead.db";
    std::filesystem::remove(file);
    {  // an older Mailstead ran
        storage::engine::Connection connection({.path = file});
        storage::engine::run_migrations(connection, storage::engine::migrations().first(1));
        connection.execute("INSERT INTO domain (name, created_at) VALUES ('old.org', 1)");
    }
    // Reading upgrades nothing: it works on an older schema, or says why not.
    CHECK(site.run({"domain", "list"}) == 0);
    CHECK(site.out == "old.org\n");
    CHECK(site.err.empty());
    for (const auto& words : {std::vector<std::string>{"account", "list"}, {"ban", "list"}, {"check"}}) {
        CHECK(site.run(words) == 1);
        CHECK_MESSAGE(site.one_line_of_error(), site.err);
        const std::size_t said = site.err.find("mailstead serve upgrades it");
        CHECK_MESSAGE(said != std::string::npos, site.err);
        CHECK_MESSAGE(site.err.find("mailstead serve upgrades it", said + 1) == std::string::npos, site.err);
    }
    CHECK(site.run({"backup", site.path("copy.db").string()}) == 0);
    CHECK_FALSE(std::filesystem::exists(file.string() + "-wal"));
    for (const auto& entry : std::filesystem::directory_iterator(site.path("data"))) {
        CHECK(entry.path().filename().string().find(".before-") == std::string::npos);
    }
    CHECK(site.run({"domain", "add", "new.org"}) == 0);
    CHECK_MESSAGE(site.err.find("upgraded from schema 1") != std::string::npos, site.err);
    CHECK(site.run({"domain", "list"}) == 0);
    CHECK(site.err.empty());
    CHECK(site.run({"rollback"}) == 0);
    CHECK(site.out.find("before its upgrade") != std::string::npos);
}

TEST_CASE("a wrong config is status 1 and names file, line and key") {
    Site site;
    std::ofstream(site.path("m.toml")) << "\nhostnam = 1\n";
    CHECK(site.run({"domain", "list"}) == 1);
    CHECK(site.err == "mailstead: " + site.path("m.toml").string() + ":2: hostnam: unknown key\n");
}

TEST_CASE("a domain has a key that signs from the start; others take its place in steps") {
    Site site;
    REQUIRE(site.run({"domain", "add", "hamburger.edu"}) == 0);
    const auto keys = [&] {
        REQUIRE(site.run({"dkim", "list", "hamburger.edu", "--json"}) == 0);
        return json::parse(site.out);
    };
    REQUIRE(keys().size() == 1);
    CHECK(keys()[0]["state"] == "signing");
    CHECK(keys()[0]["algorithm"] == "rsa");
    const std::string first = keys()[0]["selector"];
    CHECK_FALSE(site.out.contains("PRIVATE"));

    CHECK(site.run({"dkim", "withdraw", "hamburger.edu", first}) == 1);
    CHECK_MESSAGE(site.one_line_of_error(), site.err);
    CHECK(site.run({"dkim", "withdraw", "hamburger.edu"}) == 2);
    CHECK(site.run({"dkim", "add", "hamburger.edu"}) == 1);
    CHECK(site.run({"dkim", "rotate", "hamburger.edu"}) == 0);
    CHECK(site.run({"dkim", "rotate", "hamburger.edu"}) == 1);  // one waits
    CHECK(site.run({"dkim", "add", "hamburger.edu", "--algorithm", "ed25519"}) == 0);
    REQUIRE(keys().size() == 3);
    CHECK(site.run({"dkim", "withdraw", "hamburger.edu", first}) == 0);
    CHECK(site.run({"dkim", "list"}) == 0);
    CHECK(std::ranges::count(site.out, '\n') == 3);
    CHECK(site.out.contains("hamburger.edu  " + first + "    rsa      withdrawn: "));  // below longer selectors
    int signing = 0;
    for (const json& key : keys()) signing += key["state"] == "signing" ? 1 : 0;
    CHECK(signing == 1);
    CHECK(site.run({"dkim", "list", "elsewhere.example"}) == 1);
}

TEST_CASE("mailstead dns: what a domain of ours publishes, and nobody else's") {
    Site site;
    REQUIRE(site.run({"domain", "add", "b\u00fccher.example"}) == 0);
    CHECK(site.run({"dns", "elsewhere.example"}) == 1);
    CHECK_MESSAGE(site.one_line_of_error(), site.err);
    REQUIRE(site.run({"dns", "B\u00dcCHER.example"}) == 0);
    CHECK(site.out.starts_with("xn--bcher-kva.example. 3600 IN MX 10 "));
    CHECK(site.out.contains("._domainkey.xn--bcher-kva.example. 3600 IN TXT \"v=DKIM1; k=rsa; p=MII"));
    REQUIRE(site.run({"dns", "xn--bcher-kva.example", "--table"}) == 0);
    CHECK(site.out.contains("\nMX "));
    REQUIRE(site.run({"dns", "xn--bcher-kva.example", "--json"}) == 0);
    for (const json& record : json::parse(site.out)) CHECK(record["name"].get<std::string>().ends_with("."));
    CHECK(site.run({"dns", "xn--bcher-kva.example", "--address", "here"}) == 2);
}

TEST_CASE("mailstead dns: who may issue certificates is said where it is known") {
    Site site;
    REQUIRE(site.run({"domain", "add", "example.net"}) == 0);
    REQUIRE(site.run({"dns", "example.net"}) == 0);
    CHECK(site.out.contains("mail.example.net. 3600 IN CAA 0 issue \"letsencrypt.org\"\n"));
    site.configure("mail.example.net", "[acme]\ndirectory = \"https://ca.example/dir\"\n");
    REQUIRE(site.run({"dns", "example.net"}) == 0);
    CHECK(!site.out.contains("CAA"));
}

TEST_CASE("no certificate by itself: the list says why") {
    Site site;
    REQUIRE(site.run({"domain", "add", "example.net"}) == 0);
    REQUIRE(site.run({"certificate", "list"}) == 0);
    CHECK(site.out.empty());
    CHECK(site.err.contains("a name that no public authority knows\n"));
    site.configure("mail.hamburger.edu");
    REQUIRE(site.run({"certificate", "list"}) == 0);
    CHECK(site.err.contains("by itself yet: "));
    site.configure("mail.hamburger.edu", "[acme]\ndirectory = \"\"\n");
    REQUIRE(site.run({"certificate", "list", "--json"}) == 0);
    CHECK(json::parse(site.out) == json::array());
    CHECK(site.err == "mailstead: no certificate comes by itself: [acme] directory is empty\n");
}

TEST_CASE("mailstead dns: a server without a name of the DNS has no records, and hears what to set") {
    Site site;
    REQUIRE(site.run({"domain", "add", "example.org"}) == 0);
    site.configure("vm");
    for (const char* name : {"example.org", "vm"}) {
        CHECK(site.run({"dns", name}) == 1);
        CHECK(site.one_line_of_error());
        CHECK_MESSAGE(site.err.contains("\"vm\", is none of the DNS: set the whole one, hostname = "), site.err);
        CHECK(site.out.empty());
    }
}

TEST_CASE("mailstead dns --update: says which server and which key are missing, and shows no secret") {
    Site site;
    REQUIRE(site.run({"domain", "add", "example.org"}) == 0);
    const std::string key = site.path("key").string();
    std::ofstream(key) << "key a { algorithm hmac-sha256; secret YWJ; };";
    std::filesystem::permissions(key, std::filesystem::perms::owner_read);
    const auto fails = [&](std::vector<std::string> more, const std::string& words, int status = 1) {
        more.insert(more.begin(), {"dns", "example.org", "--update"});
        CHECK(site.run(more) == status);
        CHECK_MESSAGE(site.err.contains(words), site.err);
        CHECK(site.out.empty());
    };
    fails({}, "update_server in [dns]");
    fails({"--server", "127.0.0.1@1"}, "update_key in [dns]");
    fails({"--server", "ns.example.org", "--key", key}, "\"ns.example.org\" is no DNS server");
    fails({"--server", "127.0.0.1@0", "--key", key}, "is no DNS server");
    fails({"--server", "127.0.0.1", "--key", key + "s"}, key + "s: it cannot be read");
    fails({"--server", "127.0.0.1", "--key", key}, key + ": its secret is not in base64");
    CHECK_FALSE(site.err.contains("YWJ"));
    fails({"--check"}, "", 2);
    CHECK(site.run({"dns", "example.org", "--dry-run"}) == 2);
    std::filesystem::remove(key);
    std::ofstream(key) << "key a { algorithm hmac-sha256; secret YWJj; };";
    fails({"--server", "127.0.0.1@1", "--key", key}, "127.0.0.1@1: the server cannot be reached: Connection refused");
    site.configure("mail.example.net", "[dns]\nupdate_server = \"127.0.0.1@1\"\nupdate_key = \"" + key + "\"\n");
    fails({}, "127.0.0.1@1: the server cannot be reached");
    site.configure("mail.example.net", "[dns]\nupdate_server = \"ns.example.org\"\n");
    fails({}, "dns.update_server: \"ns.example.org\" is no DNS server");
}

TEST_CASE("an address says where its mail would go, and why") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    for (const char* name : {"bob", "eve"})
        REQUIRE(site.run({"account", "add", name, "--password-stdin"}, "pw pw pw\n") == 0);
    REQUIRE(site.run({"alias", "add", "team", "eve", "old@far.org", "ghost", "round"}) == 0);
    REQUIRE(site.run({"alias", "add", "round", "team"}) == 0);
    REQUIRE(site.run({"account", "suspend", "eve"}) == 0);
    REQUIRE(site.run({"account", "quota", "eve", "--messages", "0"}) == 0);

    REQUIRE(site.run({"address", "bob+news"}) == 0);
    CHECK(site.out == "bob+news@x.org: the INBOX of account bob@x.org (detail \"news\")\n");
    REQUIRE(site.run({"address", "Team@X.org"}) == 0);
    CHECK(site.out ==
          "Team@X.org: alias team@x.org, which leads to\n"
          "  eve@x.org: the INBOX of account eve@x.org; suspended: nobody can log in, mail is kept; full: mail is "
          "refused for now (452)\n"
          "  ghost@x.org: nobody: there is no such address here\n"
          "  old@far.org: another server's: to the mail hosts (MX) of far.org\n"
          "  round@x.org: alias round@x.org, which leads to\n"
          "    team@x.org: team@x.org again: a loop, or another way to it; followed once\n");
    REQUIRE(site.run({"address", "abuse"}) == 0);
    CHECK(site.out.contains("always taken"));
    CHECK(site.out.contains("the INBOX of account bob@x.org"));
    REQUIRE(site.run({"address", "ghost", "--json"}) == 0);
    const json ghost = json::parse(site.out);
    CHECK(ghost["accepted"] == false);
    CHECK(ghost["ours"] == true);
    CHECK(ghost["steps"][0]["kind"] == "nobody");
    REQUIRE(site.run({"address", "x@far.org"}) == 0);
    CHECK(site.out.contains("refused, but to our own users when they have logged in: not a domain of ours\n"));
    REQUIRE(site.run({"address", "x@far.org", "--json"}) == 0);
    CHECK(json::parse(site.out)["accepted"] == false);
    CHECK(json::parse(site.out)["steps"][0]["way"] == "to the mail hosts (MX) of far.org");
    REQUIRE(site.run({"address", "SRS0=aaaaaaaa=aa=far.org=x@x.org"}) == 0);
    CHECK(site.out == "refused: this return address was not made here, or has expired\n");
    REQUIRE(site.run({"alias", "add", "@x.org", "bob"}) == 0);
    REQUIRE(site.run({"address", "whoever"}) == 0);
    CHECK(site.out.starts_with("whoever@x.org: the catch-all @x.org, which leads to\n  bob@x.org: the INBOX"));
    CHECK(site.run({"address"}) == 2);
    CHECK(site.run({"address", "a b"}) == 1);
}

TEST_CASE("mailing lists") {
    Site site;
    REQUIRE(site.run({"domain", "add", "x.org"}) == 0);
    REQUIRE(site.run({"account", "add", "bob", "--password-stdin"}, "pw pw pw\n") == 0);
    CHECK(site.run({"list", "add", "dev", "bob"}) == 1);  // nobody owns it
    CHECK(site.one_line_of_error());
    REQUIRE(site.run({"list", "add", "dev", "bob", "eve@far.org", "--owner", "bob", "--posting", "anyone"}) == 0);
    REQUIRE(site.run({"list", "list"}) == 0);
    CHECK(site.out == "dev@x.org  posting: anyone\n  bob@x.org  owner\n  eve@far.org\n");
    REQUIRE(site.run({"list", "add", "dev", "--posting", "owners"}) == 0);
    REQUIRE(site.run({"list", "list", "dev", "--json"}) == 0);
    const json list = json::parse(site.out)[0];
    CHECK(list["posting"] == "owners");
    CHECK(list["members"][1]["address"] == "eve@far.org");
    CHECK(list["members"][1]["paused"] == false);
    REQUIRE(site.run({"address", "dev"}) == 0);
    CHECK(site.out ==
          "dev@x.org: the mailing list dev@x.org, whose members are\n"
          "  bob@x.org: the INBOX of account bob@x.org\n"
          "  eve@far.org: another server's: to the mail hosts (MX) of far.org\n");
    REQUIRE(site.run({"address", "dev-owner", "--json"}) == 0);
    CHECK(json::parse(site.out)["steps"][0]["kind"] == "owners");
    CHECK(site.run({"account", "add", "dev", "--password-stdin"}, "pw pw pw\n") == 1);
    CHECK(site.run({"list", "resume", "dev", "eve@far.org"}) == 0);
    CHECK(site.run({"list", "resume", "dev"}) == 2);
    CHECK(site.run({"list", "add", "dev", "--posting", "nobody"}) == 2);
    CHECK(site.run({"list", "remove", "dev", "eve@far.org"}) == 0);
    CHECK(site.run({"list", "remove", "dev"}) == 0);
    CHECK(site.run({"list", "remove", "dev"}) == 1);
    CHECK(site.run({"list", "list", "dev"}) == 1);
}

TEST_CASE("domain policy shows and sets what follows from DMARC for mail to a domain") {
    Site site;
    REQUIRE(site.run({"domain", "add", "example.net"}) == 0);
    REQUIRE(site.run({"domain", "add", "example.org"}) == 0);
    REQUIRE(site.run({"domain", "policy", "Example.org", "--dmarc", "observe"}) == 0);
    CHECK(site.run({"domain", "policy"}) == 0);
    CHECK(site.out == "example.net  dmarc=default\nexample.org  dmarc=observe\n");
    CHECK(site.run({"domain", "policy", "example.org", "--json"}) == 0);
    CHECK(json::parse(site.out) == json{{{"domain", "example.org"}, {"dmarc", "observe"}}});
    REQUIRE(site.run({"domain", "policy", "example.org", "--dmarc", "default"}) == 0);
    CHECK(site.run({"domain", "policy", "example.org"}) == 0);
    CHECK(site.out == "example.org  dmarc=default\n");
    CHECK(site.run({"domain", "policy", "nowhere.test"}) == 1);
    CHECK(site.one_line_of_error());
    CHECK(site.run({"domain", "policy", "nowhere.test", "--dmarc", "enforce"}) == 1);
    CHECK(site.run({"domain", "policy", "--dmarc", "enforce"}) == 2);
    CHECK(site.run({"domain", "policy", "example.org", "--dmarc", "maybe"}) == 2);
}

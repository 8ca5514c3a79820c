// What is kept of a message when it is stored, by [limits] of the config; and that no limit changes what clients are
// told of it, nor what `check` thinks of a summary that another limit made. RFC 9051 §2.3.1.1.
#include "server/summaries.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "protocols/mime/readable_summary.h"
#include "protocols/mime/summary.h"
#include "protocols/mime/summary_view.h"
#include "server/config/keys.h"
#include "server/options.h"
#include "storage/accounts.h"
#include "storage/mailboxes.h"
#include "storage/messages.h"
#include "storage/store.h"
#include "storage/store_options.h"
#include "tests/support/client.h"
#include "tests/support/test_house.h"

using mime::Defect;

namespace {

std::string repeat(std::size_t times, std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

// Messages by a number: of parts with the message itself; of levels; of addresses; of parameters.
std::string with_parts(std::size_t n) {
    return "From: alice@crepes.fr\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
           repeat(n - 1, "--b\r\n\r\nx\r\n") + "--b--\r\n";
}

std::string with_levels(std::size_t n) {
    std::string out = "From: alice@crepes.fr\r\n";
    for (std::size_t level = 1; level < n; ++level) out += "Content-Type: message/rfc822\r\n\r\n";
    return out + "Subject: innermost\r\n\r\nx\r\n";
}

std::string with_addresses(std::size_t n) {
    return "From: alice@crepes.fr\r\nTo: " + repeat(n - 1, "a@b.test, ") + "last@b.test\r\n\r\nx\r\n";
}

std::string with_parameters(std::size_t n) {
    std::string out = "From: alice@crepes.fr\r\nContent-Type: text/plain";
    for (std::size_t i = 1; i <= n; ++i) out += "; p" + std::to_string(i) + "=v";
    return out + "\r\n\r\nx\r\n";
}

struct CountedLimit {
    const char* key;
    std::string (*message)(std::size_t n);
    std::size_t limit;  // in the config of the test
    Defect cut;
    const char* word;  // IMAP tells of n - other of them
    std::size_t other;
};
const CountedLimit counted_limits[] = {
    {"message_parts", with_parts, 4, Defect::too_many_parts, R"("text" "plain")", 1},
    {"message_nesting", with_levels, 3, Defect::too_deep, R"("rfc822")", 1},
    {"addresses_per_field", with_addresses, 2, Defect::too_many_addresses, R"("b.test")", 0},
    {"parameters_per_field", with_parameters, 5, Defect::too_many_parameters, R"("v")", 0}};

std::size_t occurrences(std::string_view word, std::string_view text) {
    std::size_t found = 0;
    for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) ++found;
    return found;
}

std::string small_limits() {
    std::string toml = "[limits]\n";
    for (const CountedLimit& row : counted_limits)
        toml += std::string(row.key) + " = " + std::to_string(row.limit) + "\n";
    return toml;
}

void send_by_smtp(support::TestHouse& house, const std::string& message) {
    support::Client client(house.stage().ports.at("smtp"));
    const auto expect = [&](std::string_view octets, std::string_view code) {
        client.send(octets);
        const std::string answer = client.read_line();
        REQUIRE_MESSAGE(answer.starts_with(code), answer);
    };
    expect("", "220 ");
    expect("HELO crepes.fr\r\n", "250 ");
    expect("MAIL FROM:<alice@crepes.fr>\r\n", "250 ");
    expect("RCPT TO:<bob@hamburger.edu>\r\n", "250 ");
    expect("DATA\r\n", "354 ");
    expect(message + ".\r\n", "250 ");
}

// A client that is logged in as bob.
class ImapClient {
  public:
    explicit ImapClient(const support::TestHouse& house) : client_(house.stage().ports.at("imap")) {
        client_.read_line();
        say("LOGIN bob hungry");
    }
    // All lines of the answer.
    std::string say(const std::string& command) {
        client_.send("a " + command + "\r\n");
        std::string answer;
        for (;;) {
            const std::string line = client_.read_line();
            answer += line + "\n";
            if (!line.starts_with("a ")) continue;
            REQUIRE_MESSAGE(line.starts_with("a OK"), answer);
            return answer;
        }
    }

  private:
    support::Client client_;
};

// The stored summaries of bob's INBOX, oldest first: from a backup.
std::vector<std::string> stored_summaries(const support::TestHouse& house) {
    std::string pattern = (std::filesystem::temp_directory_path() / "mailstead-summaries-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    const std::filesystem::path directory = pattern;
    house.stage().command({"backup", (directory / "copy.db").string()});
    std::vector<std::string> found;
    {
        storage::Store store(storage::StoreOptions{.path = directory / "copy.db"});
        const auto account = store.read_now(storage::find_account("bob@hamburger.edu")).value();
        const auto inbox = store.read_now(storage::find_mailbox(account.id, "INBOX")).value();
        const auto uids = store.read_now(storage::mailbox_uids({inbox.id, storage::the_server})).value();
        for (auto& message :
             store.read_now(storage::read_messages({inbox.id, storage::the_server}, uids, true, 1000)).value()) {
            found.push_back(std::move(message.summary));
        }
    }
    std::filesystem::remove_all(directory);
    return found;
}

storage::ReadContent reading(const std::string& message) {
    return [&](std::uint64_t offset, std::uint64_t length) {
        return offset < message.size() ? message.substr(offset, length) : std::string();
    };
}

}  // namespace

TEST_CASE("a message at a small limit is noted whole, one above is cut; IMAP tells all of both, and check is content") {
    support::TestHouse house(small_limits());
    ImapClient imap(house);
    for (const CountedLimit& row : counted_limits) {
        for (const std::size_t n : {row.limit, row.limit + 1}) {
            send_by_smtp(house, row.message(n));
            const std::string message = row.message(n);
            imap.say("APPEND INBOX {" + std::to_string(message.size()) + "+}\r\n" + message);
        }
    }
    const std::vector<std::string> summaries = stored_summaries(house);
    REQUIRE(summaries.size() == 4 * std::size(counted_limits));
    imap.say("SELECT INBOX");
    std::size_t at = 0;
    for (const CountedLimit& row : counted_limits) {
        for (const std::size_t n : {row.limit, row.limit + 1}) {
            for (const std::string_view door : {"SMTP", "APPEND"}) {
                INFO(std::string(row.key) << ": " << n << " by " << std::string(door));
                const mime::Defects defects = mime::SummaryView(summaries[at]).defects();
                CHECK(defects.cut() == (n > row.limit));
                CHECK(defects.has(row.cut) == (n > row.limit));
                const std::string told = imap.say("FETCH " + std::to_string(++at) + " (ENVELOPE BODYSTRUCTURE)");
                CHECK_MESSAGE(occurrences(row.word, told) == n - row.other, told);
            }
        }
    }
    // The command line has the usual limits, which cut none of these.
    house.stage().command({"check"});
}

TEST_CASE("check knows a summary of other limits from a wrong one") {
    mime::ParseLimits usual;
    mime::ParseLimits tight;
    tight.parts = 3;
    const std::string message = with_parts(5);
    const std::string whole = mime::encode_summary(mime::summarize(message, usual));
    const std::string cut = mime::encode_summary(mime::summarize(message, tight));
    REQUIRE(whole != cut);
    const auto fits = [&](const std::string& stored, const std::string& content) {
        return server::fits_other_limits(stored, content.size(), reading(content));
    };
    CHECK(fits(whole, message));
    CHECK(fits(cut, message));
    mime::Summary other = mime::summarize(message, usual);
    other.envelope.subject = "another";
    CHECK_FALSE(fits(mime::encode_summary(other), message));
    CHECK_FALSE(fits("", message));
    CHECK_FALSE(fits(cut.substr(0, cut.size() - 1), message));
    for (std::uint64_t mime::Summary::* size :
         {&mime::Summary::size_octets, &mime::Summary::header_octets, &mime::Summary::text_octets}) {
        mime::Summary wrong = mime::summarize(message, tight);
        ++(wrong.*size);
        CHECK_FALSE(fits(mime::encode_summary(wrong), message));
    }
}

TEST_CASE("the most that the config allows is what reading a message again has") {
    const mime::ParseLimits most = mime::generous_limits();
    const auto most_of = [](std::string_view name) {
        const auto key = std::ranges::find(server::config_keys(), name, &server::path_of);
        REQUIRE(key != server::config_keys().end());
        return key->range.most;
    };
    CHECK(most_of("limits.message_parts") == most.parts);
    CHECK(most_of("limits.message_nesting") == most.depth);
    CHECK(most_of("limits.addresses_per_field") == most.addresses);
    CHECK(most_of("limits.parameters_per_field") == most.parameters);
    const mime::ParseLimits usual;
    server::Config config;
    CHECK(server::parse_limits(config) == usual);
    config.limits.header_size = {1024};  // mail from outside; APPEND takes longer ones
    CHECK(server::parse_limits(config) == usual);
    config.limits.header_size = {1U << 20};
    CHECK(server::parse_limits(config).header_octets == std::size_t{1} << 20);
    CHECK(server::parse_limits(config).header_octets_total == std::size_t{4} << 20);
    CHECK(server::parse_limits(config).header_lines == 20'000);
    config.limits.header_size = {64U << 20};
    CHECK(server::parse_limits(config).header_octets == most.header_octets);
    CHECK(server::parse_limits(config).header_octets_total == most.header_octets_total);
    CHECK(server::parse_limits(config).header_lines <= most.header_lines);
}

// Asks the name servers of [dns]. What would ask or reach others' servers is done only for a server whose address is
// one of the public Internet: in a private network, and in tests, nothing is asked of strangers.
#include "server/cli/dns_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <ctime>
#include <exception>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "protocols/dns/party_source.h"
#include "protocols/dns/resolver.h"
#include "protocols/net/connect.h"
#include "server/cli/words.h"
#include "server/options.h"
#include "server/queue/destinations.h"
#include "server/zone/at_once.h"
#include "server/zone/check.h"

namespace server::cli {

namespace {

using zone::Finding;
using zone::Row;

constexpr const char* dns_check_party = "mailstead dns";
// Who takes mail on port 25 all the time; nothing is sent to them.
constexpr const char* known_servers[] = {"gmail-smtp-in.l.google.com", "mx-eu.mail.am0.yahoodns.net",
                                         "mx1.mail.icloud.com"};

std::string_view result_word(Finding finding) {
    return finding == Finding::ok ? "ok" : finding == Finding::wrong ? "WRONG" : "skipped";
}

bool relays_everything(const Config& config) {
    return std::ranges::any_of(config.queue.route, [](const Route& route) { return route.domain == "*"; });
}

constexpr std::size_t questions_at_once = 128;  // this command has the DNS for itself; a party gets a quarter

dns::ResolverOptions checking_options(const Config& config) {
    dns::ResolverOptions options = resolver_options(config);
    options.lookups = std::max(options.lookups, questions_at_once);
    return options;
}

class Checking {
  public:
    Checking(const Config& config, const zone::Facts& facts, CheckTimes times)
        : config_(config),
          facts_(facts),
          times_(times),
          resolver_(loop_.get_executor(), checking_options(config)),
          source_(resolver_, dns_check_party),
          alarm_(loop_) {}

    std::vector<Row> run(const std::vector<zone::Record>& records) {
        alarm_.expires_after(times_.answers);
        alarm_.async_wait([this](const asio::error_code& cancelled) {
            if (!cancelled) resolver_.stop("none in time");
        });
        std::exception_ptr fault;
        std::optional<std::vector<Row>> rows;
        // Told on this loop: a future is made ready on another thread, while this one waits for its next event.
        asio::co_spawn(loop_, look_at(records), [&](std::exception_ptr why, std::vector<Row> found) {
            fault = std::move(why);
            rows = std::move(found);
        });
        while (!rows) loop_.run_one();
        if (fault) std::rethrow_exception(fault);
        return std::move(*rows);
    }

  private:
    // All at once.
    asio::awaitable<std::vector<Row>> look_at(const std::vector<zone::Record>& records) {
        const std::vector<asio::ip::address> addresses = co_await zone::addresses_of(facts_.host, source_);
        const zone::RawLookup raw = [this](std::string name, std::uint16_t type) {
            return resolver_.lookup(dns_check_party, std::move(name), static_cast<dns::RecordType>(type));
        };
        std::vector<asio::awaitable<std::vector<Row>>> looking;
        looking.push_back(zone::check_records(facts_, records, source_, raw, std::time(nullptr)));
        looking.push_back(zone::check_addresses(facts_.host, addresses, source_, zone::usual_lists, queue::is_public));
        looking.push_back(port_25(std::ranges::any_of(addresses, queue::is_public)));
        std::vector<std::vector<Row>> found = co_await zone::all_at_once(std::move(looking));
        std::vector<Row> rows;
        for (std::vector<Row>& some : found) std::ranges::move(some, std::back_inserter(rows));
        co_return rows;
    }

    asio::awaitable<std::vector<Row>> port_25(bool is_public) {
        Row row{Finding::ok, "port 25", "to other servers", {}, {}};
        if (!is_public || relays_everything(config_)) {
            row.finding = Finding::skipped;
            row.found = is_public ? "all mail goes through a relay" : "not a server of the public Internet";
            co_return std::vector{row};
        }
        const std::vector<asio::ip::tcp::endpoint> known = co_await known_endpoints();
        const bool connected = co_await connects(known);
        if (connected) co_return std::vector{row};
        row.finding = known.empty() ? Finding::skipped : Finding::wrong;
        row.found = known.empty() ? "the DNS knows no well-known server" : "no well-known server can be reached";
        if (!known.empty())
            row.advice = "ask whoever connects this server to open port 25, or set a [[queue.route]] to a relay";
        co_return std::vector{row};
    }

    asio::awaitable<std::vector<asio::ip::tcp::endpoint>> known_endpoints() {
        std::vector<asio::awaitable<std::vector<asio::ip::address>>> asking;
        for (const char* server : known_servers) asking.push_back(zone::addresses_of(server, source_));
        const std::vector<std::vector<asio::ip::address>> found = co_await zone::all_at_once(std::move(asking));
        std::vector<asio::ip::tcp::endpoint> endpoints;
        for (const std::vector<asio::ip::address>& addresses : found) {
            // Two of each: the first may be of a family that this machine does not have.
            for (std::size_t i = 0; i < addresses.size(); ++i) {
                if (i == 0 || i + 1 == addresses.size()) endpoints.emplace_back(addresses[i], 25);
            }
        }
        co_return endpoints;
    }

    asio::awaitable<bool> connects(std::vector<asio::ip::tcp::endpoint> to) {
        net::ConnectOptions options;
        options.timeout = times_.connections;
        options.next_after = std::chrono::milliseconds(100);
        net::ConnectionRace race(loop_.get_executor(), std::move(to), options);
        const net::Connection connection = co_await race.run();
        co_return connection.stream.has_value();
    }

    const Config& config_;
    const zone::Facts& facts_;
    const CheckTimes times_;
    asio::io_context loop_;
    dns::Resolver resolver_;
    dns::PartySource source_;
    asio::steady_timer alarm_;
};

// Records come from anybody: they must not control the administrator's terminal.
std::string printable_text(std::string text) {
    std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return text;
}

void print_rows(Context& context, const std::vector<Row>& rows) {
    std::ostream& out = context.console.out;
    if (context.json) {
        nlohmann::json all = nlohmann::json::array();
        for (const Row& row : rows) {
            all.push_back({{"result", row.finding == Finding::wrong ? "wrong" : result_word(row.finding)},
                           {"type", row.type},
                           {"name", row.name},
                           {"found", row.found},
                           {"advice", row.advice}});
        }
        out << all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
        return;
    }
    for (const Row& row : rows) {
        out << fmt::format("{:<7}  {:<7}  {}", result_word(row.finding), row.type, row.name);
        if (!row.found.empty()) out << ": " << printable_text(row.found);
        if (!row.advice.empty()) out << "\n" << std::string(18, ' ') << printable_text(row.advice);
        out << '\n';
    }
}

}  // namespace

void check_dns(Context& context, const zone::Facts& facts, const std::vector<zone::Record>& records, CheckTimes times) {
    const Config config = context.config();
    const std::vector<Row> rows = Checking(config, facts, times).run(records);
    print_rows(context, rows);
    const auto wrong = std::ranges::count(rows, Finding::wrong, &Row::finding);
    if (wrong > 0)
        throw Failure(counted(static_cast<std::uint64_t>(wrong), "check", "checks") + " found something wrong");
}

}  // namespace server::cli

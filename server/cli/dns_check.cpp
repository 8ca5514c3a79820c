// Asks the name servers of [dns]. What would ask or reach others' servers is done only for a server whose address is
// one of the public Internet: in a private network, and in tests, nothing is asked of strangers.
#include "server/cli/dns_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/use_future.hpp>
#include <chrono>
#include <ctime>
#include <future>
#include <iterator>
#include <nlohmann/json.hpp>
#include <ostream>

#include "protocols/dns/party_source.h"
#include "protocols/dns/resolver.h"
#include "server/cli/words.h"
#include "server/options.h"
#include "server/queue/destinations.h"
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

bool connects(const std::vector<asio::ip::address>& addresses) {
    for (const asio::ip::address& address : addresses) {
        asio::io_context loop;
        asio::ip::tcp::socket socket(loop);
        bool connected = false;
        socket.async_connect({address, 25}, [&](const asio::error_code& fault) { connected = !fault; });
        loop.run_for(std::chrono::seconds(5));
        if (connected) return true;
    }
    return false;
}

class Checking {
  public:
    Checking(const Config& config, const zone::Facts& facts)
        : config_(config),
          facts_(facts),
          resolver_(loop_.get_executor(), resolver_options(config)),
          source_(resolver_, dns_check_party) {}

    std::vector<Row> run(const std::vector<zone::Record>& records) {
        const zone::RawLookup raw = [this](std::string name, std::uint16_t type) {
            return resolver_.lookup(dns_check_party, std::move(name), static_cast<dns::RecordType>(type));
        };
        std::vector<Row> rows = wait(zone::check_records(facts_, records, source_, raw, std::time(nullptr)));
        const std::vector<asio::ip::address> addresses = wait(zone::addresses_of(facts_.host, source_));
        std::vector<Row> outside =
            wait(zone::check_addresses(facts_.host, addresses, source_, zone::usual_lists, queue::is_public));
        std::ranges::move(outside, std::back_inserter(rows));
        rows.push_back(port_25(std::ranges::any_of(addresses, queue::is_public)));
        return rows;
    }

  private:
    template <class Result>
    Result wait(asio::awaitable<Result> work) {
        auto done = asio::co_spawn(loop_, std::move(work), asio::use_future);
        loop_.restart();
        while (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready) loop_.run_one();
        return done.get();
    }

    Row port_25(bool is_public) {
        Row row{Finding::ok, "port 25", "to other servers", {}, {}};
        if (!is_public || relays_everything(config_)) {
            row.finding = Finding::skipped;
            row.found = is_public ? "all mail goes through a relay" : "not a server of the public Internet";
            return row;
        }
        bool known = false;
        for (const char* server : known_servers) {
            const std::vector<asio::ip::address> addresses = wait(zone::addresses_of(server, source_));
            known = known || !addresses.empty();
            if (connects(addresses)) return row;
        }
        row.finding = known ? Finding::wrong : Finding::skipped;
        row.found = known ? "no well-known server can be reached" : "the DNS knows no well-known server";
        if (known) row.advice = "ask whoever connects this server to open port 25, or set a [[queue.route]] to a relay";
        return row;
    }

    const Config& config_;
    const zone::Facts& facts_;
    asio::io_context loop_;
    dns::Resolver resolver_;
    dns::PartySource source_;
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

void check_dns(Context& context, const zone::Facts& facts, const std::vector<zone::Record>& records) {
    const Config config = context.config();
    const std::vector<Row> rows = Checking(config, facts).run(records);
    print_rows(context, rows);
    const auto wrong = std::ranges::count(rows, Finding::wrong, &Row::finding);
    if (wrong > 0)
        throw Failure(counted(static_cast<std::uint64_t>(wrong), "check", "checks") + " found something wrong");
}

}  // namespace server::cli

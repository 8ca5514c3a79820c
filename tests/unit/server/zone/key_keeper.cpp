// Keys over time, as the server looks after them: with a clock and a DNS that are made up.
#include "server/zone/key_keeper.h"

#include <doctest/doctest.h>

#include "server/zone/dkim_keys.h"
#include "storage/chores.h"
#include "tests/unit/mailauth/dns_table.h"
#include "tests/unit/storage/temporary_store.h"

using namespace server;
using storage::DkimState;

namespace {

struct NoLog : services::EventLog {
    bool enabled(services::Level) const override { return false; }
    void write(services::Level, std::string_view, std::string_view, std::string_view, const Fields&) override {}
};

// What it was asked for; or it cannot.
struct FakePublisher : zone::Publisher {
    std::vector<std::string> asked;
    bool fails = false;
    asio::awaitable<zone::Updated> publish(zone::Wishes wishes) override {
        if (fails) throw zone::UpdateFailure("the server does not answer in time");
        std::string what;
        for (const zone::Record& record : wishes.records) what += "+" + record.name.substr(0, record.name.find('.'));
        for (const std::string& name : wishes.withdrawn) what += "-" + name.substr(0, name.find('.'));
        asked.push_back(what);
        co_return zone::Updated{.zones = {"example.org"}};
    }
};

struct Keeping {
    storage_test::TemporaryStore house;
    DnsTable table;
    NoLog log;
    net::WorkerPool compute{"compute", 1};
    std::int64_t now = 1'796'054'400;
    FakePublisher publisher;
    zone::KeyKeeper keeper{house.store(),          table,     log, compute, "mail", {.age = 90 * 86'400},
                           [this] { return now; }, &publisher};

    // Looks after some time. "signing published": the keys' states, the oldest first.
    std::string look(std::int64_t later) {
        now += later;
        auto work = [](zone::KeyKeeper& one) -> asio::awaitable<int> {
            co_await one.look_after();
            co_return 0;
        };
        ::run(work(keeper));
        constexpr const char* words[] = {"published", "signing", "retired", "withdrawn"};
        std::string states;
        for (const storage::DkimKey& key : house.get(storage::list_dkim_keys())) {
            states += (states.empty() ? "" : " ") + std::string(words[static_cast<int>(key.state)]);
        }
        return states;
    }
    void publish(std::size_t number) {
        const storage::DkimKey key = house.get(storage::list_dkim_keys()).at(number);
        table.add_txt(key.selector + "._domainkey." + key.domain,
                      mailauth::key_record(zone::algorithm_of(key.algorithm), key.public_key));
    }
};

}  // namespace

TEST_CASE("a domain of an older store gets a key, and a whole rotation goes by itself") {
    Keeping life;
    life.house.run(storage::add_domain("example.org", 1));
    CHECK(life.look(0) == "signing");
    CHECK(life.look(89 * 86'400) == "signing");
    CHECK(life.look(86'400) == "signing published");
    CHECK(life.look(86'400) == "signing published");  // nobody has published it
    life.publish(1);
    CHECK(life.look(600) == "signing published");
    CHECK(life.look(3 * 3'600) == "signing published");
    CHECK(life.look(3'600) == "retired signing");
    CHECK(life.look(7 * 86'400 - 1) == "retired signing");
    CHECK(life.look(600) == "withdrawn signing");
    // Another server's turn: nothing is done here.
    CHECK(life.house.run(storage::take_chore("dkim-keys", "other", life.now + 600, life.now + 900)));
    life.house.run(storage::add_domain("b.example", 1));
    CHECK(life.look(700) == "withdrawn signing");
    CHECK(life.look(600) == "signing withdrawn signing");  // by domain
}

TEST_CASE("a publisher has each change of the keys once, and again if it could not") {
    Keeping life;
    life.house.run(storage::add_domain("example.org", 1));
    life.publisher.fails = true;
    CHECK(life.look(0) == "signing");
    CHECK(life.publisher.asked.empty());
    life.publisher.fails = false;
    life.look(600);
    const auto selector = [&](std::size_t number) {
        return life.house.get(storage::list_dkim_keys()).at(number).selector;
    };
    const std::string first = selector(0);
    CHECK(life.publisher.asked == std::vector{"+" + first});
    life.look(600);
    CHECK(life.publisher.asked.size() == 1);
    CHECK(life.look(90 * 86'400) == "signing published");
    const std::string second = selector(1);
    REQUIRE(life.publisher.asked.size() == 2);
    CHECK(life.publisher.asked[1] == "+" + first + "+" + second);
    life.publish(1);
    life.look(600);
    CHECK(life.look(4 * 3'600) == "retired signing");
    CHECK(life.publisher.asked.size() == 2);  // both stand as before
    CHECK(life.look(8 * 86'400) == "withdrawn signing");
    REQUIRE(life.publisher.asked.size() == 3);
    CHECK(life.publisher.asked[2] == "+" + second + "-" + first);
}

TEST_CASE("what the DNS does not tell, or forges, is no key that has gone") {
    Keeping life;
    life.house.run(storage::add_domain("example.org", 1));
    CHECK(life.look(0) == "signing");
    CHECK(life.look(90 * 86'400) == "signing published");
    life.publish(1);
    CHECK(life.look(600) == "signing published");
    const storage::DkimKey seen = life.house.get(storage::list_dkim_keys()).at(1);
    CHECK(seen.seen_at != 0);
    life.table.forge(seen.selector + "._domainkey." + seen.domain);
    CHECK(life.look(5 * 3'600) == "signing published");  // nor is it one that is there
    CHECK(life.house.get(storage::list_dkim_keys()).at(1).seen_at == seen.seen_at);
}

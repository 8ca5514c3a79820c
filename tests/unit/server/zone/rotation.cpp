// The steps of a rotation, with a clock and a DNS that are made up.
#include "server/zone/rotation.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace server;
using storage::DkimAlgorithm;
using storage::DkimKey;
using storage::DkimState;
using zone::Sighting;

namespace {

constexpr std::int64_t hour = 3'600;
constexpr std::int64_t a_day = 24 * hour;

// Keys of one domain over time: what the rules decide is done.
struct Life {
    std::vector<DkimKey> keys;
    std::int64_t now = 1'000 * a_day;
    zone::Rotation rotation{.age = 90 * a_day};

    void make(const char* selector, DkimState state, DkimAlgorithm algorithm = DkimAlgorithm::rsa) {
        keys.push_back({.domain = "example.org",
                        .selector = selector,
                        .algorithm = algorithm,
                        .state = state,
                        .state_at = now,
                        .created_at = now,
                        .public_key = {},
                        .private_key = {}});
    }
    void apply(const std::vector<storage::DkimChange>& changes) {
        for (const storage::DkimChange& change : changes) {
            const auto key = std::ranges::find(keys, change.selector, &DkimKey::selector);
            REQUIRE(key != keys.end());
            CHECK(key->state == change.from);
            if (key->state != change.to) key->state_at = now;
            key->state = change.to;
            key->seen_at = change.seen_at;
        }
    }
    // Looks after some time; returns which keys sign then.
    std::string look(std::int64_t later, const zone::Sightings& sightings) {
        now += later;
        apply(zone::changes_of(keys, sightings, now, rotation));
        return signing();
    }
    std::string signing() const {
        std::string all;
        for (const DkimKey& key : keys) {
            if (key.state == DkimState::signing) all += (all.empty() ? "" : " ") + key.selector;
        }
        return all;
    }
    DkimState state(const char* selector) const {
        return std::ranges::find(keys, std::string(selector), &DkimKey::selector)->state;
    }
};

}  // namespace

TEST_CASE("a new key signs once it was seen twice, hours apart; the old one's record stays a week more") {
    Life life;
    life.make("old", DkimState::signing);
    life.make("new", DkimState::published);
    CHECK(life.look(hour, {}) == "old");                            // nothing could be found out
    CHECK(life.look(hour, {{"new", Sighting::missing}}) == "old");  // not published yet
    CHECK(life.look(hour, {{"new", Sighting::seen}}) == "old");     // some see it
    CHECK(life.look(4 * hour - 1, {{"new", Sighting::seen}}) == "old");
    CHECK(life.look(1, {}) == "old");
    CHECK(life.look(0, {{"new", Sighting::seen}}) == "new");
    CHECK(life.state("old") == DkimState::retired);
    CHECK(life.look(7 * a_day - 1, {}) == "new");
    CHECK(life.state("old") == DkimState::retired);
    life.look(1, {});
    CHECK(life.state("old") == DkimState::withdrawn);
}

TEST_CASE("a record that goes again is as if it had never been seen") {
    Life life;
    life.make("old", DkimState::signing);
    life.make("new", DkimState::published);
    life.look(0, {{"new", Sighting::seen}});
    life.look(5 * hour, {{"new", Sighting::missing}});
    CHECK(life.look(hour, {{"new", Sighting::seen}}) == "old");
    CHECK(life.look(3 * hour, {{"new", Sighting::seen}}) == "old");
    CHECK(life.look(hour, {{"new", Sighting::seen}}) == "new");
}

TEST_CASE("keys of another algorithm sign beside each other, and each replaces its own") {
    Life life;
    life.make("rsa", DkimState::signing);
    life.make("ed", DkimState::published, DkimAlgorithm::ed25519);
    life.look(0, {{"ed", Sighting::seen}});
    CHECK(life.look(4 * hour, {{"ed", Sighting::seen}}) == "rsa ed");
    life.make("ed2", DkimState::published, DkimAlgorithm::ed25519);
    life.look(0, {{"ed2", Sighting::seen}});
    CHECK(life.look(4 * hour, {{"ed2", Sighting::seen}}) == "rsa ed2");
}

TEST_CASE("by schedule: a new key when the old one is old, and never two that wait") {
    Life life;
    life.make("old", DkimState::signing);
    const auto due = [&] { return zone::due_for_a_key(life.keys, life.now, life.rotation).size(); };
    life.now += 90 * a_day - 1;
    CHECK(due() == 0);
    life.now += 1;
    CHECK(due() == 1);
    life.make("new", DkimState::published);
    CHECK(due() == 0);
    life.keys.pop_back();
    life.rotation.age = 0;
    CHECK(due() == 0);
}

TEST_CASE("withdrawn at once: only if another signs, or can take its place") {
    Life life;
    life.make("old", DkimState::signing);
    CHECK_FALSE(zone::withdrawal_of(life.keys, {"old"}));
    life.make("new", DkimState::published);
    life.apply(*zone::withdrawal_of(life.keys, {"old"}));
    CHECK(life.signing() == "new");
    CHECK(life.state("old") == DkimState::withdrawn);
    CHECK_FALSE(zone::withdrawal_of(life.keys, {"new"}));
    CHECK(zone::withdrawal_of(life.keys, {"old"})->empty());  // it is gone already
}

// Wrong recipients cost their network time, in all sessions together. RFC 5321 §7.3.
#include "server/auth/name_guesses.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace server::auth;
using namespace std::chrono_literals;

namespace {

struct Scene {
    NameGuessOptions options{
        .at_once = 3, .window = 600s, .delay = 1s, .delay_most = 4s, .waiting_most = 20s, .networks = 4};
    std::chrono::steady_clock::time_point now{1h};
    NameGuessCount guesses{options, [this] { return now; }};

    // How long the next answers take, each asked for as soon as the one before has come; -1: not at all.
    std::vector<int> waits(const std::string& address, int times) {
        std::vector<int> found;
        for (int i = 0; i < times; ++i) {
            const auto wait = guesses.count(address);
            found.push_back(wait ? static_cast<int>(wait->count()) : -1);
            if (wait) now += *wait;
        }
        return found;
    }
};

using Waits = std::vector<int>;

}  // namespace

TEST_CASE("a few wrong names are answered at once, further ones more and more slowly") {
    Scene scene;
    CHECK(scene.waits("192.0.2.1", 3) == Waits{0, 0, 0});
    CHECK(scene.waits("192.0.2.1", 5) == Waits{1, 1, 1, 1, 1});
    CHECK(scene.waits("192.0.2.1", 12) == Waits{2, 2, 2, 2, 2, 4, 4, 4, 4, 4, 4, 4});
    // Of others nothing is known, nor does this machine ever wait.
    CHECK(scene.waits("192.0.2.2", 3) == Waits{0, 0, 0});
    CHECK(scene.waits("127.0.0.1", 50) == Waits(50, 0));
    CHECK(scene.waits("::1", 50) == Waits(50, 0));
}

TEST_CASE("what is asked at the same time is answered one after the other, and not without end") {
    Scene scene;
    scene.waits("192.0.2.1", 3);
    std::vector<int> found;
    for (int i = 0; i < 16; ++i) {
        const auto wait = scene.guesses.count("192.0.2.1");
        found.push_back(wait ? static_cast<int>(wait->count()) : -1);
    }
    CHECK(found == Waits{1, 2, 3, 4, 5, 7, 9, 11, 13, 15, 19, -1, -1, -1, -1, -1});
    scene.now += 19s;
    CHECK(scene.waits("192.0.2.1", 1) == Waits{4});
}

TEST_CASE("it is forgotten with time, and counted by network: IPv6 by /64") {
    Scene scene;
    CHECK(scene.waits("2001:db8::1", 3) == Waits{0, 0, 0});
    CHECK(scene.waits("2001:db8::ffff", 2) == Waits{1, 1});
    CHECK(scene.waits("2001:db8:0:1::1", 1) == Waits{0});
    scene.now += 200s;  // one is forgotten
    CHECK(scene.waits("2001:db8::2", 1) == Waits{1});
    scene.now += 600s;
    CHECK(scene.waits("2001:db8::3", 2) == Waits{0, 1});
    scene.now += 1h;
    CHECK(scene.waits("2001:db8::3", 3) == Waits{0, 0, 0});
}

TEST_CASE("only so many networks are remembered: the least recent are forgotten first") {
    Scene scene;
    scene.waits("192.0.2.1", 3);
    scene.waits("192.0.2.2", 3);
    CHECK(scene.waits("192.0.2.1", 1) == Waits{1});
    scene.waits("192.0.2.3", 1);
    scene.waits("192.0.2.4", 1);
    CHECK(scene.waits("192.0.2.1", 1) == Waits{1});
    CHECK(scene.waits("192.0.2.2", 1) == Waits{0});
    scene.guesses.configure({.at_once = 0, .delay = 2s});
    CHECK(scene.waits("192.0.2.9", 1) == Waits{2});
}

TEST_CASE("many addresses of one network are slowed down together, but not by one of them") {
    Scene scene;
    scene.options.networks = 1'000;
    scene.options.waiting_most = 1h;
    scene.options.window = 10'000h;  // nothing is forgotten
    scene.guesses.configure(scene.options);
    // One that does nothing else uses up three of the 48 that its /24 has.
    scene.waits("192.0.2.1", 200);
    for (int i = 2; i < 17; ++i) CHECK(scene.waits("192.0.2." + std::to_string(i), 3) == Waits{0, 0, 0});
    CHECK(scene.waits("192.0.2.99", 2) == Waits{1, 1});
    CHECK(scene.waits("192.0.3.99", 2) == Waits{0, 0});
    // IPv6: 48 for a /56, 192 for a /48.
    for (int i = 0; i < 16; ++i) CHECK(scene.waits("2001:db8:0:" + std::to_string(i) + "::1", 3) == Waits{0, 0, 0});
    CHECK(scene.waits("2001:db8:0:ff::1", 1) == Waits{1});
    CHECK(scene.waits("2001:db8:0:100::1", 1) == Waits{0});
    int at_once = 0;
    for (int i = 2; i < 100; ++i) {
        const Waits found = scene.waits("2001:db8:0:" + std::to_string(i) + "00::1", 3);
        at_once += static_cast<int>(std::ranges::count(found, 0));
    }
    CHECK(at_once == 192 - 48 - 1);
    CHECK(scene.waits("2001:db8:1::1", 3) == Waits{0, 0, 0});
}

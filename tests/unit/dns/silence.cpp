// When it is asked whether any name server answers, and what follows from the answer (silence.h).
#include "protocols/dns/silence.h"

#include <doctest/doctest.h>

using dns::Silence;
using std::chrono::milliseconds;

namespace {

constexpr dns::SilencePatience patience{
    .question = milliseconds(300), .probe = milliseconds(400), .believed = milliseconds(500)};

Silence::Time at(int since_start) { return Silence::Time(std::chrono::hours(1)) + milliseconds(since_start); }

}  // namespace

TEST_CASE("a question that has waited long enough is a reason to probe, once at a time") {
    Silence silence(patience);
    CHECK_FALSE(silence.wants_probe(at(0), at(299)));
    CHECK(silence.wants_probe(at(0), at(300)));
    silence.probe_sent();
    CHECK_FALSE(silence.wants_probe(at(0), at(10'000)));
}

TEST_CASE("an answered probe is believed for a while, and nothing is silent") {
    Silence silence(patience);
    silence.probe_sent();
    CHECK(silence.probe_ended(true, at(310)) == Silence::News::none);
    CHECK_FALSE(silence.is_silent());
    CHECK_FALSE(silence.wants_probe(at(0), at(809)));
    CHECK(silence.wants_probe(at(0), at(810)));
}

TEST_CASE("a probe without an answer begins the silence, and the first with one ends it; each is news once") {
    Silence silence(patience);
    silence.probe_sent();
    CHECK(silence.probe_ended(false, at(700)) == Silence::News::begins);
    CHECK(silence.is_silent());
    CHECK(silence.wants_probe(at(700), at(700)));  // whether or not anybody asks
    silence.probe_sent();
    CHECK_FALSE(silence.wants_probe(at(700), at(701)));
    CHECK(silence.probe_ended(false, at(1'100)) == Silence::News::none);
    CHECK(silence.is_silent());
    silence.probe_sent();
    CHECK(silence.probe_ended(true, at(1'200)) == Silence::News::ends);
    CHECK_FALSE(silence.is_silent());
    CHECK_FALSE(silence.wants_probe(at(0), at(1'699)));
}

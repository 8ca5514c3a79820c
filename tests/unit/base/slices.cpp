// Work in slices (slices.h).
#include "protocols/base/slices.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace {

base::Slices write(std::string& out, char letter, int times, base::Pace& pace) {
    for (int i = 0; i < times; ++i) {
        out += letter;
        co_await pace.step();
    }
}

base::Slices write_twice(std::string& out, base::Pace& pace) {
    for (base::Slices part = write(out, 'a', 3, pace); part.go_on();) co_yield base::pause;
    for (base::Slices part = write(out, 'b', 3, pace); part.go_on();) co_yield base::pause;
}

base::Slices fail() {
    co_yield base::pause;
    throw std::runtime_error("no more pickles");
}

}  // namespace

TEST_CASE("work pauses when so many steps are done, and goes on where it was") {
    std::string out;
    base::Pace pace(2);
    base::Slices work = write(out, 'a', 5, pace);
    CHECK(out.empty());  // nothing happens before it is asked for
    CHECK(work.go_on());
    CHECK(out == "aa");
    CHECK(work.go_on());
    CHECK(out == "aaaa");
    CHECK_FALSE(work.go_on());
    CHECK(out == "aaaaa");
    CHECK_FALSE(work.go_on());
    CHECK(out == "aaaaa");
}

TEST_CASE("parts of one work share its pace") {
    std::string out;
    base::Pace pace(2);
    base::Slices work = write_twice(out, pace);
    CHECK(work.go_on());
    CHECK(out == "aa");
    CHECK(work.go_on());
    CHECK(out == "aaab");
    work.finish();
    CHECK(out == "aaabbb");
}

TEST_CASE("a step that costs more than is left pauses at once") {
    base::Pace pace(10);
    CHECK(pace.step(100).pauses);
    CHECK_FALSE(pace.step(9).pauses);
    CHECK(pace.step(1).pauses);
}

TEST_CASE("what the work throws comes out, and the work is over") {
    base::Slices work = fail();
    CHECK(work.go_on());
    CHECK_THROWS_AS(work.go_on(), std::runtime_error);
    CHECK_FALSE(work.go_on());
}

TEST_CASE("work may be dropped before its end, and moved") {
    std::string out;
    base::Pace pace(1);
    base::Slices work = write(out, 'a', 5, pace);
    CHECK(work.go_on());
    base::Slices other = std::move(work);
    CHECK(other.go_on());
    CHECK(out == "aa");
    other = write(out, 'b', 1, pace);
    other.finish();
    CHECK(out == "aab");
}

// Expectations and handles: what they do when they fail.
#include <doctest/doctest.h>

#include <string>

#include "protocols/base/expects.h"
#include "protocols/base/handle.h"

namespace {

int freed = 0;
struct Thing {};
void free_thing(Thing* thing) {
    ++freed;
    delete thing;
}

}  // namespace

TEST_CASE("a broken expectation says where") {
    base::expects(true, "fine");
    try {
        base::expects(false, "two is one");
        FAIL("no exception");
    } catch (const base::BrokenExpectation& broken) {
        const std::string what = broken.what();
        CHECK(what.find("expects.cpp:") != std::string::npos);
        CHECK(what.find("two is one") != std::string::npos);
    }
}

TEST_CASE("a handle frees once") {
    {
        base::Handle<Thing, free_thing> one(new Thing);
        base::Handle<Thing, free_thing> two = std::move(one);
        CHECK(freed == 0);
    }
    CHECK(freed == 1);
}

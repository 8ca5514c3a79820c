// What is remembered of the DNS, how long, and how much (answer_cache.h).
#include "protocols/dns/answer_cache.h"

#include <doctest/doctest.h>

using dns::AnswerCache;
using dns::RawAnswer;
using dns::RecordType;
using std::chrono::seconds;

namespace {

const AnswerCache::Time start{std::chrono::hours(1)};

RawAnswer text(std::string octets) {
    return dns::Found<std::string>{.records = {std::move(octets)}, .name = "a.example"};
}

// The first record, or how it is otherwise.
std::string recalled(AnswerCache& cache, const std::string& name, RecordType type, int after) {
    const std::optional<RawAnswer> answer = cache.find(name, type, start + seconds(after));
    if (!answer) return "nothing";
    const auto* found = std::get_if<dns::Found<std::string>>(&*answer);
    return found != nullptr ? found->records.at(0) : "absent";
}

}  // namespace

TEST_CASE("an answer is remembered for its time, by name in any case and type") {
    AnswerCache cache(10'000);
    cache.put("A.example", RecordType::txt, text("one"), seconds(10), start);
    CHECK(recalled(cache, "a.Example", RecordType::txt, 9) == "one");
    CHECK(recalled(cache, "a.example", RecordType::txt, 10) == "nothing");
    CHECK(recalled(cache, "a.example", RecordType::mx, 1) == "nothing");
    cache.put("a.example", RecordType::txt, text("two"), seconds(5), start + seconds(10));
    CHECK(recalled(cache, "a.example", RecordType::txt, 14) == "two");
    cache.clear();
    CHECK(recalled(cache, "a.example", RecordType::txt, 14) == "nothing");
}

TEST_CASE("absence is remembered; failures, bogus answers and what lasts no time are not") {
    AnswerCache cache(10'000);
    cache.put("none.example", RecordType::txt, dns::NoSuchName{}, seconds(5), start);
    cache.put("empty.example", RecordType::txt, dns::NoData{}, seconds(5), start);
    cache.put("failed.example", RecordType::txt, dns::Unavailable{"x"}, seconds(5), start);
    cache.put("bogus.example", RecordType::txt, dns::Bogus{"x"}, seconds(5), start);
    cache.put("quick.example", RecordType::txt, text("x"), seconds(0), start);
    CHECK(recalled(cache, "none.example", RecordType::txt, 4) == "absent");
    CHECK(recalled(cache, "empty.example", RecordType::txt, 4) == "absent");
    for (const std::string name : {"failed.example", "bogus.example", "quick.example"})
        CHECK(recalled(cache, name, RecordType::txt, 0) == "nothing");
}

TEST_CASE("of too many, those that are asked for stay, and one that is too large is not kept at all") {
    AnswerCache cache(20'000);
    cache.put("often.example", RecordType::txt, text("often"), seconds(100), start);
    std::size_t kept = 0;
    for (int i = 0; i < 1'000; ++i) {
        cache.put("n" + std::to_string(i) + ".example", RecordType::txt, text("x"), seconds(100), start);
        CHECK(recalled(cache, "often.example", RecordType::txt, 1) == "often");
    }
    cache.put("large.example", RecordType::txt, text(std::string(20'000, 'x')), seconds(100), start);
    CHECK(recalled(cache, "large.example", RecordType::txt, 1) == "nothing");
    CHECK(recalled(cache, "often.example", RecordType::txt, 1) == "often");
    for (int i = 0; i < 1'000; ++i) {
        if (recalled(cache, "n" + std::to_string(i) + ".example", RecordType::txt, 1) == "x") ++kept;
    }
    CHECK(kept > 10);
    CHECK(kept < 80);
}

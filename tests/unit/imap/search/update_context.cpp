// Updates of search results: applied to a client's list as in RFC 5267 §4.3.3 and §4.3.4, they must give the new
// results.
#include "protocols/imap/search/update_context.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using imap::UpdateContext;
using imap::wire::ResultUpdate;
using storage::Uid;
using storage::UidSet;

std::uint32_t itself(Uid uid) { return uid.value; }

std::vector<std::uint32_t> numbers_of(const ResultUpdate& update) {
    std::vector<std::uint32_t> numbers;
    for (const auto& [first, last] : update.results) {
        for (std::uint32_t number = first; number <= last; ++number) numbers.push_back(number);
    }
    return numbers;
}

// The list of a client that applies all updates.
struct Client {
    std::vector<std::uint32_t> results;

    void add(const std::vector<ResultUpdate>& updates) {
        for (const ResultUpdate& update : updates) {
            const std::vector<std::uint32_t> numbers = numbers_of(update);
            if (update.position > 0) REQUIRE(update.position <= results.size() + 1);
            const auto at = update.position == 0 ? results.end() : results.begin() + update.position - 1;
            results.insert(at, numbers.begin(), numbers.end());
            if (update.position == 0) std::ranges::sort(results);
        }
    }
    void remove(const std::vector<ResultUpdate>& updates) {
        for (const ResultUpdate& update : updates) {
            for (const std::uint32_t number : numbers_of(update)) {
                const auto at =
                    update.position == 0 ? std::ranges::find(results, number) : results.begin() + update.position - 1;
                REQUIRE(at < results.end());
                CHECK(*at == number);
                results.erase(at);
            }
        }
    }
};

std::vector<Uid> uids(const std::vector<std::uint32_t>& numbers) {
    std::vector<Uid> out;
    for (const std::uint32_t number : numbers) out.push_back(Uid{number});
    return out;
}

}  // namespace

TEST_CASE("a SEARCH: mailbox order, position 0") {
    UpdateContext context("B01", {}, {});
    context.begin(uids({2, 3, 4, 9}));
    Client client{{2, 3, 4, 9}};
    CHECK(context.holds(Uid{9}));
    client.remove(context.remove({Uid{3}, Uid{7}, Uid{9}}, itself));
    CHECK(client.results == std::vector<std::uint32_t>{2, 4});
    CHECK(!context.holds(Uid{9}));
    CHECK(context.holds(Uid{4}));
    client.add(context.add({Uid{1}, Uid{3}, Uid{10}, Uid{11}}, itself));
    CHECK(client.results == std::vector<std::uint32_t>{1, 2, 3, 4, 10, 11});
    CHECK(context.remove({Uid{9}}, itself).empty());
    CHECK(context.add({}, itself).empty());
    // the caller supplies the numbers
    const std::vector<ResultUpdate> named = context.remove({Uid{10}, Uid{11}}, [](Uid uid) { return uid.value - 5; });
    CHECK(named == std::vector<ResultUpdate>{{0, {{5, 6}}}});
}

TEST_CASE("a SORT: positions, removed from the end, added from the front") {
    UpdateContext context("B02", {}, {{imap::wire::SortCriterion::Key::date}});
    context.begin(uids({5, 3, 4, 1, 9}));
    Client client{{5, 3, 4, 1, 9}};
    const std::vector<ResultUpdate> removed = context.remove({Uid{3}, Uid{4}, Uid{9}, Uid{100}}, itself);
    CHECK(removed == std::vector<ResultUpdate>{{5, {{9, 9}}}, {2, {{3, 4}}}});
    client.remove(removed);
    CHECK(client.results == std::vector<std::uint32_t>{5, 1});
    CHECK(context.order() == uids({5, 1}));
    const std::vector<ResultUpdate> added = context.reorder(uids({8, 7, 5, 10, 11, 1, 12}), itself);
    CHECK(added == std::vector<ResultUpdate>{{1, {{8, 8}, {7, 7}}}, {4, {{10, 11}}}, {7, {{12, 12}}}});
    client.add(added);
    CHECK(client.results == std::vector<std::uint32_t>{8, 7, 5, 10, 11, 1, 12});
    CHECK(context.holds(Uid{12}));
    CHECK(context.reorder(context.order(), itself).empty());
}

TEST_CASE("a search that is kept up to date knows what it holds in memory") {
    imap::wire::Search search;
    search.key.children.resize(100);
    search.key.children.back().text = std::string(1'000, 'x');
    search.key.children.front().set.ranges.resize(1'000);
    UpdateContext context("B03", search, {{imap::wire::SortCriterion::Key::date}});
    const std::size_t alone = context.octets();
    CHECK(alone >= 100 * sizeof(imap::wire::SearchKey) + 1'000 + 1'000 * sizeof(imap::wire::NumberRange));
    std::vector<Uid> results;
    for (std::uint32_t uid = 1; uid <= 2'000; uid += 2) results.push_back(Uid{uid});
    context.begin(results);
    CHECK(context.octets() >= alone + 1'000 * (sizeof(storage::UidSet::Range) + sizeof(Uid)));
}

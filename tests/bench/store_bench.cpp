// The store's speed without any protocol: synced accepts for several numbers of waiters and sizes, and the mailbox
// operations that must be linear at most. Prints figures; does not judge them.
//   store_bench [OCTETS WAITERS MESSAGES]    one measurement of accepts instead of all
// Works in a new directory under the current one, which is removed at the end. PAGE_OCTETS sets the page size.
#include <stdlib.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "storage/accounts.h"
#include "storage/blobs.h"
#include "storage/domains.h"
#include "storage/mailboxes.h"
#include "storage/messages.h"
#include "storage/queue.h"
#include "storage/store_await.h"
#include "storage/store_options.h"

namespace {

using namespace storage;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t now = 1'700'000'000;
constexpr int accounts = 100;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Text that compresses about like mail, different for each seed.
std::string make_message(std::uint64_t seed, std::size_t octets) {
    std::mt19937_64 random(seed);
    std::string text =
        "Message-ID: <" + std::to_string(random()) + "@bench.example>\r\nSubject: " + std::to_string(seed) + "\r\n\r\n";
    while (text.size() < octets) {
        for (int letters = 3 + static_cast<int>(random() % 7); letters > 0; --letters) {
            text += static_cast<char>('a' + random() % 26 % (1 + random() % 26));
        }
        text += random() % 12 == 0 ? "\r\n" : " ";
    }
    text.resize(octets);
    return text;
}

struct Bench {
    Store& store;
    std::vector<MailboxId> inboxes;
    std::size_t octets = 4096;
    std::uint64_t next_seed = 0;
    std::size_t left = 0;
    std::vector<double> latencies;
};

// One session that delivers messages until there are enough.
asio::awaitable<void> deliver(Bench& bench, std::vector<std::string>& bodies) {
    while (bench.left > 0) {
        --bench.left;
        const std::uint64_t number = bench.next_seed++;
        std::string body = std::to_string(number) + bodies[number % bodies.size()];
        const auto start = Clock::now();
        BlobWriter writer(bench.store);
        Result<std::monostate> written = co_await writer.write(body);
        if (!written) throw std::runtime_error(written.error().text);
        Result<StagedBlob> content = co_await writer.finish();
        if (!content) throw std::runtime_error(content.error().text);
        Acceptance acceptance;
        acceptance.content = *std::move(content);
        acceptance.summary = std::string(500, 's') + std::to_string(number);
        acceptance.received_at = now;
        acceptance.local.push_back({bench.inboxes[number % bench.inboxes.size()], {}});
        Operation<Accepted> operation = accept_message(std::move(acceptance));
        Result<Accepted> accepted = co_await bench.store.write(std::move(operation));
        if (!accepted) throw std::runtime_error(accepted.error().text);
        bench.latencies.push_back(seconds_since(start));
    }
}

void measure_accepts(Bench& bench, std::size_t octets, int waiters, std::size_t messages) {
    std::vector<std::string> bodies;
    for (int i = 0; i < 64; ++i) bodies.push_back(make_message(bench.next_seed + i, octets));
    bench.left = messages;
    bench.latencies.clear();
    const Store::Figures before = bench.store.figures();
    asio::io_context context(1);
    for (int i = 0; i < waiters; ++i) {
        asio::co_spawn(context, deliver(bench, bodies), [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
    }
    const auto start = Clock::now();
    context.run();
    const double seconds = seconds_since(start);
    const Store::Figures after = bench.store.figures();
    std::ranges::sort(bench.latencies);
    std::printf(
        "accept %7zu octets, %3d waiters: %8.0f /s   %5.1f in a commit   p50 %6.2f ms   p99 %6.2f ms   max %6.2f ms\n",
        octets, waiters, static_cast<double>(messages) / seconds,
        static_cast<double>(after.operations - before.operations) / static_cast<double>(after.commits - before.commits),
        bench.latencies[messages / 2] * 1e3, bench.latencies[messages * 99 / 100] * 1e3, bench.latencies.back() * 1e3);
    std::fflush(stdout);
}

template <class F>
void measure(const char* what, F&& work) {
    const auto start = Clock::now();
    work();
    std::printf("%-60s %8.2f ms\n", what, seconds_since(start) * 1e3);
    std::fflush(stdout);
}

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().text);
    return *std::move(result);
}

// Fills a mailbox with this many small messages, doubling it by copies.
void fill(Store& store, MailboxId from, MailboxId to, std::uint32_t messages) {
    UidSet some;
    some.insert(Uid{1}, Uid{1000});
    for (std::uint32_t done = 0; done < messages; done += 1000)
        (void)must(store.write_now(copy_messages({from, the_server}, some, to, now)));
}

void measure_mailbox(Store& store, AccountId account, MailboxId inbox) {
    const MailboxId big = must(store.write_now(create_mailbox(account, "Big"))).id;
    const MailboxId other = must(store.write_now(create_mailbox(account, "Other"))).id;
    measure("fill 100,000 by copies of 1,000", [&] { fill(store, inbox, big, 100'000); });
    measure("view 100,000, nothing expunged", [&] { (void)must(store.read_now(view_mailbox({big, the_server}))); });
    UidSet ten_thousand;
    ten_thousand.insert(Uid{1}, Uid{10'000});
    measure("flags of 10,000: +\\Seen", [&] {
        (void)must(
            store.write_now(change_flags({big, the_server}, ten_thousand, FlagEdit::add, {system_flag::seen, {}})));
    });
    measure("flags of 10,000: -\\Seen", [&] {
        (void)must(
            store.write_now(change_flags({big, the_server}, ten_thousand, FlagEdit::remove, {system_flag::seen, {}})));
    });
    measure("flags of 10,000: +keyword", [&] {
        (void)must(store.write_now(change_flags({big, the_server}, ten_thousand, FlagEdit::add, {0, {"$label1"}})));
    });
    UidSet thousand;
    for (std::uint32_t uid = 1; uid < 100'000; uid += 100) thousand.insert(Uid{uid});
    measure("expunge 1,000 spread over 100,000",
            [&] { (void)must(store.write_now(expunge_messages({big, the_server}, thousand, Durability::prompt))); });
    measure("view 99,000 with 1,000 holes", [&] { (void)must(store.read_now(view_mailbox({big, the_server}))); });
    measure("view 99,000 with 1,000 holes, again",
            [&] { (void)must(store.read_now(view_mailbox({big, the_server}))); });
    const ModSeq since = must(store.read_now(view_mailbox({big, the_server}))).highest_modseq;
    (void)must(
        store.write_now(change_flags({big, the_server}, {Uid{50'000}}, FlagEdit::add, {system_flag::flagged, {}})));
    measure("changes: one of 99,000", [&] { (void)must(store.read_now(mailbox_changes({big, the_server}, since))); });
    measure("FETCH 1:* (FLAGS) (CHANGEDSINCE), one of 99,000",
            [&] { (void)must(store.read_now(read_messages({big, the_server}, UidSet::all(), false, 1'000, since))); });
    measure("FETCH 1:* (FLAGS) of 99,000",
            [&] { (void)must(store.read_now(read_messages({big, the_server}, UidSet::all(), false, 200'000))); });
    measure("FETCH 10,000 summaries",
            [&] { (void)must(store.read_now(read_messages({big, the_server}, ten_thousand, true, 10'000))); });
    measure("copy 10,000",
            [&] { (void)must(store.write_now(copy_messages({big, the_server}, ten_thousand, other, now))); });
    measure("move 10,000 back",
            [&] { (void)must(store.write_now(move_messages({other, the_server}, UidSet::all(), big, now))); });
    measure("expunge 89,000", [&] {
        (void)must(store.write_now(expunge_messages({big, the_server}, UidSet::all(), Durability::prompt)));
    });
}

}  // namespace

int main(int argc, char** argv) {
    std::string directory = "store-bench-XXXXXX";
    if (::mkdtemp(directory.data()) == nullptr) return 1;
    StoreOptions options;
    options.path = std::filesystem::path(directory) / "mailstead.db";
    if (const char* page = std::getenv("PAGE_OCTETS")) options.page_octets = std::stoul(page);
    {
        Store store(options);
        Bench bench{.store = store, .inboxes = {}, .latencies = {}};
        (void)must(store.write_now(add_domain("bench.example", now)));
        AccountId account;
        for (int i = 0; i < accounts; ++i) {
            const std::string name = "user" + std::to_string(i) + "@bench.example";
            account = must(store.write_now(add_account(name, {}, now)));
            bench.inboxes.push_back(must(store.read_now(find_mailbox(account, "INBOX"))).id);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        if (argc == 4) {
            measure_accepts(bench, std::stoul(argv[1]), std::stoi(argv[2]), std::stoul(argv[3]));
        } else {
            for (const int waiters : {1, 20, 100})
                measure_accepts(bench, 4096, waiters, waiters == 1 ? 10'000 : 60'000);
            for (const int waiters : {1, 20}) measure_accepts(bench, 50 << 10, waiters, waiters == 1 ? 2'000 : 8'000);
            for (const int waiters : {1, 20}) measure_accepts(bench, 2 << 20, waiters, waiters == 1 ? 100 : 400);
            measure_mailbox(store, account, bench.inboxes.back());
        }
    }
    std::filesystem::remove_all(directory);
    return 0;
}

// The trace: noted with the delivery or not at all, found by any name, bounded by age and by number.
#include "storage/trace.h"

#include "storage/queue.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

StoreOptions keeping(TraceOptions trace) {
    StoreOptions options;
    options.trace = trace;
    return options;
}

TraceText story(std::initializer_list<std::pair<std::string_view, std::string_view>> facts) {
    TraceText text;
    for (const auto& [name, value] : facts) text.add(name, value);
    return text;
}

struct TracedStore : TemporaryStore {
    explicit TracedStore(TraceOptions trace = {.keep = std::chrono::hours(1), .rows = 100})
        : TemporaryStore(keeping(trace)) {}
    std::vector<TraceEntry> find(TraceFilter filter) { return get(find_in_trace(std::move(filter))); }
    std::size_t count(std::string word) { return find({.word = std::move(word)}).size(); }
    void note(std::int64_t at, const TraceText& text) { run(note_in_trace(at, text)); }
};

}  // namespace

TEST_CASE("where a message came to lie stands in its story, and is found by its number in the queue") {
    TracedStore store;
    const AccountId bob = store.add_account("bob@example.org");
    Acceptance acceptance;
    acceptance.content = store.staged("text");
    acceptance.summary = "summary";
    acceptance.received_at = now;
    acceptance.local = {{store.mailbox(bob, "INBOX"), {}}};
    acceptance.remote = NewQueueMessage{.reverse_path = "bob@example.org", .envelope_id = {}, .session = {}};
    acceptance.remote->recipients = {{"x@remote.example", 0, ""}};
    acceptance.trace = story({{"from", "a@crepes.fr"}, {"size", "4"}});
    const Accepted accepted = store.run(accept_message(acceptance));
    const auto found = store.find({.word = std::to_string(accepted.queue_message->value)});
    REQUIRE(found.size() == 1);
    CHECK(found[0].at == now);
    CHECK(found[0].story == std::vector<TraceFact>{{"from", "a@crepes.fr"}, {"size", "4"}});
    REQUIRE(found[0].filed.size() == 1);
    CHECK(found[0].filed[0].account == "bob@example.org");
    CHECK(found[0].filed[0].mailbox == "INBOX");
    CHECK(found[0].filed[0].uid == accepted.local[0].uid);
    CHECK(found[0].queued == std::vector{*accepted.queue_message});
    CHECK(store.count("4") == 0);  // a size is no number in the queue
    acceptance.local = {{MailboxId{12'345}, {}}};
    CHECK_FALSE(store.write(accept_message(acceptance)));
    CHECK(store.count("a@crepes.fr") == 1);
}

TEST_CASE("any name finds its message, in any case, whole; the newest that are wanted, in their order") {
    TracedStore store;
    store.note(now, story({{"from", "a@crepes.fr"}, {"to", "Bob@example.org"}, {"message-id", "1@crepes.fr"}}));
    store.note(now + 1, story({{"from", "b@crepes.fr"}, {"to", "bob@example.org"}, {"check", "for bob@example.org"}}));
    store.note(now + 2, story({{"from", "a@crepes.fr"}, {"check", "spf=pass a@crepes.fr b@crepes.fr"}}));
    CHECK(store.count("BOB@example.org") == 2);
    CHECK(store.count("1@crepes.fr") == 1);
    CHECK(store.count("crepes.fr") == 0);
    CHECK(store.count("b@crepes.fr") == 1);  // as the end of another value it does not count
    CHECK(store.count("") == 0);
    const auto newest = store.find({.word = "a@crepes.fr", .most = 1});
    REQUIRE(newest.size() == 1);
    CHECK(newest[0].at == now + 2);
    CHECK(store.find({.word = "bob@example.org"}).front().at == now);
    CHECK(store.find({.word = "bob@example.org", .since = now + 1}).size() == 1);
}

TEST_CASE("what a stranger gave is one line of text, and short") {
    TracedStore store;
    const TraceText strange = story(
        {{"helo", std::string_view("a\0b\r\nto c\xff\xc2\x85\xc3\xa9", 14)}, {"from", std::string(100'000, 'x')}});
    store.note(now, strange);
    const auto found = store.find({.word = "a?b??to c???\xc3\xa9"});
    REQUIRE(found.size() == 1);
    REQUIRE(found[0].story.size() == 2);
    CHECK(found[0].story[1].value.size() == 1'000);
}

TEST_CASE("a store that keeps no trace notes nothing") {
    TracedStore store({.keep = std::chrono::seconds(0)});
    store.note(now, story({{"from", "a@crepes.fr"}}));
    CHECK(store.count("a@crepes.fr") == 0);
}

TEST_CASE("what is too old or too much is forgotten in slices, from the oldest on") {
    TracedStore store({.keep = std::chrono::hours(1), .rows = 20});
    for (int i = 0; i < 45; ++i) store.note(now + i, story({{"from", "a@crepes.fr"}}));
    const auto left = [&] { return store.find({.word = "a@crepes.fr", .most = 100}); };
    CHECK(store.run(trim_trace(now, 10)));  // 25 are too many
    CHECK(left().size() == 35);
    CHECK(store.run(trim_trace(now, 10)));
    CHECK_FALSE(store.run(trim_trace(now, 10)));
    CHECK(left().size() == 20);
    CHECK(left().front().at == now + 25);
    const std::int64_t later = now + 3600 + 40;  // those before the 40th are older than an hour
    CHECK(store.run(trim_trace(later, 10)));
    CHECK_FALSE(store.run(trim_trace(later, 10)));
    CHECK(left().size() == 5);
}

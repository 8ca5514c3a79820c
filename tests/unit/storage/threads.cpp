// The thread that a content joins, and that it stays there: RFC 8474 §5.2.
#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <future>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/messages.h"
#include "storage/staging.h"
#include "storage/upkeep/check.h"
#include "storage/upkeep/renewal.h"
#include "storage/upkeep/sweep.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

struct ThreadHouse : TemporaryStore {
    AccountId bob = add_account("bob@example.org");
    AccountId alice = add_account("alice@example.org");
    MailboxId inbox = mailbox(bob, "INBOX");
    MailboxId archive = mailbox(bob, "Archive");

    Uid put(MailboxId where, const std::string& content, std::vector<std::string> names) {
        NewMessage message{.content = staged(content),
                           .summary = "summary of " + content,
                           .thread_names = std::move(names),
                           .flags = {},
                           .internal_date = now};
        return run(append_messages(where, {std::move(message)}, now, the_server)).placed.at(0).uid;
    }
    ThreadId thread(MailboxId where, Uid uid) {
        return get(read_messages({where, the_server}, {uid}, true, 1)).at(0).thread;
    }
    ThreadId put_and_ask(const std::string& content, std::vector<std::string> names) {
        return thread(inbox, put(inbox, content, std::move(names)));
    }
    std::size_t known_names() {
        return get(Query<std::size_t>([](Snapshot& snapshot) -> Result<std::size_t> {
            engine::Connection& connection = engine::connection_of(snapshot);

            auto count = connection.statement("SELECT count(*) FROM thread_key");
            count.step();
            return count.column<std::size_t>(0);
        }));
    }
};

}  // namespace

TEST_CASE_FIXTURE(ThreadHouse, "contents that share a name are in one thread, the oldest that they name") {
    const ThreadId first = put_and_ask("a", {"1"});
    CHECK(first.value > 0);
    CHECK(put_and_ask("b", {"2", "1"}) == first);
    CHECK(put_and_ask("c", {"3", "2"}) == first);
    const ThreadId second = put_and_ask("d", {"4"});
    CHECK(second != first);
    CHECK(put_and_ask("e", {"5", "4", "1"}) == first);
    CHECK(put_and_ask("f", {"6", "4"}) == second);  // existing members stay where they are
    const ThreadId alone = put_and_ask("g", {});
    CHECK(put_and_ask("h", {}) != alone);
}

TEST_CASE_FIXTURE(ThreadHouse, "the same content has the same thread, wherever it lies and whatever comes later") {
    const Uid uid = put(inbox, "a", {"1"});
    const ThreadId first = thread(inbox, uid);
    CHECK(put_and_ask("a", {"other"}) == first);
    CHECK(thread(mailbox(alice, "INBOX"), put(mailbox(alice, "INBOX"), "a", {"1"})) == first);
    const Copied copied = run(copy_messages({inbox, the_server}, {uid}, archive, now));
    CHECK(thread(archive, copied.to.at(0)) == first);
    const Copied moved = run(move_messages({inbox, the_server}, {uid}, archive, now));
    CHECK(thread(archive, moved.to.at(0)) == first);
    CHECK(known_names() == 1);  // a content already known adds no names
}

TEST_CASE_FIXTURE(ThreadHouse, "a thread is known as long as some content is in it, then its names are forgotten") {
    const Uid one = put(inbox, "a", {"1"});
    const Uid two = put(inbox, "b", {"2", "1"});
    put(inbox, "c", {"3"});
    const ThreadId first = thread(inbox, one);
    run(expunge_messages({inbox, the_server}, {one}, Durability::prompt));
    sweep_now(store());
    CHECK(put_and_ask("d", {"4", "1"}) == first);
    run(expunge_messages({inbox, the_server}, {two, Uid{two.value + 1}, Uid{two.value + 2}}, Durability::prompt));
    sweep_now(store());
    CHECK(known_names() == 0);
    CHECK(get(check_store({})).findings.empty());
    CHECK(put_and_ask("e", {"1"}) != first);
}

TEST_CASE_FIXTURE(ThreadHouse, "a summary that was made while its content went is not kept") {
    run(Operation<int>{Durability::synced, [](engine::Batch& batch) -> std::optional<Result<int>> {
                           put_summary(batch.connection(), BlobId{77}, "late", {"1"}, {});
                           return 0;
                       }});
    CHECK(known_names() == 0);
    CHECK(get(check_store({})).findings.empty());
}

TEST_CASE_FIXTURE(ThreadHouse, "mail from before there were threads comes into them with the renewal of summaries") {
    const Uid one = put(inbox, "a", {"1"});
    const Uid two = put(inbox, "b", {"2", "1"});
    run(Operation<int>{Durability::synced, [](engine::Batch& batch) -> std::optional<Result<int>> {
                           batch.connection().run("UPDATE message_summary SET thread_id = NULL");
                           batch.connection().run("DELETE FROM thread_key");
                           return 0;
                       }});
    CHECK(thread(inbox, one) == ThreadId{});
    const ThreadId later = put_and_ask("c", {"3", "2"});  // the newer message may arrive first
    const RenewalOptions options{.version = 's', .summarise = [](std::uint64_t, const ReadContent& read) {
                                     const std::string content = read(0, 1);
                                     std::vector<std::string> names{content == "a" ? "1" : "2", "1"};
                                     return Summarised{"summary of " + content, std::move(names)};
                                 }};
    BlobId reached;
    asio::io_context context;
    std::future<bool> more = asio::co_spawn(context, renew_summaries(store(), options, reached), asio::use_future);
    context.run();
    CHECK_FALSE(more.get());
    CHECK(thread(inbox, one).value > 0);
    CHECK(thread(inbox, two) == thread(inbox, one));
    CHECK(thread(inbox, two) != later);  // its id was already given to clients
    CHECK(get(check_store({})).findings.empty());
}

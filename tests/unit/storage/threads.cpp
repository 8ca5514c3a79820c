// The thread that a content joins, and that it stays there: RFC 8474 §5.2.
#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <future>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/messages.h"
#include "storage/queue.h"
#include "storage/staging.h"
#include "storage/threads.h"
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
    ObjectIds ids(MailboxId where, Uid uid) {
        return get(read_messages({where, the_server}, {uid}, {false, true}, 1)).at(0).ids;
    }
    ObjectId thread(MailboxId where, Uid uid) { return ids(where, uid).thread; }
    ObjectId put_and_ask(const std::string& content, std::vector<std::string> names) {
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
    const ObjectId first = put_and_ask("a", {"1"});
    CHECK(first.sealed);
    CHECK(put_and_ask("b", {"2", "1"}) == first);
    CHECK(put_and_ask("c", {"3", "2"}) == first);
    const ObjectId second = put_and_ask("d", {"4"});
    CHECK(second != first);
    CHECK(put_and_ask("e", {"5", "4", "1"}) == first);
    CHECK(put_and_ask("f", {"6", "4"}) == second);  // existing members stay where they are
    const ObjectId alone = put_and_ask("g", {});
    CHECK(put_and_ask("h", {}) != alone);
}

TEST_CASE_FIXTURE(ThreadHouse, "the same content has the same thread, wherever it lies and whatever comes later") {
    const Uid uid = put(inbox, "a", {"1"});
    const ObjectIds first = ids(inbox, uid);
    CHECK(put_and_ask("a", {"other"}) == first.thread);
    const Copied copied = run(copy_messages({inbox, the_server}, {uid}, archive, now));
    CHECK(ids(archive, copied.to.at(0)).email == first.email);
    CHECK(ids(archive, copied.to.at(0)).thread == first.thread);
    const Copied moved = run(move_messages({inbox, the_server}, {uid}, archive, now));
    CHECK(ids(archive, moved.to.at(0)).email == first.email);
    CHECK(ids(archive, moved.to.at(0)).thread == first.thread);
    CHECK(known_names() == 1);  // a content already known adds no names
}

TEST_CASE_FIXTURE(ThreadHouse, "another account's content and threads do not show: ids are the account's own") {
    const MailboxId hers = mailbox(alice, "INBOX");
    const Uid uid = put(inbox, "a", {"1"});
    const ObjectIds his = ids(inbox, uid);
    const ObjectIds own = ids(hers, put(hers, "a", {"1"}));  // the same octets
    CHECK(own.email != his.email);
    CHECK(own.thread != his.thread);
    CHECK(thread(hers, put(hers, "probe", {"2", "1"})) == own.thread);
    put(inbox, "b", {"3"});
    CHECK(thread(hers, put(hers, "another probe", {"4", "3"})) != thread(inbox, Uid{2}));
    // Nor does it matter to the one account whether the other still has the content.
    run(expunge_messages({hers, the_server}, UidSet::all(), Durability::prompt));
    sweep_now(store());
    const ObjectIds again = ids(hers, put(hers, "a", {"1"}));
    CHECK(again.email != own.email);
    CHECK(again.thread != own.thread);
    CHECK(get(check_store({})).findings.empty());
}

TEST_CASE_FIXTURE(ThreadHouse, "a copy for another account keeps its ids, but joins nothing there (RFC 8474 §5.1)") {
    const MailboxId hers = mailbox(alice, "INBOX");
    const Uid uid = put(inbox, "a", {"1"});
    const ObjectIds first = ids(inbox, uid);
    const Copied copied = run(copy_messages({inbox, the_server}, {uid}, hers, now));
    CHECK(ids(hers, copied.to.at(0)).email == first.email);
    CHECK(ids(hers, copied.to.at(0)).thread == first.thread);
    CHECK(thread(hers, put(hers, "b", {"2", "1"})) != first.thread);
    const Uid same = put(inbox, "c", {"3"});  // she has the same octets already, with ids of her own
    const ObjectIds own = ids(hers, put(hers, "c", {"3"}));
    const ObjectIds his = ids(inbox, same);
    const Copied moved = run(move_messages({inbox, the_server}, {same}, hers, now));
    CHECK(ids(hers, moved.to.at(0)).email == his.email);
    CHECK(his.email != own.email);
    sweep_now(store());
    const auto mine = [](Snapshot& snapshot) -> Result<int> {
        auto rows =
            engine::connection_of(snapshot).statement("SELECT count(*) FROM account_content WHERE account_id = 1");
        rows.step();
        return rows.column<int>(0);
    };
    CHECK(get(Query<int>(mine)) == 1);  // "a" alone: what was moved away is his no longer
    CHECK(get(check_store({})).findings.empty());
}

TEST_CASE_FIXTURE(ThreadHouse, "a message to several accounts is in the threads of each") {
    const MailboxId hers = mailbox(alice, "INBOX");
    const ObjectId his = put_and_ask("a", {"1"});
    Acceptance acceptance{.content = staged("b"), .summary = "s", .thread_names = {"2", "1"}, .received_at = now};
    acceptance.local = {{.mailbox = inbox}, {.mailbox = hers}};
    const Accepted accepted = run(accept_message(acceptance, {}));
    const ObjectIds at_his = ids(inbox, accepted.local.at(0).uid);
    const ObjectIds at_hers = ids(hers, accepted.local.at(1).uid);
    CHECK(at_his.thread == his);
    CHECK(at_hers.thread != his);
    CHECK(at_hers.email != at_his.email);
    CHECK(thread(hers, put(hers, "c", {"3", "2"})) == at_hers.thread);
    CHECK(get(check_store({})).findings.empty());
}

TEST_CASE_FIXTURE(ThreadHouse, "a thread is known as long as some content is in it, then its names are forgotten") {
    const Uid one = put(inbox, "a", {"1"});
    const Uid two = put(inbox, "b", {"2", "1"});
    put(inbox, "c", {"3"});
    const ObjectId first = thread(inbox, one);
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
                           put_summary(batch.connection(), BlobId{77}, "late", {});
                           name_old_content(batch, BlobId{77}, thread_keys({"1"}));
                           return 0;
                       }});
    CHECK(known_names() == 0);
    CHECK(get(check_store({})).findings.empty());
}

TEST_CASE_FIXTURE(ThreadHouse, "mail from before there were threads comes into them with the renewal of summaries") {
    const Uid one = put(inbox, "a", {"1"});
    const Uid two = put(inbox, "b", {"2", "1"});
    run(Operation<int>{Durability::synced, [](engine::Batch& batch) -> std::optional<Result<int>> {
                           batch.connection().run("UPDATE account_content SET thread_id = NULL, ids = 1");
                           batch.connection().run("DELETE FROM thread_key");
                           return 0;
                       }});
    CHECK(thread(inbox, one) == ObjectId{});
    const ObjectId later = put_and_ask("c", {"3", "2"});  // the newer message may arrive first
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
    CHECK(thread(inbox, one).sealed);
    CHECK(thread(inbox, one) != later);
    CHECK(thread(inbox, two) == later);  // whose id was already given to clients
    CHECK(get(check_store({})).findings.empty());
}

// Messages in mailboxes: append, flags, expunge, copy, move, and the changes that sessions read. RFC 9051 §6.3.12,
// §6.4; RFC 7162 §3.
#include "storage/messages.h"

#include <atomic>
#include <functional>
#include <memory>
#include <random>
#include <thread>

#include "storage/blobs.h"
#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/shared_rows.h"
#include "storage/store_options.h"
#include "storage/upkeep/check.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

struct MessageHouse : TemporaryStore {
    AccountId account = add_account("bob@example.org");
    MailboxId inbox = mailbox(account, "INBOX");
    MailboxId archive = mailbox(account, "Archive");

    std::vector<Message> all(MailboxId where) {
        return get(read_messages({where, the_server}, UidSet::all(), false, 1'000'000));
    }

    // Checks every counter against its rows, and all findings of check except summaries, which some messages here lack.
    void check_counters(AccountId of) {
        for (const Finding& finding : get(check_store({})).findings) {
            if (finding.table == "message_summary") continue;
            FAIL_CHECK(finding.table << " " << finding.row << ": " << finding.what);
        }
        std::uint64_t used = 0;
        std::uint64_t messages = 0;
        for (const Mailbox& mailbox : get(list_mailboxes(of))) {
            const std::vector<Message> rows = all(mailbox.id);
            std::uint32_t unseen = 0;
            std::uint32_t deleted = 0;
            std::uint64_t size = 0;
            std::uint64_t deleted_size = 0;
            for (const Message& row : rows) {
                unseen += (row.flags.system & system_flag::seen) == 0 ? 1 : 0;
                deleted += (row.flags.system & system_flag::deleted) != 0 ? 1 : 0;
                deleted_size += (row.flags.system & system_flag::deleted) != 0 ? row.size_octets : 0;
                size += row.size_octets;
                CHECK(row.modseq <= mailbox.highest_modseq);
                CHECK(row.uid < mailbox.uid_next);
            }
            CHECK(mailbox.messages == rows.size());
            CHECK(mailbox.unseen == unseen);
            CHECK(mailbox.deleted == deleted);
            CHECK(mailbox.size_octets == size);
            CHECK(mailbox.deleted_octets == deleted_size);
            CHECK(get(view_mailbox({mailbox.id, the_server})).uids.count() == rows.size());
            used += size;
            messages += rows.size();
        }
        CHECK(get(get_account(of)).used_octets == used);
        CHECK(get(get_account(of)).messages == messages);
    }
};

UidSet uids(std::uint32_t first, std::uint32_t last) {
    UidSet set;
    set.insert(Uid{first}, Uid{last});
    return set;
}

}  // namespace

TEST_CASE("append gives ascending UIDs, and what was put in comes out") {
    MessageHouse house;
    NewMessage message;
    message.content = TemporaryStore::staged("Subject: hi\r\n\r\nhello\r\n");
    message.summary = "S";
    message.flags = {system_flag::flagged | system_flag::draft, {"$Label1", "qa=20x"}};
    message.internal_date = 12345;
    message.internal_zone_minutes = -90;
    const Appended appended = house.run(append_messages(house.inbox, {message, message}, now, the_server));
    REQUIRE(appended.placed.size() == 2);
    CHECK(appended.uid_validity == house.get(get_mailbox({house.inbox, the_server})).uid_validity);
    CHECK(appended.placed[0].uid == Uid{1});
    CHECK(appended.placed[1].uid == Uid{2});
    const std::vector<Message> rows = house.get(read_messages({house.inbox, the_server}, UidSet::all(), true, 10));
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].summary == "S");
    CHECK(rows[0].flags.system == (system_flag::flagged | system_flag::draft));
    CHECK(rows[0].internal_date == 12345);
    CHECK(rows[0].internal_zone_minutes == -90);
    CHECK(rows[0].saved_at == now);
    CHECK(rows[0].size_octets == 22);
    CHECK(rows[0].blob == rows[1].blob);  // one copy
    CHECK(house.get(list_keywords({house.inbox, the_server})) == std::vector<std::string>{"$Label1", "qa=20x"});
    CHECK(rows[0].flags.keywords.numbers() == std::vector<std::uint32_t>{0, 1});
    CHECK(house.get(read_blob(rows[0].blob, 0, 100)) == "Subject: hi\r\n\r\nhello\r\n");
    house.check_counters(house.account);
    CHECK(reason_of(house.write(append_messages(MailboxId{999}, {message}, now, the_server))) ==
          Reason::no_such_mailbox);
}

TEST_CASE("a quota is kept by append, copy and accept; all or none") {
    MessageHouse house;
    (void)house.run(set_quota("bob@example.org", 10));
    house.append(house.inbox, "12345");
    NewMessage three{.content = TemporaryStore::staged("abc"), .summary = {}, .flags = {}};
    CHECK(reason_of(house.write(append_messages(house.inbox, {three, three}, now, the_server))) == Reason::over_quota);
    CHECK(house.all(house.inbox).size() == 1);
    CHECK(reason_of(house.write(copy_messages({house.inbox, the_server}, UidSet::all(), house.archive, now))) ==
          std::nullopt);
    CHECK(reason_of(house.write(copy_messages({house.inbox, the_server}, UidSet::all(), house.archive, now))) ==
          Reason::over_quota);
    CHECK(reason_of(house.write(move_messages({house.inbox, the_server}, UidSet::all(), house.archive, now))) ==
          std::nullopt);
    house.check_counters(house.account);
}

TEST_CASE("replacing needs room only for what there is more in the end (RFC 8508 §3.4)") {
    MessageHouse house;
    const auto content = [](const std::string& octets) {
        return NewMessage{.content = TemporaryStore::staged(octets), .summary = {}, .flags = {}};
    };
    const auto replace = [&](MailboxId from, Uid uid, MailboxId to, const std::string& octets) {
        return house.write(replace_message({from, the_server}, uid, to, content(octets), now));
    };
    house.append(house.inbox, "1234567890");
    (void)house.run(set_quota("bob@example.org", 12));
    (void)house.run(set_message_quota("bob@example.org", 1));
    CHECK(reason_of(replace(house.inbox, Uid{1}, house.inbox, "1234567890123")) == Reason::over_quota);
    const Result<Appended> replaced = replace(house.inbox, Uid{1}, house.inbox, "123456789012");
    REQUIRE(replaced.has_value());
    CHECK(replaced->placed.at(0).uid == Uid{2});
    CHECK(house.get(view_mailbox({house.inbox, the_server})).uids == uids(2, 2));
    house.check_counters(house.account);
    // An account that is over its quota may still get smaller.
    (void)house.run(set_quota("bob@example.org", 3));
    CHECK(reason_of(replace(house.inbox, Uid{2}, house.archive, "1234567890123")) == Reason::over_quota);
    CHECK(reason_of(replace(house.inbox, Uid{2}, house.archive, "1234567890")) == std::nullopt);
    CHECK(house.all(house.inbox).empty());
    CHECK(house.get(expunged_uids({house.inbox, the_server}, uids(1, 2), ModSeq{0})) == uids(1, 2));
    // If the old message does not exist, no new one is stored.
    CHECK(reason_of(replace(house.inbox, Uid{2}, house.archive, "12")) == Reason::no_such_message);
    CHECK(reason_of(replace(MailboxId{999}, Uid{1}, house.archive, "12")) == Reason::no_such_message);
    CHECK(reason_of(replace(house.archive, Uid{1}, MailboxId{999}, "12")) == Reason::no_such_mailbox);
    CHECK(house.get(view_mailbox({house.archive, the_server})).uids == uids(1, 1));
    // Between two accounts, all of the new message counts in its account.
    const AccountId alice = house.add_account("alice@example.org");
    (void)house.run(set_quota("alice@example.org", 5));
    const MailboxId hers = house.mailbox(alice, "INBOX");
    CHECK(reason_of(replace(house.archive, Uid{1}, hers, "123456")) == Reason::over_quota);
    CHECK(reason_of(replace(house.archive, Uid{1}, hers, "12345")) == std::nullopt);
    house.check_counters(house.account);
    house.check_counters(alice);
    // The same content again: it stays when the old message is expunged.
    CHECK(reason_of(replace(hers, Uid{1}, hers, "12345")) == std::nullopt);
    (void)house.run(sweep_blobs(100));
    const BlobId blob = house.get(read_messages({hers, the_server}, UidSet::all(), false, 1)).at(0).blob;
    CHECK(house.get(read_blob(blob, 0, 100)) == "12345");
}

TEST_CASE("a quota on the number of messages is kept by append, copy and move between accounts (RFC 9208 §5.2)") {
    MessageHouse house;
    (void)house.run(set_message_quota("bob@example.org", 2));
    house.append(house.inbox, "one");
    const NewMessage message{.content = TemporaryStore::staged("abc"), .summary = {}, .flags = {}};
    CHECK(reason_of(house.write(append_messages(house.inbox, {message, message}, now, the_server))) ==
          Reason::over_quota);
    CHECK(reason_of(house.write(copy_messages({house.inbox, the_server}, UidSet::all(), house.archive, now))) ==
          std::nullopt);
    CHECK(reason_of(house.write(copy_messages({house.inbox, the_server}, UidSet::all(), house.archive, now))) ==
          Reason::over_quota);
    CHECK(reason_of(house.write(move_messages({house.inbox, the_server}, UidSet::all(), house.archive, now))) ==
          std::nullopt);
    const AccountId alice = house.add_account("alice@example.org");
    const MailboxId other = house.mailbox(alice, "INBOX");
    house.append(other, "hers");
    CHECK(reason_of(house.write(move_messages({other, the_server}, UidSet::all(), house.archive, now))) ==
          Reason::over_quota);
    house.check_counters(house.account);
    house.check_counters(alice);
}

TEST_CASE("flags: add, remove, replace; system flags and keywords; MODSEQ moves only where something changed") {
    MessageHouse house;
    for (int i = 0; i < 5; ++i) house.append(house.inbox, "message " + std::to_string(i));
    const ModSeq start = house.get(get_mailbox({house.inbox, the_server})).highest_modseq;

    FlagChange change =
        house.run(change_flags({house.inbox, the_server}, uids(2, 9), FlagEdit::add, {system_flag::seen, {}}));
    REQUIRE(change.changed.size() == 4);
    CHECK(change.changed[0].uid == Uid{2});
    CHECK(change.changed[0].flags.system == system_flag::seen);
    CHECK(change.changed[0].modseq > start);
    CHECK(change.changed[0].before <= start);
    const ModSeq second = house.get(get_mailbox({house.inbox, the_server})).highest_modseq;
    CHECK(change.changed[3].modseq == second);

    change = house.run(change_flags({house.inbox, the_server}, UidSet::all(), FlagEdit::add, {system_flag::seen, {}}));
    CHECK(change.changed[0].modseq > second);
    CHECK(change.changed[1].modseq == second);  // already had the flag
    house.check_counters(house.account);

    const ModSeq third = house.get(get_mailbox({house.inbox, the_server})).highest_modseq;
    change = house.run(change_flags({house.inbox, the_server}, UidSet::all(), FlagEdit::remove, {0, {"$unknown"}}));
    CHECK(house.get(get_mailbox({house.inbox, the_server})).highest_modseq == third);
    CHECK(house.get(list_keywords({house.inbox, the_server})).empty());

    change = house.run(
        change_flags({house.inbox, the_server}, {Uid{1}, Uid{3}}, FlagEdit::add, {system_flag::deleted, {"Junk"}}));
    CHECK(change.changed[1].flags.keywords.contains(0));
    change = house.run(
        change_flags({house.inbox, the_server}, {Uid{3}}, FlagEdit::add, {0, {"JUNK"}}));  // RFC 9051 §2.3.2: no case
    CHECK(house.get(list_keywords({house.inbox, the_server})).size() == 1);
    change =
        house.run(change_flags({house.inbox, the_server}, {Uid{3}}, FlagEdit::replace, {system_flag::answered, {}}));
    CHECK(change.changed[0].flags == Flags{system_flag::answered, {}});
    CHECK(house.all(house.inbox)[2].flags == Flags{system_flag::answered, {}});
    CHECK(house.all(house.inbox)[0].flags.keywords.contains(0));
    house.check_counters(house.account);
    CHECK(reason_of(house.write(change_flags({MailboxId{99}, the_server}, UidSet::all(), FlagEdit::add, {1, {}}))) ==
          Reason::no_such_mailbox);
}

// RFC 7162 §3.1.3: a stale mod-sequence changes nothing, and the result names the message.
TEST_CASE("UNCHANGEDSINCE leaves what has changed since") {
    MessageHouse house;
    for (int i = 0; i < 4; ++i) house.append(house.inbox, "message " + std::to_string(i));
    const ModSeq then = house.get(get_mailbox({house.inbox, the_server})).highest_modseq;
    (void)house.run(change_flags({house.inbox, the_server}, {Uid{2}}, FlagEdit::add, {system_flag::flagged, {}}));
    const FlagChange change = house.run(
        change_flags({house.inbox, the_server}, UidSet::all(), FlagEdit::add, {system_flag::deleted, {}}, then));
    CHECK(change.modified == UidSet{Uid{2}});
    CHECK(change.changed.size() == 3);
    CHECK(house.all(house.inbox)[1].flags.system == system_flag::flagged);
    house.check_counters(house.account);
}

TEST_CASE("flags and expunges in slices have the same outcome as in one") {
    MessageHouse house;
    house.append(house.inbox, "x");
    while (house.get(get_mailbox({house.inbox, the_server})).messages < 25'000) {
        (void)house.run(copy_messages({house.inbox, the_server}, uids(1, 5'000), house.inbox, now));
    }
    const std::uint32_t messages = house.get(get_mailbox({house.inbox, the_server})).messages;
    const FlagChange change =
        house.run(change_flags({house.inbox, the_server}, UidSet::all(), FlagEdit::add, {system_flag::deleted, {}}));
    CHECK(change.changed.size() == messages);
    CHECK(house.get(get_mailbox({house.inbox, the_server})).deleted == messages);
    UidSet targets = uids(10, 19'999);
    const Expunged expunged = house.run(expunge_deleted({house.inbox, the_server}, targets));
    CHECK(expunged.uids == targets);
    const Copied moved = house.run(move_messages({house.inbox, the_server}, UidSet::all(), house.archive, now));
    CHECK(moved.from.size() == messages - targets.count());
    CHECK(moved.to.size() == moved.from.size());
    CHECK(house.get(get_mailbox({house.inbox, the_server})).messages == 0);
    CHECK(house.get(view_mailbox({house.archive, the_server})).uids.count() == moved.to.size());
    CHECK(house.get(mailbox_changes({house.inbox, the_server}, ModSeq{})).vanished.count() == messages);
    house.check_counters(house.account);
}

TEST_CASE("expunge takes what is deleted and leaves the rest") {
    MessageHouse house;
    for (int i = 0; i < 6; ++i)
        house.append(house.inbox, "message " + std::to_string(i), i % 2 == 0 ? system_flag::deleted : 0);
    CHECK(house.run(expunge_deleted({house.inbox, the_server}, uids(1, 3))).uids == UidSet{Uid{1}, Uid{3}});
    CHECK(house.run(expunge_deleted({house.inbox, the_server}, uids(1, 3))).uids.empty());
    CHECK(house.run(expunge_messages({house.inbox, the_server}, {Uid{2}, Uid{77}}, Durability::synced)).uids ==
          UidSet{Uid{2}});
    CHECK(house.get(view_mailbox({house.inbox, the_server})).uids == uids(4, 6));
    CHECK(house.get(view_mailbox({house.inbox, the_server})).first_unseen == Uid{4});
    house.check_counters(house.account);
    // UIDs are never reused (RFC 9051 §2.3.1.1).
    (void)house.run(expunge_messages({house.inbox, the_server}, UidSet::all(), Durability::prompt));
    CHECK(house.append(house.inbox, "new") == Uid{7});
}

TEST_CASE("what changes a mailbox says between which MODSEQs") {
    MessageHouse house;
    const auto reached = [&](MailboxId mailbox) {
        return house.get(get_mailbox({mailbox, the_server})).highest_modseq;
    };
    NewMessage message;
    message.content = TemporaryStore::staged("text");
    ModSeq before = reached(house.inbox);
    const Appended appended = house.run(append_messages(house.inbox, {message, message}, now, the_server));
    CHECK(appended.step.before == before);
    CHECK(appended.step.after == reached(house.inbox));
    before = reached(house.archive);
    const Copied copied = house.run(copy_messages({house.inbox, the_server}, UidSet::all(), house.archive, now));
    CHECK(copied.destination_step.before == before);
    CHECK(copied.destination_step.after == reached(house.archive));
    while (house.get(get_mailbox({house.inbox, the_server})).messages < 5'000) {  // more than one slice of a move
        (void)house.run(copy_messages({house.inbox, the_server}, UidSet::all(), house.inbox, now));
    }
    before = reached(house.archive);
    const Copied moved = house.run(move_messages({house.inbox, the_server}, UidSet::all(), house.archive, now));
    CHECK(moved.destination_step.before == before);
    CHECK(moved.destination_step.after == reached(house.archive));
    CHECK(moved.source_step.after == reached(house.inbox));
    CHECK(moved.source_step.before.value < moved.source_step.after.value);

    before = reached(house.archive);
    const auto flag = [&] {
        return house.run(change_flags({house.archive, the_server}, uids(1, 9), FlagEdit::add, {1, {}})).step;
    };
    const ModSeqStep flagged = flag();
    CHECK(flagged.before == before);
    CHECK(flagged.after == reached(house.archive));
    CHECK(flag().after == ModSeq{});  // nothing was changed
    const Expunged expunged =
        house.run(expunge_messages({house.archive, the_server}, uids(1, 4'500), Durability::prompt));
    CHECK(expunged.step.before == flagged.after);
    CHECK(expunged.step.after == reached(house.archive));
    CHECK(house.run(expunge_deleted({house.archive, the_server}, UidSet::all())).step.after == ModSeq{});
}

TEST_CASE("a step that others have interrupted begins behind them") {
    ModSeqStep step;
    step.extend(ModSeq{5}, ModSeq{6});
    step.extend(ModSeq{6}, ModSeq{9});  // MODSEQs are per account: other mailboxes may have used some
    CHECK(step.before == ModSeq{5});
    step.extend(ModSeq{10}, ModSeq{11});
    CHECK(step.before == ModSeq{10});
    CHECK(step.after == ModSeq{11});
}

TEST_CASE("copies keep flags and dates; another account gets the keywords by name") {
    MessageHouse house;
    const AccountId alice = house.add_account("alice@example.org");
    const MailboxId hers = house.mailbox(alice, "INBOX");
    (void)house.run(change_flags({hers, the_server}, {}, FlagEdit::add, {0, {"hers"}}));  // takes number 0 there
    NewMessage message;
    message.content = TemporaryStore::staged("text");
    message.flags = {system_flag::seen, {"tag", "Work"}};
    message.internal_date = 99;
    message.internal_zone_minutes = 120;
    (void)house.run(append_messages(house.inbox, {message, message, message}, now, the_server));
    (void)house.run(expunge_messages({house.inbox, the_server}, {Uid{2}}, Durability::prompt));

    const Copied copied = house.run(copy_messages({house.inbox, the_server}, uids(2, 50), hers, now + 5));
    CHECK(copied.from == std::vector<Uid>{Uid{3}});
    CHECK(copied.to == std::vector<Uid>{Uid{1}});
    CHECK(copied.uid_validity == house.get(get_mailbox({hers, the_server})).uid_validity);
    const Message copy = house.all(hers).at(0);
    CHECK(copy.internal_date == 99);
    CHECK(copy.internal_zone_minutes == 120);
    CHECK(copy.saved_at == now + 5);
    CHECK(copy.flags.system == system_flag::seen);
    const std::vector<std::string> names = house.get(list_keywords({hers, the_server}));
    REQUIRE(names.size() == 3);
    std::vector<std::string> on_copy;
    for (const std::uint32_t number : copy.flags.keywords.numbers()) on_copy.push_back(names.at(number));
    CHECK(on_copy == std::vector<std::string>{"tag", "Work"});

    // CLIENTS.md 12: expunged UIDs are skipped; that is not an error.
    CHECK(house.run(copy_messages({house.inbox, the_server}, {Uid{2}}, hers, now)).to.empty());
    CHECK(house.run(move_messages({house.inbox, the_server}, {Uid{2}}, hers, now)).to.empty());
    CHECK(reason_of(house.write(copy_messages({house.inbox, the_server}, UidSet::all(), MailboxId{999}, now))) ==
          Reason::no_such_mailbox);

    const ModSeq before = house.get(get_mailbox({house.inbox, the_server})).highest_modseq;
    const Copied moved = house.run(move_messages({house.inbox, the_server}, UidSet::all(), house.archive, now));
    CHECK(moved.from == std::vector<Uid>{Uid{1}, Uid{3}});
    CHECK(moved.to == std::vector<Uid>{Uid{1}, Uid{2}});
    CHECK(house.get(mailbox_changes({house.inbox, the_server}, before)).vanished == UidSet{Uid{1}, Uid{3}});
    // A move into the same mailbox gives new UIDs once.
    const Copied within = house.run(move_messages({house.archive, the_server}, UidSet::all(), house.archive, now));
    CHECK(within.to == std::vector<Uid>{Uid{3}, Uid{4}});
    house.check_counters(house.account);
    house.check_counters(alice);
}

namespace {

// A copy of all of INBOX to Archive in three slices, and what happens before its last.
struct LongCopy : MessageHouse {
    static constexpr std::uint32_t many = 4'500;
    std::uint32_t slices = 0;

    LongCopy() {
        NewMessage message;
        message.content = staged("x");
        run(append_messages(inbox, std::vector<NewMessage>(1'500, message), now, the_server));
        for (int i = 0; i < 2; ++i) run(copy_messages({inbox, the_server}, uids(1, 1'500), inbox, now));
        append(archive, "older");
    }

    using Then = std::function<std::optional<Refusal>(engine::Batch&)>;

    // `meanwhile` is committed with the second slice; `then` is the third, unless it lets the copy go on.
    Operation<Copied> operation(const std::function<void(engine::Batch&)>& meanwhile, const Then& then,
                                std::optional<MailboxId> to = std::nullopt) {
        Operation<Copied> copy = copy_messages({inbox, the_server}, UidSet::all(), to.value_or(archive), now);
        auto inner = std::make_shared<decltype(copy.run)>(std::move(copy.run));
        copy.run = [=, this](engine::Batch& batch) -> std::optional<Result<Copied>> {
            std::optional<Refusal> refusal = ++slices == 3 ? then(batch) : std::nullopt;
            if (refusal) return std::unexpected(*std::move(refusal));
            std::optional<Result<Copied>> result = (*inner)(batch);
            if (slices == 2) meanwhile(batch);
            return result;
        };
        return copy;
    }

    std::int64_t unfinished() {
        return run(Operation<std::int64_t>{
            Durability::prompt, [](engine::Batch& batch) -> std::optional<Result<std::int64_t>> {
                auto count = batch.connection().statement("SELECT count(*) FROM unfinished_copy");
                count.step();
                return count.integer(0);
            }});
    }

    static void nothing(engine::Batch& /*batch*/) {}
    static std::optional<Refusal> go_on(engine::Batch& /*batch*/) { return std::nullopt; }

    // RFC 9051 §6.4.7: as before, but for UIDNEXT.
    void check_taken_back(MailboxId where, std::size_t before) {
        CHECK(all(where).size() == before);
        CHECK(unfinished() == 0);
        CHECK(all(inbox).size() == many);
        check_counters(account);
    }
};

}  // namespace

TEST_CASE("a copy of many messages is done in slices") {
    LongCopy house;
    const ModSeq before = house.get(get_mailbox({house.archive, the_server})).highest_modseq;
    const Copied copied = house.run(house.operation(LongCopy::nothing, LongCopy::go_on));
    CHECK(house.slices == 3);
    CHECK(copied.from.size() == LongCopy::many);
    CHECK(copied.to.front() == Uid{2});
    CHECK(copied.to.back() == Uid{LongCopy::many + 1});
    CHECK(copied.destination_step.before == before);
    CHECK(house.all(house.archive).size() == LongCopy::many + 1);
    CHECK(house.unfinished() == 0);
    house.check_counters(house.account);
    // Into itself: each message once.
    const Copied within = house.run(copy_messages({house.inbox, the_server}, UidSet::all(), house.inbox, now));
    CHECK(within.from.size() == LongCopy::many);
    CHECK(house.all(house.inbox).size() == 2 * LongCopy::many);
}

TEST_CASE("a copy in slices that cannot go on takes back what it has done") {
    LongCopy house;
    SUBCASE("it is refused") {
        const auto refused = [](engine::Batch&) { return Refusal{Reason::logged_out, "your log-in has ended"}; };
        CHECK(reason_of(house.write(house.operation(LongCopy::nothing, refused))) == Reason::logged_out);
        house.check_taken_back(house.archive, 1);
        const Mailbox archive = house.get(get_mailbox({house.archive, the_server}));
        CHECK(archive.uid_next == Uid{4'002});
        const MailboxChanges changes = house.get(mailbox_changes({house.archive, the_server}, ModSeq{1}));
        CHECK(changes.vanished == uids(2, 4'001));  // for those that have seen them
    }
    SUBCASE("it fails") {
        const auto fails = [](engine::Batch&) -> std::optional<Refusal> { throw std::runtime_error("a bug"); };
        CHECK_THROWS_WITH((void)house.write(house.operation(LongCopy::nothing, fails)), "a bug");
        house.check_taken_back(house.archive, 1);
    }
    SUBCASE("there is no more room") {
        const auto lower = [](engine::Batch& batch) {
            batch.flush();
            batch.connection().run("UPDATE account SET quota_octets = ?", LongCopy::many);
        };
        CHECK(reason_of(house.write(house.operation(lower, LongCopy::go_on))) == Reason::over_quota);
        house.check_taken_back(house.archive, 1);
    }
    SUBCASE("it was another account's") {
        const AccountId alice = house.add_account("alice@example.org");
        const auto refused = [](engine::Batch&) { return Refusal{Reason::storage_full, "the disk is full"}; };
        CHECK(reason_of(house.write(house.operation(LongCopy::nothing, refused, house.mailbox(alice, "INBOX")))) ==
              Reason::storage_full);
        house.check_taken_back(house.mailbox(alice, "INBOX"), 0);
        house.check_counters(alice);
    }
    SUBCASE("the destination is deleted") {
        const auto unlink = [&](engine::Batch& batch) { drop_mailbox(batch, house.archive); };
        CHECK(reason_of(house.write(house.operation(unlink, LongCopy::go_on))) == Reason::no_such_mailbox);
        CHECK(house.unfinished() == 0);
        house.check_counters(house.account);
    }
}

TEST_CASE("a copy in slices for which there is no room does nothing") {
    LongCopy house;
    (void)house.run(set_quota("bob@example.org", 2 * LongCopy::many));  // each has one octet, but there is another
    CHECK(reason_of(house.write(copy_messages({house.inbox, the_server}, UidSet::all(), house.archive, now))) ==
          Reason::over_quota);
    CHECK(house.get(get_mailbox({house.archive, the_server})).uid_next == Uid{2});
}

TEST_CASE("the next start takes back a copy that was in the midst of it") {
    LongCopy house;
    std::atomic<bool> paused = false;
    Operation<Copied> copy = house.operation(LongCopy::nothing, LongCopy::go_on);
    auto inner = std::make_shared<decltype(copy.run)>(std::move(copy.run));
    copy.run = [&, inner](engine::Batch& batch) -> std::optional<Result<Copied>> {
        if (house.slices == 2) paused = true;
        return paused ? std::nullopt : (*inner)(batch);
    };
    bool closed = false;
    std::thread copier([&, copy = std::move(copy)]() mutable {
        try {
            (void)house.write(std::move(copy));
        } catch (const std::runtime_error&) {
            closed = true;
        }
    });
    while (!paused) std::this_thread::yield();
    CHECK(house.unfinished() == 2);
    house.close();
    copier.join();
    CHECK(closed);
    house.reopen();
    house.check_taken_back(house.archive, 1);
}

TEST_CASE("changes since a MODSEQ: new, changed, vanished; also when old expunges are forgotten") {
    MessageHouse house;
    for (int i = 0; i < 5; ++i) house.append(house.inbox, "message " + std::to_string(i));
    const ModSeq since = house.get(get_mailbox({house.inbox, the_server})).highest_modseq;
    CHECK(house.get(mailbox_changes({house.inbox, the_server}, since)).changed.empty());
    (void)house.run(change_flags({house.inbox, the_server}, {Uid{2}}, FlagEdit::add, {system_flag::seen, {}}));
    (void)house.run(expunge_messages({house.inbox, the_server}, {Uid{4}, Uid{5}}, Durability::prompt));
    house.append(house.inbox, "new");
    const MailboxChanges changes = house.get(mailbox_changes({house.inbox, the_server}, since));
    CHECK(changes.uid_next == Uid{7});
    CHECK(changes.highest_modseq == house.get(get_mailbox({house.inbox, the_server})).highest_modseq);
    CHECK(changes.vanished == uids(4, 5));
    REQUIRE(changes.changed.size() == 2);
    CHECK(changes.changed[0].uid == Uid{2});
    CHECK(changes.changed[1].uid == Uid{6});
    CHECK(house.get(read_messages({house.inbox, the_server}, UidSet::all(), false, 10, since)).size() == 2);
    CHECK(house.get(read_messages({house.inbox, the_server}, uids(3, 9), false, 10, since)).at(0).uid == Uid{6});
    CHECK(house.get(read_messages({house.inbox, the_server}, UidSet::all(), false, 1, since)).at(0).uid == Uid{2});

    (void)house.run(Operation<int>{Durability::synced, [&](engine::Batch& batch) -> std::optional<Result<int>> {
                                       batch.flush();
                                       batch.connection().run("UPDATE mailbox SET expunged_floor = highest_modseq");
                                       batch.connection().run("DELETE FROM expunged");
                                       return 1;
                                   }});
    CHECK(house.get(mailbox_changes({house.inbox, the_server}, since)).vanished == uids(4, 5));
}

TEST_CASE("changes are found wherever they lie among many messages, and in order") {
    MessageHouse house;
    house.append(house.inbox, "x");
    for (int i = 0; i < 11; ++i)
        (void)house.run(copy_messages({house.inbox, the_server}, UidSet::all(), house.inbox, now));
    (void)house.run(
        expunge_messages({house.inbox, the_server}, uids(300, 1100), Durability::prompt));  // whole buckets, and parts
    std::mt19937 random(5);
    for (int round = 0; round < 20; ++round) {
        const ModSeq since = house.get(get_mailbox({house.inbox, the_server})).highest_modseq;
        UidSet changed;
        for (int i = 0; i < 6; ++i) {
            const Uid uid{1 + static_cast<std::uint32_t>(random() % 2048)};
            const bool exists = uid < Uid{300} || uid > Uid{1100};
            if (exists) changed.insert(uid);
            const NamedFlags flags{0, {"round" + std::to_string(round)}};
            (void)house.run(change_flags({house.inbox, the_server}, {uid}, FlagEdit::add, flags));
        }
        UidSet found;
        Uid last;
        for (const MailboxChanges::Changed& message :
             house.get(mailbox_changes({house.inbox, the_server}, since)).changed) {
            CHECK(message.uid > last);
            last = message.uid;
            found.insert(message.uid);
        }
        REQUIRE(found == changed);
        for (const bool summaries : {false, true}) {
            found = {};
            const UidSet targets = uids(200, 1500);
            for (const Message& message :
                 house.get(read_messages({house.inbox, the_server}, targets, summaries, 100, since))) {
                found.insert(message.uid);
            }
            REQUIRE(found == changed.intersected(targets));
        }
    }
    house.check_counters(house.account);
}

TEST_CASE("a view tells exactly which UIDs exist, holes or none") {
    MessageHouse house;
    house.append(house.inbox, "x");
    for (int i = 0; i < 12; ++i)
        (void)house.run(copy_messages({house.inbox, the_server}, UidSet::all(), house.inbox, now));
    CHECK(house.get(view_mailbox({house.inbox, the_server})).uids == uids(1, 4096));
    std::mt19937 random(3);
    UidSet expected = uids(1, 4096);
    UidSet gone = uids(1000, 1700);
    for (int i = 0; i < 300; ++i) gone.insert(Uid{1 + static_cast<std::uint32_t>(random() % 4096)});
    for (std::uint32_t uid = 1; uid <= 4096; ++uid) {
        if (gone.contains(Uid{uid})) expected.erase(Uid{uid});
    }
    (void)house.run(expunge_messages({house.inbox, the_server}, gone, Durability::prompt));
    CHECK(house.get(view_mailbox({house.inbox, the_server})).uids == expected);
    CHECK(house.get(mailbox_changes({house.inbox, the_server}, ModSeq{})).vanished == gone);
}

TEST_CASE("messages that come together share the numbers of their keywords, however these are spelled") {
    MessageHouse house;
    const auto with = [](std::vector<std::string> keywords) {
        NewMessage message;
        message.content = TemporaryStore::staged("text");
        message.flags = {0, std::move(keywords)};
        return message;
    };
    (void)house.run(change_flags({house.inbox, the_server}, {}, FlagEdit::add, {0, {"old"}}));  // takes number 0
    (void)house.run(append_messages(house.inbox, {with({"One", "Old"}), with({"one", "two", "Two"}), with({"TWO"})},
                                    now, the_server));
    CHECK(house.get(list_keywords({house.inbox, the_server})) == std::vector<std::string>{"old", "One", "two"});
    const std::vector<Message> messages = house.all(house.inbox);
    REQUIRE(messages.size() == 3);
    CHECK(messages[0].flags.keywords.numbers() == std::vector<std::uint32_t>{0, 1});
    CHECK(messages[1].flags.keywords.numbers() == std::vector<std::uint32_t>{1, 2});
    CHECK(messages[2].flags.keywords.numbers() == std::vector<std::uint32_t>{2});
}

TEST_CASE("keywords have a limit") {
    StoreOptions options;
    options.keywords_per_account = 2;
    TemporaryStore house(options);
    const MailboxId inbox = house.mailbox(house.add_account("bob@example.org"), "INBOX");
    house.append(inbox, "x");
    CHECK(house.write(change_flags({inbox, the_server}, UidSet::all(), FlagEdit::add, {0, {"a", "b"}})).has_value());
    CHECK(reason_of(house.write(change_flags({inbox, the_server}, UidSet::all(), FlagEdit::add, {0, {"c"}}))) ==
          Reason::too_many);
    CHECK(reason_of(house.write(change_flags({inbox, the_server}, UidSet::all(), FlagEdit::add, {0, {"B"}}))) ==
          std::nullopt);
}

// check finds each kind of damage, repair repairs what can be computed, a backup is a complete store, the sweep frees.
#include <doctest/doctest.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <future>

#include "storage/engine/connection.h"
#include "storage/queue.h"
#include "storage/store_options.h"
#include "storage/upkeep/backup.h"
#include "storage/upkeep/check.h"
#include "storage/upkeep/renewal.h"
#include "storage/upkeep/sweep.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

// POP3 does not send this message as it is stored.
const TextSizes sizes_of_two{.octets = 13, .ascii_octets = 14};

// A store with something of every kind.
struct UpkeepHouse : TemporaryStore {
    AccountId alice;
    MailboxId inbox;
    Uid one;
    Uid two;

    UpkeepHouse() {
        alice = add_account("alice@example.org");
        inbox = mailbox(alice, "INBOX");
        one = append(inbox, "one", system_flag::seen);
        NewMessage sized{.content = staged("two and more"), .summary = "summary of two and more", .flags = {}};
        sized.text_sizes = sizes_of_two;
        two = run(append_messages(inbox, {sized}, now, the_server)).placed.at(0).uid;
        append(mailbox(alice, "Sent"), "two and more", system_flag::deleted);
        run(expunge_messages({inbox, the_server}, {append(inbox, "gone")}, Durability::synced));
        run(change_flags({inbox, the_server}, {two}, FlagEdit::add, {.system = 0, .keywords = {"$Label1"}}));
        run(add_alias("info@example.org", {"alice@example.org"}));
        Acceptance acceptance;
        acceptance.content = staged("to elsewhere");
        acceptance.received_at = now;
        acceptance.remote.emplace();
        acceptance.remote->recipients.push_back({.forward_path = "x@elsewhere.example", .original_recipient = {}});
        run(accept_message(acceptance));
        sweep_now(store());
    }
    // The same, from its backup.
    explicit UpkeepHouse(const std::filesystem::path& image) : TemporaryStore({}, image) {}

    // Changes the file directly, as another process would.
    void damage(const std::string& sql) {
        engine::Connection connection({.path = path()});
        connection.execute(sql);
    }
    std::vector<std::string> findings(const CheckOptions& options = {}) {
        std::vector<std::string> words;
        for (const Finding& finding : get(check_store(options)).findings) {
            words.push_back(finding.table + ": " + finding.what);
        }
        return words;
    }
};

struct Damage {
    const char* sql;
    const char* finding;
    bool repaired = true;
};

const Damage damages[] = {
    {"UPDATE mailbox SET messages = 7 WHERE name = 'INBOX'", "mailbox: its counters are not what its messages are"},
    {"UPDATE mailbox SET deleted_octets = 1", "mailbox: its counters are not what its messages are"},
    {"UPDATE mailbox SET unseen = 0 WHERE name = 'INBOX'", "mailbox: its counters are not what its messages are"},
    {"UPDATE mailbox SET deleted = 0 WHERE name = 'Sent'", "mailbox: its counters are not what its messages are"},
    {"UPDATE account SET used_octets = 1", "account: its totals are not its mailboxes' sums"},
    {"UPDATE mailbox SET uid_next = 2 WHERE name = 'INBOX'", "mailbox: a UID in it is not below UIDNEXT"},
    {"UPDATE mailbox SET highest_modseq = 1 WHERE name = 'INBOX'", "mailbox: a MODSEQ in it is above HIGHESTMODSEQ"},
    {"UPDATE account SET highest_modseq = 1", "account: a mailbox's HIGHESTMODSEQ is above its own"},
    {"UPDATE account SET next_uid_validity = 5", "mailbox: its UIDVALIDITY could be given again"},
    {"UPDATE message SET size_octets = 1 WHERE uid = 1", "message: its size is not its content's"},
    {"UPDATE message_bucket SET modseq = 1", "message_bucket: a change of one of its messages would not be found"},
    {"DELETE FROM message_bucket", "message_bucket: a change of one of its messages would not be found"},
    {"INSERT INTO message_bucket SELECT id, 9, 1, 1 FROM mailbox WHERE name = 'INBOX'",
     "message_bucket: has no message"},
    {"INSERT INTO message_bucket VALUES (99, 1, 1, 1)", "message_bucket: its mailbox does not exist"},
    {"UPDATE message_bucket SET newest = 1", "message_bucket: one of its messages is newer than it says"},
    {"UPDATE message SET shown_modseq = modseq + 1", "message: is shown since later than its last change"},
    {"INSERT INTO upload SELECT 77, 99, id, 1, 1 FROM blob LIMIT 1", "upload: belongs to no account"},
    {"INSERT INTO upload SELECT 77, id, 999, 1, 1 FROM account LIMIT 1", "upload: its content is gone"},
    {"INSERT INTO hidden_message VALUES (99, 1, 1, 1, 1, 1, 1, 0, 0)", "hidden_message: belongs to no account"},
    {"DELETE FROM mailbox WHERE name = 'Sent'", "message: its mailbox does not exist"},
    {"INSERT INTO dropped_mailbox SELECT id FROM mailbox WHERE name = 'INBOX'",
     "dropped_mailbox: is a mailbox still in use: the sweep would empty it"},
    {"INSERT INTO unfinished_copy VALUES (1, 1, 2, 99)", "unfinished_copy: its mailbox does not exist"},
    {"DELETE FROM account", "mailbox: belongs to no account"},
    {"DELETE FROM credential", "account: has no credentials", false},
    {"DELETE FROM domain", "account: its domain is not ours", false},
    {"DELETE FROM mailbox WHERE name = 'INBOX'", "account: has no INBOX"},
    {"UPDATE mailbox SET name = 'a/b' WHERE name = 'Junk'", "mailbox: its superior does not exist", false},
    {"UPDATE mailbox SET name = 'a' || char(10) WHERE name = 'Junk'", "mailbox: its name is not valid", false},
    {"UPDATE mailbox SET special_use = 6 WHERE name = 'Junk'",
     "mailbox: another mailbox of the account has the same special use"},
    {"INSERT INTO alias VALUES ('alice@example.org', 'x@y.example')",
     "alias: has the name of an account, which hides it", false},
    {"INSERT INTO alias VALUES ('x@y.example', 'alice@example.org')", "alias: its domain is not ours"},
    {"INSERT INTO dkim_key VALUES ('y.example', 's', 0, 1, 0, 0, 0, 'p', 'k')", "dkim_key: its domain is not ours"},
    {"INSERT INTO dkim_key VALUES ('example.org', 's', 0, 1, 0, 0, 0, 'p', '')",
     "dkim_key: has no private key to sign with"},
    {"INSERT INTO dkim_key VALUES ('example.org', 's', 0, 3, 0, 0, 0, 'p', 'k')",
     "dkim_key: its private key outlived it"},
    {"INSERT INTO mailbox_right VALUES (99, 1, 0, 1)", "mailbox_right: its mailbox does not exist"},
    {"INSERT INTO mailbox_right VALUES (1, 99, 1, 1)", "mailbox_right: is given to no account"},
    {"UPDATE mailbox SET name = 'Other Users' WHERE name = 'Junk'", "mailbox: its name is another user's", false},
    {"INSERT INTO metadata VALUES (99, 0, '/private/a', x'00')", "metadata: belongs to no account"},
    {"INSERT INTO known_network VALUES (99, '192.0.2.1', 1)", "known_network: belongs to no account"},
    {"INSERT INTO open_session VALUES ('d1', 'mail', 99, 'imap', '192.0.2.1', 1, 0)",
     "open_session: belongs to no account"},
    {"INSERT INTO metadata VALUES (1, 99, '/private/a', x'00')", "metadata: its mailbox does not exist"},
    {"DELETE FROM keyword", "message: has a keyword that the account does not know", false},
    {"INSERT INTO keyword VALUES (1, 9, 'nine')", "keyword: the account's keyword numbers have a gap", false},
    {"INSERT INTO pop3_mark VALUES (1, 1)", "pop3_mark: no session holds its maildrop"},
    {"INSERT INTO maildrop_lock VALUES (99, 's')", "maildrop_lock: its mailbox does not exist"},
    {"DELETE FROM queue_message", "queue_recipient: its message does not exist"},
    {"UPDATE queue_recipient SET state = 1", "queue_message: has no recipient left to try"},
    {"UPDATE queue_recipient SET state = 3, untold = 1",
     "queue_recipient: its sender is to be told of no failure or delay"},
    {"UPDATE queue_flow SET due_at = 9999999999", "queue_flow: is not due when its recipients are"},
    {"DELETE FROM queue_flow", "queue_flow: is not due when its recipients are"},
    {"UPDATE queue_message SET account_id = 7", "queue_recipient: takes another account's turn than its message"},
    {"INSERT INTO sending (account_id) VALUES (99)", "sending: belongs to no account"},
    {"INSERT INTO filed_list VALUES (99, 'a.b.test', 'b.test', 1)", "filed_list: belongs to no account"},
    {"INSERT INTO list_mail VALUES (999999, 'a.b.test', 'b.test')", "list_mail: its content does not exist"},
    {"INSERT INTO app_password (account_id, label, scope, sha256, scram_salt, scram_iterations, scram_stored_key,"
     " scram_server_key, created_at) VALUES (99, 'x', 0, x'00', x'', 0, x'', x'', 1)",
     "app_password: belongs to no account"},
    {"INSERT INTO second_factor (account_id, secret) VALUES (99, x'00')", "second_factor: belongs to no account"},
    {"INSERT INTO recovery_code VALUES (1, x'00')", "recovery_code: its account has no second factor"},
    {"INSERT INTO web_session VALUES ('x', x'00', 99, 1, '', 1, 1, 1, '', '')", "web_session: belongs to no account"},
    {"INSERT INTO login_network VALUES (99, '192.0.0.0/16', 1)", "login_network: belongs to no account"},
    {"INSERT INTO push_subscription VALUES (99, 'x', 1, 'phone', 'https://push.test/', x'', x'', 'code', 0, 1, NULL, "
     "0)",
     "push_subscription: belongs to no account"},
    {"INSERT INTO failing_address VALUES (99, 'x@y.example', 1, 1, 'no', 0, 1)",
     "failing_address: belongs to no account"},
    {"INSERT INTO queue_flow VALUES (0, 'nowhere', 'nobody', 1, 0)", "queue_flow: has no recipient left to try"},
    {"UPDATE queue_lane SET due_at = 9999999999", "queue_lane: is not due when its senders are"},
    {"INSERT INTO queue_lane VALUES (0, 'nowhere', 1, 0)", "queue_lane: has no sender"},
    {"UPDATE queue_account SET due_at = 9999999999", "queue_account: is not due when its lanes are"},
    {"INSERT INTO queue_account VALUES (7, 1, 0)", "queue_account: has no lane"},
    {"INSERT INTO expunged VALUES (99, 1, 1, 1)", "expunged: its mailbox does not exist"},
    {"INSERT INTO expunged SELECT id, 1, 1, 1 FROM mailbox WHERE name = 'INBOX'",
     "expunged: holds a UID that is not expunged", false},
    {"DELETE FROM blob WHERE size_octets = 3", "message: its content is gone", false},
    {"DELETE FROM message WHERE uid = 1 AND size_octets = 3", "blob: nothing names it, and the sweep does not know"},
    {"INSERT INTO blob_chunk VALUES (1048576 * 900, 0, x'00')", "blob_chunk: belongs to no content"},
    {"UPDATE state SET value = 1 WHERE name = 'next_blob_id'", "state: next_blob_id would give an id again"},
    {"UPDATE account_content SET late = 1000000", "state: next_blob_id would give an id again"},
    {"UPDATE blob SET content = x'6f6e66', encoding = 0 WHERE size_octets = 3",
     "blob: its octets do not hash to its SHA-256 (alice@example.org \"INBOX\" UID 1)", false},
    {"UPDATE blob SET size_octets = 4 WHERE size_octets = 3",
     "blob: has 3 octets, not 4 (alice@example.org \"INBOX\" UID 1)", false},
    {"DELETE FROM message_summary", "message_summary: is missing"},
    {"UPDATE message_summary SET summary = x'00'", "message_summary: is not what a fresh parse makes"},
    {"INSERT INTO message_summary VALUES (900, x'00')", "message_summary: its content does not exist"},
    {"INSERT INTO account_content VALUES (900, 1, -900, 0, NULL)", "account_content: its content does not exist"},
    {"INSERT INTO account_content SELECT id, 99, -1, 0, NULL FROM blob WHERE size_octets = 3",
     "account_content: the account has no message of it, and the sweep does not know"},
    {"DELETE FROM account_content", "message: its content is not the account's"},
    {"DELETE FROM state WHERE name = 'object_id_key_0'", "state: a key that seals the ids is missing", false},
    {"UPDATE text_size SET octets = 12", "text_size: is not what a fresh parse makes"},
    {"UPDATE text_size SET ascii_octets = NULL", "text_size: is not what a fresh parse makes"},
    {"DELETE FROM text_size", "text_size: is not what a fresh parse makes"},
    {"INSERT INTO text_size SELECT id, 5, NULL FROM blob WHERE size_octets = 3",
     "text_size: is not what a fresh parse makes"},
    {"INSERT INTO text_size VALUES (900, 1, NULL)", "text_size: its content does not exist"},
    {"INSERT INTO thread_key VALUES (1, 5, -99)", "thread_key: its thread has no message"},
};

// What UpkeepHouse gives with its messages, computed from the content.
Summarised summarise(std::uint64_t size_octets, const ReadContent& read) {
    const std::string content = read(0, size_octets);
    return {.summary = "summary of " + content,
            .thread_names = {},
            .text_sizes = content == "two and more" ? sizes_of_two : TextSizes{}};
}

}  // namespace

TEST_CASE("summaries of another version are made anew, some at a time, until all are of this one") {
    UpkeepHouse house;
    const auto step = [&](char version, BlobId& reached) {
        const RenewalOptions options = {.version = version,
                                        .summarise =
                                            [version](std::uint64_t, const ReadContent& read) {
                                                return Summarised{.summary = version + read(0, 100),
                                                                  .thread_names = {}};
                                            },
                                        .batch_rows = 2,
                                        .batch_summaries = 1,
                                        .batches = 1};
        asio::io_context context;
        auto work = renew_summaries(house.store(), options, reached);
        std::future<bool> more = asio::co_spawn(context, std::move(work), asio::use_future);
        context.run();
        return more.get();
    };
    const auto summaries = [&] {
        std::vector<std::string> found;
        for (Message& message : house.get(read_messages({house.inbox, the_server}, UidSet::all(), true, 100))) {
            found.push_back(std::move(message.summary));
        }
        return found;
    };
    const auto renew = [&](char version) {
        int steps = 1;
        for (BlobId reached; step(version, reached);) ++steps;
        return steps;
    };
    const std::vector<std::string> before = summaries();
    CHECK(renew('s') > 0);  // as written by TemporaryStore::append: nothing to do
    CHECK(summaries() == before);
    CHECK(renew('T') > 2);
    CHECK(summaries() == std::vector<std::string>{"Tone", "Ttwo and more"});
    // It is recorded that all are current: new ones are too, so no check is made.
    house.append(house.inbox, "three");
    CHECK(renew('T') == 1);
    CHECK(summaries().back() == "summary of three");
    // The next upgrade, or a rollback.
    CHECK(renew('s') > 1);
    CHECK(summaries() == std::vector<std::string>{"sone", "stwo and more", "summary of three"});
}

TEST_CASE("an untouched store has nothing to find") {
    UpkeepHouse house;
    const CheckReport report = house.get(check_store({.summarise = summarise}));
    for (const Finding& finding : report.findings) {
        FAIL_CHECK(finding.table << " " << finding.row << ": " << finding.what);
    }
    CHECK(report.messages == 3);
    CHECK(report.blobs == 3);
    CHECK(report.octets == 3 + 12 + 12);
}

TEST_CASE("each damage is found, and mended where it can be") {
    UpkeepHouse sound;
    const std::filesystem::path image = sound.directory() / "image.db";
    sound.get(backup_store(image));
    for (const Damage& damage : damages) {
        INFO(std::string(damage.sql));
        UpkeepHouse house(image);
        house.damage(damage.sql);
        const std::vector<std::string> found = house.findings({.summarise = summarise});
        CHECK(std::ranges::find(found, damage.finding) != found.end());
        const Result<RepairReport> repaired = repair_store(house.store(), {.summarise = summarise});
        REQUIRE(repaired.has_value());
        CHECK_FALSE(repaired->before.findings.empty());
        bool left = false;
        for (const Finding& finding : repaired->after.findings) {
            left = left || finding.table + ": " + finding.what == damage.finding;
        }
        CHECK(left == !damage.repaired);
    }
}

TEST_CASE("findings are counted beyond a limit") {
    UpkeepHouse house;
    house.damage("DELETE FROM message_summary");
    for (int i = 0; i < 20; ++i) house.damage("INSERT INTO pop3_mark VALUES (1, " + std::to_string(i + 100) + ")");
    const CheckReport report = house.get(check_store({.content = false, .summarise = {}, .findings_per_rule = 5}));
    std::size_t marks = 0;
    for (const Finding& finding : report.findings) marks += finding.table == "pop3_mark" ? 1 : 0;
    CHECK(marks == 6);
    CHECK(report.octets == 0);
}

TEST_CASE("a backup is a whole store, made while the other goes on") {
    UpkeepHouse house;
    const std::filesystem::path target = house.directory() / "backup.db";
    CHECK(house.get(backup_store(target)) == std::filesystem::file_size(target));
    CHECK(reason_of(house.read(backup_store(target))) == Reason::already_exists);
    CHECK(reason_of(house.read(backup_store(house.directory() / "none" / "b.db"))) == Reason::not_permitted);
    CHECK_FALSE(std::filesystem::exists(house.directory() / "backup.db.partial"));
    using std::filesystem::perms;
    CHECK((std::filesystem::status(target).permissions() & (perms::group_all | perms::others_all)) == perms::none);
    house.append(house.inbox, "later");

    StoreOptions options;
    options.path = target;
    Store copy(options);
    const Result<CheckReport> report = copy.read_now(check_store({.summarise = summarise}));
    REQUIRE(report.has_value());
    CHECK(report->findings.empty());
    CHECK(report->messages == 3);
    const Result<Mailbox> inbox = copy.read_now(find_mailbox(house.alice, "INBOX"));
    REQUIRE(inbox.has_value());
    CHECK(inbox->uid_validity == house.get(get_mailbox({house.inbox, the_server})).uid_validity);
}

TEST_CASE("the sweep frees what deleting left, in slices") {
    UpkeepHouse house;
    const MailboxId big = house.run(create_mailbox(house.alice, "big")).id;
    std::vector<NewMessage> messages(1'000);
    for (std::size_t i = 0; i < messages.size(); ++i) {
        messages[i].content = TemporaryStore::staged("number " + std::to_string(i));
        messages[i].summary = "summary of number " + std::to_string(i);
    }
    house.run(append_messages(big, messages, now, the_server));
    house.run(delete_mailbox(house.alice, "big"));
    CHECK(house.findings({.summarise = summarise}).empty());

    asio::io_context context;
    std::future<bool> more =
        asio::co_spawn(context, sweep(house.store(), {.slice = 10, .most_slices = 2}), asio::use_future);
    context.run();
    (void)more.get();
    CHECK(house.findings({.summarise = summarise}).empty());
    sweep_now(house.store());
    const CheckReport report = house.get(check_store({.summarise = summarise}));
    CHECK(report.findings.empty());
    CHECK(report.blobs == 3);
    CHECK(report.messages == 3);
}

TEST_CASE("old expunged rows are forgotten, and QRESYNC still learns what is gone (RFC 7162 §3.2.5.1)") {
    UpkeepHouse house;
    const ModSeq before = house.get(get_mailbox({house.inbox, the_server})).highest_modseq;
    UidSet gone;
    for (int i = 0; i < 30; ++i) {
        const Uid uid = house.append(house.inbox, "x");
        house.run(expunge_messages({house.inbox, the_server}, {uid}, Durability::prompt));
        gone.insert(uid);
    }
    sweep_now(house.store(), {.expunged_per_mailbox = 10});
    const MailboxChanges changes = house.get(mailbox_changes({house.inbox, the_server}, before));
    CHECK(changes.vanished.intersected(gone) == gone);
    CHECK_FALSE(changes.vanished.contains(house.one));
    CHECK_FALSE(changes.vanished.contains(house.two));
    CHECK(house.findings({.summarise = summarise}).empty());
}

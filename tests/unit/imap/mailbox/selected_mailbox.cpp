// The selected mailbox as one client knows it: numbers, sets, and when changes are reported. RFC 9051 §2.3.1, §5.5,
// §7.5.1.
#include <doctest/doctest.h>

#include <random>
#include <string>

#include "protocols/imap/mailbox/selected_mailbox.h"

namespace {

using imap::ExpungeRun;
using imap::MessageNumbers;
using imap::SelectedMailbox;
using imap::Updates;
using imap::wire::NumberRange;
using imap::wire::SequenceSet;
using storage::Flags;
using storage::MailboxChanges;
using storage::MailboxView;
using Message = storage::MailboxChanges::Changed;
using storage::ModSeq;
using storage::Uid;
using storage::UidSet;

UidSet ranges(std::initializer_list<std::pair<std::uint32_t, std::uint32_t>> list) {
    UidSet uids;
    for (const auto& [first, last] : list) uids.insert(Uid{first}, Uid{last});
    return uids;
}

SequenceSet set(std::string_view text) {
    auto parsed = imap::wire::parse_sequence_set(text, 1000);
    REQUIRE(parsed);
    return *parsed;
}

SelectedMailbox mailbox_of(UidSet uids, std::uint32_t uid_next, std::uint64_t modseq = 100) {
    const MailboxView view{std::move(uids), Uid{uid_next}, ModSeq{modseq}, std::nullopt};
    return SelectedMailbox(
        {.access = {storage::MailboxId{1}, storage::AccountId{1}}, .owner = {1}, .name = "INBOX", .uid_validity = 7},
        view);
}

Message row(std::uint32_t uid, std::uint64_t modseq, std::uint8_t flags = 0) {
    Message message;
    message.uid = Uid{uid};
    message.modseq = ModSeq{modseq};
    message.flags = Flags{flags, {}};
    return message;
}

MailboxChanges changes(std::uint64_t modseq, std::uint32_t uid_next, UidSet vanished, std::vector<Message> changed) {
    return {ModSeq{modseq}, Uid{uid_next}, std::move(vanished), std::move(changed)};
}

std::string text(const Updates& updates) {
    std::string out;
    for (const ExpungeRun& run : updates.expunged) {
        for (std::uint32_t i = 0; i < run.count; ++i) out += std::to_string(run.number) + " EXPUNGE, ";
    }
    if (updates.exists) out += std::to_string(*updates.exists) + " EXISTS, ";
    if (updates.recent) out += std::to_string(*updates.recent) + " RECENT, ";
    for (const imap::FlagUpdate& update : updates.flags) out += std::to_string(update.number) + " FETCH, ";
    if (!out.empty()) out.resize(out.size() - 2);
    return out;
}

}  // namespace

TEST_CASE("numbers and UIDs stand for each other") {
    const MessageNumbers numbers(ranges({{3, 5}, {9, 9}, {20, 22}}));
    CHECK(numbers.size() == 7);
    CHECK(numbers.largest() == Uid{22});
    const std::uint32_t expected[] = {3, 4, 5, 9, 20, 21, 22};
    for (std::uint32_t number = 1; number <= 7; ++number) {
        CHECK(numbers.uid_of(number) == Uid{expected[number - 1]});
        CHECK(numbers.number_of(Uid{expected[number - 1]}) == number);
    }
    CHECK_FALSE(numbers.uid_of(0));
    CHECK_FALSE(numbers.uid_of(8));
    for (const std::uint32_t gap : {1U, 2U, 6U, 8U, 10U, 19U, 23U}) CHECK_FALSE(numbers.number_of(Uid{gap}));
    CHECK(numbers.count_below(Uid{1}) == 0);
    CHECK(numbers.count_below(Uid{5}) == 2);
    CHECK(numbers.count_below(Uid{7}) == 3);
    CHECK(numbers.count_below(Uid{100}) == 7);
    CHECK(numbers.count_in(UidSet::all()) == 7);
    CHECK(numbers.known(ranges({{4, 20}})) == ranges({{4, 5}, {9, 9}, {20, 20}}));
}

// RFC 10022: the newest first, every UID covered.
TEST_CASE("batches of UIDs hold so many messages each") {
    const MessageNumbers numbers(ranges({{3, 5}, {9, 9}, {20, 22}}));  // 3 4 5 9 20 21 22
    const auto all = [&](std::uint32_t size) { return numbers.batches(size, 1, UINT32_MAX, Uid{30}); };
    CHECK(all(3) == std::vector<NumberRange>{{20, 30}, {4, 19}, {1, 3}});
    CHECK(all(7) == std::vector<NumberRange>{{1, 30}});
    CHECK(all(6) == std::vector<NumberRange>{{4, 30}, {1, 3}});
    CHECK(all(UINT32_MAX) == std::vector<NumberRange>{{1, 30}});
    CHECK(numbers.batches(2, 2, 3, Uid{30}) == std::vector<NumberRange>{{9, 20}, {4, 8}});
    CHECK(numbers.batches(2, 4, 4, Uid{30}) == std::vector<NumberRange>{{1, 3}});
    CHECK(numbers.batches(2, 5, 9, Uid{30}).empty());
    CHECK(MessageNumbers().batches(500, 1, UINT32_MAX, Uid{}).empty());
}

TEST_CASE("an empty mailbox has no numbers") {
    const MessageNumbers numbers;
    CHECK(numbers.size() == 0);
    CHECK(numbers.largest() == Uid{0});
    CHECK_FALSE(numbers.uid_of(1));
    CHECK(numbers.numbers_of(UidSet::all()).empty());
    CHECK(numbers.known(UidSet::all()).empty());
}

TEST_CASE("expunges are told so that every number fits the moment it is read") {
    MessageNumbers numbers(ranges({{1, 10}}));
    const auto runs = numbers.remove(ranges({{2, 2}, {4, 5}, {10, 12}}));
    CHECK(runs == std::vector<ExpungeRun>{{2, 1}, {3, 2}, {7, 1}});
    CHECK(numbers.all() == ranges({{1, 1}, {3, 3}, {6, 9}}));
    CHECK(numbers.number_of(Uid{9}) == 6);
    CHECK(numbers.remove(ranges({{100, 200}})).empty());
    numbers.remove(UidSet::all());
    CHECK(numbers.empty());
}

TEST_CASE("random expunges and arrivals agree with a plain list") {
    std::mt19937 random(1);
    std::vector<std::uint32_t> plain;
    UidSet start;
    std::uint32_t next = 1;
    for (; next <= 300; ++next) {
        if (random() % 3 == 0) continue;
        plain.push_back(next);
        start.insert(Uid{next});
    }
    MessageNumbers numbers(start);
    for (int round = 0; round < 60; ++round) {
        UidSet gone;
        for (int i = 0; i < 5; ++i) {
            const std::uint32_t first = 1 + static_cast<std::uint32_t>(random() % next);
            gone.insert(Uid{first}, Uid{first + static_cast<std::uint32_t>(random() % 4)});
        }
        std::vector<std::uint32_t> told = plain;
        for (const ExpungeRun& run : numbers.remove(gone)) {
            for (std::uint32_t i = 0; i < run.count; ++i) told.erase(told.begin() + run.number - 1);
        }
        std::erase_if(plain, [&](std::uint32_t uid) { return gone.contains(Uid{uid}); });
        REQUIRE(told == plain);
        next += static_cast<std::uint32_t>(random() % 3) + 1;
        plain.push_back(next);
        numbers.append(Uid{next});
        REQUIRE(numbers.size() == plain.size());
        for (std::uint32_t i = 0; i < plain.size(); ++i) {
            REQUIRE(numbers.uid_of(i + 1) == Uid{plain[i]});
            REQUIRE(numbers.number_of(Uid{plain[i]}) == i + 1);
        }
    }
}

TEST_CASE("what clients name is resolved as RFC 9051 §9 says") {
    const SelectedMailbox mailbox = mailbox_of(ranges({{3, 5}, {9, 9}, {20, 22}}), 23);
    const auto by_number = [&](std::string_view text) { return mailbox.resolve(set(text), false); };
    const auto by_uid = [&](std::string_view text) { return mailbox.resolve(set(text), true); };
    CHECK(by_number("1") == ranges({{3, 3}}));
    CHECK(by_number("*") == ranges({{22, 22}}));
    CHECK(by_number("2:4") == ranges({{4, 9}}));  // includes UIDs that do not exist
    CHECK(by_number("4:2,7") == ranges({{4, 9}, {22, 22}}));
    CHECK(by_number("6:*") == ranges({{21, 22}}));
    CHECK_FALSE(by_number("8"));
    CHECK_FALSE(by_number("1:8"));
    CHECK(by_uid("1:4") == ranges({{1, 4}}));
    CHECK(by_uid("100:*") == ranges({{22, 22}}));  // n:* always includes the last message
    CHECK(by_uid("23:100") == UidSet());
    CHECK(by_uid("21:4294967295") == ranges({{21, 22}}));
    // RFC 7377 §2: in a search, missing numbers are ignored
    const auto within = [&](std::string_view text) { return mailbox.resolve_within(set(text), false); };
    CHECK(within("6:8") == ranges({{21, 22}}));
    CHECK(within("9:100,4:5,2") == ranges({{4, 4}, {9, 20}}));
    CHECK(within("8:*") == ranges({{22, 22}}));
    CHECK(within("8") == UidSet());
}

TEST_CASE("in an empty mailbox '*' names nothing, and a number is too large") {
    const SelectedMailbox mailbox = mailbox_of({}, 1);
    CHECK(mailbox.resolve(set("1:*"), true) == UidSet());
    CHECK(mailbox.resolve(set("*"), false) == UidSet());
    CHECK(mailbox.resolve(set("1:*"), false) == UidSet());
    CHECK_FALSE(mailbox.resolve(set("2:*"), false));
    CHECK_FALSE(mailbox.resolve(set("1"), false));
    CHECK(mailbox.resolve_within(set("1:*,7"), false) == UidSet());
}

TEST_CASE("new messages are told at once, expunged ones when they may be") {
    SelectedMailbox mailbox = mailbox_of(ranges({{1, 5}}), 6);
    mailbox.take_in(changes(110, 8, ranges({{2, 2}}), {row(6, 108), row(7, 109)})).finish();
    CHECK(text(mailbox.take_updates(false)) == "7 EXISTS");
    CHECK(mailbox.numbers().number_of(Uid{5}) == 5);  // still
    CHECK(text(mailbox.take_updates(false)) == "");
    CHECK(text(mailbox.take_updates(true)) == "2 EXPUNGE");
    CHECK(mailbox.numbers().number_of(Uid{5}) == 4);
    CHECK(mailbox.synced() == ModSeq{110});
    CHECK(mailbox.uid_next() == Uid{8});
}

TEST_CASE("expunges come before EXISTS, which counts without them") {
    SelectedMailbox mailbox = mailbox_of(ranges({{1, 5}}), 6);
    mailbox.take_in(changes(110, 7, ranges({{1, 2}}), {row(6, 109)})).finish();
    CHECK(text(mailbox.take_updates(true)) == "1 EXPUNGE, 1 EXPUNGE, 4 EXISTS");
}

TEST_CASE("as many new as expunged is still an EXISTS") {
    SelectedMailbox mailbox = mailbox_of(ranges({{1, 5}}), 6);
    mailbox.take_in(changes(110, 7, ranges({{5, 5}}), {row(6, 109)})).finish();
    CHECK(text(mailbox.take_updates(true)) == "5 EXPUNGE, 5 EXISTS");
}

TEST_CASE("a message that came and went unheard of never had a number") {
    SelectedMailbox mailbox = mailbox_of(ranges({{1, 3}}), 4);
    mailbox.take_in(changes(105, 5, {}, {row(4, 105)})).finish();
    mailbox.take_in(changes(106, 5, ranges({{4, 4}}), {})).finish();
    CHECK(text(mailbox.take_updates(true)) == "");
    mailbox.take_in(changes(108, 7, ranges({{5, 5}}), {row(6, 108)})).finish();
    CHECK(text(mailbox.take_updates(true)) == "4 EXISTS");
    CHECK(mailbox.numbers().all() == ranges({{1, 3}, {6, 6}}));
}

TEST_CASE("flags of others are told with the number of the moment") {
    SelectedMailbox mailbox = mailbox_of(ranges({{1, 5}}), 6);
    mailbox.take_in(changes(103, 6, ranges({{1, 1}}), {row(4, 102, 1), row(5, 103, 1)})).finish();
    CHECK(text(mailbox.take_updates(true)) == "1 EXPUNGE, 3 FETCH, 4 FETCH");
    mailbox.take_in(changes(105, 6, {}, {row(4, 104, 3)})).finish();
    mailbox.take_in(changes(106, 6, {}, {row(4, 106, 2)})).finish();
    const Updates updates = mailbox.take_updates(false);
    REQUIRE(updates.flags.size() == 1);  // only the last state
    CHECK(updates.flags[0].flags.system == 2);
}

TEST_CASE("flags of a message that is gone are not told") {
    SelectedMailbox mailbox = mailbox_of(ranges({{1, 5}}), 6);
    mailbox.take_in(changes(103, 6, {}, {row(4, 102, 1)})).finish();
    mailbox.take_in(changes(104, 6, ranges({{4, 4}}), {})).finish();
    CHECK(text(mailbox.take_updates(false)) == "");
    CHECK(text(mailbox.take_updates(true)) == "4 EXPUNGE");
}

TEST_CASE("what this client did itself is not told twice") {
    SelectedMailbox mailbox = mailbox_of(ranges({{1, 5}}), 6);
    mailbox.reported(ModSeq{101}, ranges({{2, 3}}));
    mailbox.take_in(changes(102, 6, {}, {row(2, 101), row(3, 102), row(4, 101)})).finish();
    // Someone else has changed 3 again since, and 4 at the same time.
    CHECK(text(mailbox.take_updates(false)) == "3 FETCH, 4 FETCH");
    mailbox.reported(ModSeq{50}, ranges({{1, 5}}));  // known already
    mailbox.take_in(changes(104, 6, {}, {row(1, 104)})).finish();
    CHECK(text(mailbox.take_updates(false)) == "1 FETCH");
}

TEST_CASE("what this client did itself is taken in as it is, unless others have come between") {
    SelectedMailbox mailbox = mailbox_of(ranges({{1, 4}}), 5, 100);
    mailbox.reported(ModSeq{103}, UidSet{Uid{1}});
    CHECK(mailbox.apply_own({.before = ModSeq{100}, .after = ModSeq{103}}, {}));
    CHECK(mailbox.synced() == ModSeq{103});
    CHECK(text(mailbox.take_updates(true)).empty());

    CHECK(mailbox.apply_own({.before = ModSeq{103}, .after = ModSeq{104}}, ranges({{2, 3}})));
    CHECK(mailbox.announced() == ModSeq{103});
    CHECK(text(mailbox.take_updates(false)).empty());
    CHECK(text(mailbox.take_updates(true)) == "2 EXPUNGE, 2 EXPUNGE");
    CHECK(mailbox.announced() == ModSeq{104});

    CHECK_FALSE(mailbox.apply_own({.before = ModSeq{105}, .after = ModSeq{106}}, {}));
    CHECK(mailbox.synced() == ModSeq{104});
    mailbox.reported(ModSeq{106}, UidSet{Uid{4}});
    mailbox.take_in(changes(106, 5, {}, {row(1, 105), row(4, 106)})).finish();
    CHECK(text(mailbox.take_updates(true)) == "1 FETCH");  // the other client's change, not its own
}

TEST_CASE("recent messages are counted while they are there") {
    SelectedMailbox mailbox = mailbox_of(ranges({{1, 5}}), 6);
    mailbox.claim_recent({Uid{4}, Uid{6}});
    CHECK(mailbox.recent_count() == 2);
    CHECK(mailbox.is_recent(Uid{5}));
    CHECK_FALSE(mailbox.is_recent(Uid{3}));
    CHECK(text(mailbox.take_updates(true)) == "2 RECENT");
    mailbox.take_in(changes(103, 7, ranges({{4, 4}}), {row(6, 103)})).finish();
    mailbox.claim_recent({Uid{6}, Uid{7}});
    CHECK(text(mailbox.take_updates(true)) == "4 EXPUNGE, 5 EXISTS");  // both are reported
    mailbox.claim_recent({Uid{9}, Uid{7}});                            // another session was first
    CHECK(mailbox.recent_count() == 2);
    CHECK(mailbox.recent_claimed() == Uid{7});
}

// RFC 3501 §2.3.2: a message that arrives between this session's read and its claim is recent here, once reported.
TEST_CASE("a message claimed before it was read is recent when it comes") {
    SelectedMailbox mailbox = mailbox_of(ranges({{1, 2}}), 3);
    mailbox.claim_recent({Uid{2}, Uid{4}});
    CHECK(mailbox.recent_count() == 1);
    mailbox.take_updates(true);
    mailbox.take_in(changes(103, 4, {}, {row(3, 103)})).finish();
    CHECK(text(mailbox.take_updates(true)) == "3 EXISTS, 2 RECENT");
    CHECK(mailbox.is_recent(Uid{3}));
}

TEST_CASE("a deleted mailbox loses all its messages") {
    SelectedMailbox mailbox = mailbox_of(ranges({{1, 3}}), 4);
    mailbox.take_in(changes(103, 4, {}, {row(2, 103)})).finish();
    mailbox.apply_deletion();
    CHECK(mailbox.deleted());
    CHECK(text(mailbox.take_updates(false)) == "");
    CHECK(text(mailbox.take_updates(true)) == "1 EXPUNGE, 1 EXPUNGE, 1 EXPUNGE");
    CHECK(mailbox.numbers().empty());
}

TEST_CASE("a saved search result loses what is expunged") {
    SelectedMailbox mailbox = mailbox_of(ranges({{1, 5}}), 6);
    mailbox.save_result(ranges({{2, 4}}));
    mailbox.take_in(changes(103, 6, ranges({{3, 3}}), {})).finish();
    mailbox.take_updates(true);
    CHECK(mailbox.resolve(set("$"), true) == ranges({{2, 2}, {4, 4}}));
}

TEST_CASE("of a message that changes several times before it is told, the latest flags are told, once") {
    SelectedMailbox mailbox = mailbox_of(ranges({{1, 9}}), 10);
    mailbox.take_in(changes(103, 10, {}, {row(2, 101, 1), row(5, 102, 1), row(8, 103, 1)})).finish();
    mailbox.take_in(changes(105, 10, {}, {row(1, 104, 2), row(5, 105, 4)})).finish();
    mailbox.take_in(changes(108, 10, {}, {row(9, 106, 1), row(3, 107, 1), row(5, 108, 8)})).finish();
    const Updates updates = mailbox.take_updates(true);
    REQUIRE(updates.flags.size() == 6);
    const std::uint32_t uids[] = {1, 2, 3, 5, 8, 9};
    for (std::size_t i = 0; i < 6; ++i) CHECK(updates.flags[i].uid == Uid{uids[i]});
    CHECK(updates.flags[3].flags.system == 8);
    CHECK(updates.flags[3].modseq == ModSeq{108});
}

TEST_CASE("what has changed is taken in and told in slices of bounded work") {
    const auto slices_of = [](std::uint32_t count) {
        SelectedMailbox mailbox = mailbox_of(ranges({{1, count}}), count + 1);
        std::vector<Message> rows;
        UidSet vanished;
        for (std::uint32_t uid = 1; uid <= count + 10; ++uid) {
            if (uid % 10 == 0 && uid <= count) {
                vanished.insert(Uid{uid});
            } else {
                rows.push_back(row(uid, 101, 1));
            }
        }
        const MailboxChanges all = changes(101, count + 11, vanished, rows);
        int taking_in = 1;
        for (base::Slices work = mailbox.take_in(all); work.go_on();) {
            ++taking_in;
            CHECK(mailbox.synced() == ModSeq{100});  // not before all is taken in
        }
        CHECK(mailbox.synced() == ModSeq{101});
        Updates updates;
        int telling = 1;
        for (base::Slices work = mailbox.take_updates(true, updates); work.go_on();) ++telling;
        CHECK(updates.vanished == vanished);
        CHECK(updates.exists == count - count / 10 + 10);
        REQUIRE(updates.flags.size() == count - count / 10);
        CHECK(updates.flags.back().number == count - count / 10);
        CHECK(text(mailbox.take_updates(true)).empty());
        return std::pair(taking_in, telling);
    };
    const auto few = slices_of(10'000);
    const auto many = slices_of(40'000);
    CHECK(few.first >= 2);
    CHECK(few.second >= 2);
    CHECK(many.first >= 3 * few.first);
    CHECK(many.second >= 3 * few.second);
}

TEST_CASE("changes that were taken in in part are taken in again as if for the first time") {
    constexpr std::uint32_t count = 20'000;
    for (const int slices : {1, 3}) {
        SelectedMailbox mailbox = mailbox_of(ranges({{1, count}}), count + 1);
        mailbox.take_in(changes(101, count + 1, ranges({{5, 5}}), {row(1, 101, 1), row(7, 101, 1)})).finish();
        std::vector<Message> rows;
        for (std::uint32_t uid = 2; uid <= count + 1; ++uid) rows.push_back(row(uid, 102, 2));
        const MailboxChanges all = changes(102, count + 2, ranges({{1, 1}}), rows);
        {
            base::Slices work = mailbox.take_in(all);
            for (int i = 0; i < slices; ++i) CHECK(work.go_on());
        }
        CHECK(mailbox.synced() == ModSeq{101});
        mailbox.take_in(all).finish();
        CHECK(mailbox.synced() == ModSeq{102});
        const Updates updates = mailbox.take_updates(true);
        CHECK(updates.vanished == ranges({{1, 1}, {5, 5}}));
        CHECK(updates.exists == count - 1);
        CHECK(updates.flags.size() == count - 2);  // of all that were known and are there still
    }
}

// Sets with many ranges are walked along the mailbox's; wherever either begins, ends or has gaps.
TEST_CASE("numbers and UIDs of any set are those that counting finds") {
    std::mt19937 random(7);
    const auto some = [&](std::uint32_t most, std::uint32_t gap) {
        UidSet uids;
        for (std::uint32_t uid = 1 + random() % gap; uid < most; uid += 1 + random() % gap) {
            const std::uint32_t last = uid + random() % gap;
            uids.insert(Uid{uid}, Uid{last});
            uid = last + 1;
        }
        return uids;
    };
    for (int round = 0; round < 300; ++round) {
        const UidSet there = some(120, 1 + round % 9);
        const UidSet asked = some(140, 1 + round % 13);
        const MessageNumbers numbers(there);
        UidSet known;
        UidSet unknown;
        std::vector<std::uint32_t> expected;
        std::uint32_t number = 0;
        for (std::uint32_t uid = 1; uid < 200; ++uid) {
            if (there.contains(Uid{uid})) ++number;
            if (!asked.contains(Uid{uid})) continue;
            (there.contains(Uid{uid}) ? known : unknown).insert(Uid{uid});
            if (there.contains(Uid{uid})) expected.push_back(number);
        }
        std::vector<std::uint32_t> found;
        for (const NumberRange& range : numbers.numbers_of(asked)) {
            for (std::uint32_t n = range.first; n <= range.last; ++n) found.push_back(n);
        }
        CHECK(found == expected);
        CHECK(numbers.known(asked) == known);
        CHECK(numbers.unknown(asked) == unknown);
        CHECK(numbers.count_in(asked) == expected.size());
        for (const std::uint32_t first_uid : {1U, 5U, 30U, 90U}) {
            const NumberRange believed{1 + static_cast<std::uint32_t>(random()) % 20,
                                       20 + static_cast<std::uint32_t>(random()) % 60};
            std::optional<Uid> last;
            for (std::uint32_t n = believed.first; n <= std::min(believed.last, numbers.size()); ++n) {
                const Uid uid{first_uid + (n - believed.first)};
                if (numbers.uid_of(n) == uid) last = uid;
            }
            CHECK(numbers.last_match(believed, first_uid) == last);
        }
    }
}

// Each changed by another at a time of its own, so that a STORE that changes nothing more reports as many MODSEQs.
TEST_CASE("a client's own reports are as many as messages, and each is known") {
    constexpr std::uint32_t count = 20'000;
    SelectedMailbox mailbox = mailbox_of(ranges({{1, count}}), count + 1);
    std::vector<Message> rows;
    for (std::uint32_t uid = 1; uid <= count; ++uid) {
        rows.push_back(row(uid, 100 + uid, 1));
        if (uid % 2 == 0) mailbox.reported(ModSeq{100 + uid}, ranges({{uid, uid}}));
    }
    mailbox.take_in(changes(100 + count, count + 1, {}, std::move(rows))).finish();
    const Updates updates = mailbox.take_updates(true);
    CHECK(updates.flags.size() == count / 2);
    CHECK(std::ranges::none_of(updates.flags, [](const auto& update) { return update.number % 2 == 0; }));
}

TEST_CASE("a selected mailbox knows what it holds in memory") {
    constexpr std::uint32_t gaps = 10'000;
    UidSet every_second;
    for (std::uint32_t i = 1; i <= gaps; ++i) every_second.insert(Uid{2 * i});
    const std::size_t without_gaps = mailbox_of(ranges({{1, gaps}}), gaps + 1).octets();
    CHECK(without_gaps < 1'000);
    SelectedMailbox mailbox = mailbox_of(every_second, 2 * gaps + 1);
    const std::size_t empty_handed = mailbox.octets();
    CHECK(empty_handed >= without_gaps + (gaps - 1) * 12);
    CHECK(empty_handed <= without_gaps + gaps * 13);

    mailbox.save_result(every_second);
    CHECK(mailbox.octets() >= empty_handed + gaps * sizeof(UidSet::Range));
    mailbox.save_result({});
    CHECK(mailbox.octets() == empty_handed);
    mailbox.claim_recent({Uid{1}, Uid{9}});
    CHECK(mailbox.octets() > empty_handed);

    // What was told ahead is forgotten once it is known.
    const std::size_t before_telling = mailbox.octets();
    for (std::uint32_t i = 1; i <= 100; ++i) mailbox.reported(ModSeq{100 + i}, {Uid{2 * i}});
    for (std::uint32_t i = 1; i <= gaps; ++i) mailbox.reported(ModSeq{300}, {Uid{2 * i}});
    CHECK(mailbox.octets() >= before_telling + 100 * 64 + gaps * sizeof(UidSet::Range));
    mailbox.take_in(changes(300, 2 * gaps + 1, {}, {})).finish();
    CHECK(mailbox.octets() == before_telling);

    // Changes, until they are reported; many keywords are octets of their own.
    std::vector<Message> rows;
    storage::KeywordSet keywords;
    keywords.insert(400);
    for (std::uint32_t i = 1; i <= gaps; ++i) rows.push_back({Uid{2 * i}, {0, keywords}, ModSeq{301}});
    const MailboxChanges news = changes(301, 2 * gaps + 1, {}, rows);
    const std::size_t needed = SelectedMailbox::octets_to_take_in(news);
    mailbox.take_in(news).finish();
    CHECK(mailbox.octets() >= before_telling + gaps * (sizeof(imap::FlagUpdate) + 50));
    CHECK(mailbox.octets() <= before_telling + 2 * needed);
    (void)mailbox.take_updates(true);
    CHECK(mailbox.octets() == before_telling);

    const MailboxChanges expunged = changes(302, 2 * gaps + 1, every_second, {});
    CHECK(SelectedMailbox::octets_to_take_in(expunged) >= gaps * sizeof(UidSet::Range));
    mailbox.take_in(expunged).finish();
    CHECK(mailbox.octets() >= before_telling + gaps * sizeof(UidSet::Range));
    (void)mailbox.take_updates(true);
    CHECK(mailbox.octets() < without_gaps + 1'000);
}

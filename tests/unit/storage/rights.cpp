// Rights on mailboxes: how entries combine, what each operation needs, and how others' mailboxes are named.
// RFC 4314 §2, §4, §6.
#include "storage/rights.h"

#include <algorithm>
#include <atomic>

#include "storage/metadata.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

constexpr std::uint16_t lr = right::lookup | right::read;

StoreOptions with_anyone() {
    StoreOptions options;
    options.sharing.with_anyone = true;
    return options;
}

struct SharedHouse : TemporaryStore {
    explicit SharedHouse(StoreOptions options = with_anyone()) : TemporaryStore(std::move(options)) {}

    AccountId bob = add_account("bob@example.org");
    AccountId alice = add_account("alice@example.org");
    AccountId carol = add_account("carol@example.org");
    MailboxId work = run(create_mailbox(bob, "Work")).id;
    std::string seen = "Other Users/bob@example.org/Work";  // as others name it

    void give(const std::string& identifier, Rights rights, RightsEdit edit = RightsEdit::replace) {
        RightsEntry entry = get(resolve_identifier(identifier));
        entry.rights = rights;
        run(set_rights(bob, work, entry, edit, 100));
    }
    void take_back(const std::string& identifier) {
        run(remove_rights(bob, work, get(resolve_identifier(identifier))));
    }
    Rights of(AccountId account) { return get(get_rights(account, work)); }
    std::string list() {
        std::string out;
        for (const RightsEntry& entry : get(list_rights({work, the_server}))) {
            out += (entry.negative ? "-" : "") + entry.identifier + "=" + std::to_string(entry.rights) + " ";
        }
        return out;
    }
    Message only(MailboxId mailbox) {
        return get(read_messages({mailbox, the_server}, UidSet::all(), false, 10)).at(0);
    }
};

}  // namespace

TEST_CASE("entries combine: one's own, anyone's, less what is negative; an owner keeps l and a (RFC 4314 §2)") {
    SharedHouse house;
    CHECK(house.of(house.bob) == right::all);
    CHECK(house.of(house.alice) == 0);
    house.give("alice", lr);
    house.give("anyone", right::insert);
    CHECK(house.of(house.alice) == (lr | right::insert));
    CHECK(house.of(house.carol) == right::insert);
    house.give("-anyone", right::insert);
    CHECK(house.of(house.alice) == lr);
    CHECK(house.of(house.carol) == 0);
    house.give("-alice", right::read);
    CHECK(house.of(house.alice) == right::lookup);
    CHECK(house.of(house.bob) == (right::all & ~right::insert));
    house.give("bob", 0);
    CHECK(house.of(house.bob) == right::of_owner);
    CHECK(house.list() == "bob@example.org=1025 alice@example.org=3 anyone=16 -alice@example.org=2 -anyone=16 ");
    house.take_back("bob");
    house.take_back("-anyone");
    CHECK(house.of(house.bob) == right::all);
    house.give("bob", right::delete_mailbox, RightsEdit::remove);
    CHECK(house.of(house.bob) == (right::all & ~right::delete_mailbox));
    house.give("alice", right::insert, RightsEdit::add);
    house.give("alice", lr, RightsEdit::remove);
    house.give("-alice", 0);
    CHECK(house.list() == "bob@example.org=1919 alice@example.org=16 anyone=16 ");
}

TEST_CASE("rights of one wake that account, rights of anyone all") {
    SharedHouse house;
    std::atomic<int> carols = 0;
    const Subscription subscription = house.store().subscribe(house.carol, [&](const Change& /*look*/) { ++carols; });
    house.give("alice", lr);
    CHECK(carols == 0);
    house.give("carol", lr);
    CHECK(carols == 1);
    house.give("anyone", lr);
    CHECK(carols == 2);
    house.take_back("anyone");
    CHECK(carols == 3);
}

TEST_CASE("identifiers are accounts or anyone; others are refused") {
    SharedHouse house;
    CHECK(house.get(resolve_identifier("BOB")).identifier == "bob@example.org");
    CHECK(house.get(resolve_identifier("-Bob@example.org")).negative);
    CHECK(house.get(resolve_identifier("-anyone")) == RightsEntry{"anyone", true, 0});
    CHECK(reason_of(house.read(resolve_identifier("nobody"))) == Reason::no_such_account);
    CHECK(reason_of(house.read(resolve_identifier("$team"))) == Reason::no_such_account);
    CHECK(reason_of(house.read(resolve_identifier(""))) == Reason::no_such_account);
}

TEST_CASE("only who may administer changes a list, and it has its limit") {
    SharedHouse house;
    const RightsEntry carol{"carol@example.org", false, lr};
    CHECK(reason_of(house.write(set_rights(house.alice, house.work, carol, RightsEdit::replace, 9))) ==
          Reason::no_such_mailbox);
    house.give("alice", lr);
    CHECK(reason_of(house.write(set_rights(house.alice, house.work, carol, RightsEdit::replace, 9))) ==
          Reason::not_permitted);
    CHECK(reason_of(house.write(remove_rights(house.alice, house.work, carol))) == Reason::not_permitted);
    house.give("alice", right::administer);
    CHECK(house.write(set_rights(house.alice, house.work, carol, RightsEdit::replace, 9)).has_value());
    const RightsEntry anyone{"anyone", false, lr};
    CHECK(reason_of(house.write(set_rights(house.bob, house.work, anyone, RightsEdit::replace, 2))) ==
          Reason::too_many);
    CHECK(reason_of(house.write(set_rights(house.bob, MailboxId{99}, anyone, RightsEdit::replace, 9))) ==
          Reason::no_such_mailbox);
}

TEST_CASE("another's mailbox is there for who has a right by which it can be known (RFC 4314 §4, §6)") {
    SharedHouse house;
    CHECK(reason_of(house.read(find_mailbox(house.alice, house.seen))) == Reason::no_such_mailbox);
    CHECK(house.get(list_shared_mailboxes(house.alice)).empty());
    house.give("alice", right::post | right::write);
    CHECK(reason_of(house.read(find_mailbox(house.alice, house.seen))) == Reason::no_such_mailbox);
    house.give("alice", right::insert);
    CHECK(house.get(find_mailbox(house.alice, house.seen)).id == house.work);
    CHECK(house.get(list_shared_mailboxes(house.alice)).empty());
    CHECK(reason_of(house.read(find_mailbox(house.alice, house.seen, right::read))) == Reason::no_such_mailbox);
    house.give("alice", right::lookup);
    CHECK(reason_of(house.read(find_mailbox(house.alice, house.seen, right::read))) == Reason::not_permitted);
    const std::vector<Mailbox> shared = house.get(list_shared_mailboxes(house.alice));
    REQUIRE(shared.size() == 1);
    CHECK(shared[0].name == house.seen);
    CHECK(shared[0].account == house.bob);
    CHECK(shared[0].rights == right::lookup);
    CHECK_FALSE(shared[0].subscribed);
    house.run(subscribe_mailbox(house.alice, house.seen, true));
    CHECK(house.get(find_mailbox(house.alice, house.seen)).subscribed);
    // One's own mailboxes are not below "Other Users", and unknown accounts have none there.
    CHECK(reason_of(house.read(find_mailbox(house.bob, house.seen))) == Reason::no_such_mailbox);
    for (const char* name : {"Other Users", "Other Users/bob@example.org", "Other Users/nobody@example.org/Work",
                             "Other Users//Work", "Other Users/bob@example.org/"}) {
        CHECK(reason_of(house.read(find_mailbox(house.alice, name))) == Reason::no_such_mailbox);
    }
    // A special use is only for the owner.
    RightsEntry anyone{"anyone", false, lr};
    house.run(set_rights(house.bob, house.mailbox(house.bob, "Sent"), anyone, RightsEdit::replace, 9));
    CHECK(house.get(find_mailbox(house.alice, "Other Users/bob@example.org/Sent")).special_use == SpecialUse::none);
    house.run(set_rights(house.bob, house.mailbox(house.bob, "INBOX"), anyone, RightsEdit::replace, 9));
    CHECK(house.get(find_mailbox(house.alice, "Other Users/bob@example.org/inbox")).name ==
          "Other Users/bob@example.org/INBOX");
}

TEST_CASE("CREATE needs k above, DELETE and RENAME x; new mailboxes begin with the rights of the one above") {
    SharedHouse house;
    house.give("alice", lr);
    CHECK(reason_of(house.write(create_mailbox(house.alice, house.seen + "/New"))) == Reason::not_permitted);
    CHECK(reason_of(house.write(delete_mailbox(house.alice, house.seen))) == Reason::not_permitted);
    CHECK(reason_of(house.write(delete_mailbox(house.carol, house.seen))) == Reason::no_such_mailbox);
    CHECK(reason_of(house.write(create_mailbox(house.alice, "Other Users/bob@example.org/Top"))) ==
          Reason::not_permitted);
    CHECK(reason_of(house.write(create_mailbox(house.alice, "Other Users"))) == Reason::invalid_name);
    CHECK(reason_of(house.write(create_mailbox(house.alice, "Other Users/Top"))) == Reason::invalid_name);

    house.give("alice", lr | right::create_mailboxes);
    const Mailbox made = house.run(create_mailbox(house.alice, house.seen + "/a/b"));
    CHECK(made.account == house.bob);
    CHECK(made.name == house.seen + "/a/b");
    CHECK(made.rights == (lr | right::create_mailboxes));
    CHECK(house.get(find_mailbox(house.bob, "Work/a/b")).id == made.id);
    CHECK(house.get(find_mailbox(house.alice, house.seen + "/a")).rights == (lr | right::create_mailboxes));
    CHECK(reason_of(house.write(create_mailbox(house.alice, house.seen + "/s", SpecialUse::sent))) ==
          Reason::not_permitted);

    CHECK(reason_of(house.write(rename_mailbox(house.alice, house.seen + "/a/b", house.seen + "/c", now))) ==
          Reason::not_permitted);
    RightsEntry alice{"alice@example.org", false, lr | right::delete_mailbox};
    house.run(set_rights(house.bob, made.id, alice, RightsEdit::replace, 9));
    house.run(rename_mailbox(house.alice, house.seen + "/a/b", house.seen + "/c", now));
    CHECK(house.get(find_mailbox(house.bob, "Work/c")).id == made.id);
    CHECK(house.get(get_rights(house.alice, made.id)) == alice.rights);  // RENAME changes no rights
    CHECK(reason_of(house.write(rename_mailbox(house.alice, house.seen + "/c", house.seen + "/c/d", now))) ==
          Reason::invalid_name);
    CHECK(reason_of(house.write(rename_mailbox(house.alice, house.seen + "/c", "Mine", now))) == Reason::invalid_name);
    CHECK(reason_of(house.write(rename_mailbox(house.alice, "Archive", house.seen + "/d", now))) ==
          Reason::invalid_name);
    CHECK(reason_of(house.write(rename_mailbox(house.alice, "INBOX", house.seen + "/d", now))) == Reason::invalid_name);
    CHECK(reason_of(house.write(rename_mailbox(house.alice, house.seen + "/c", "Other Users/bob@example.org/c",
                                               now))) == Reason::not_permitted);
    house.run(delete_mailbox(house.alice, house.seen + "/c"));
    CHECK(reason_of(house.read(find_mailbox(house.bob, "Work/c"))) == Reason::no_such_mailbox);
    CHECK(house.get(get_rights(house.alice, made.id)) == 0);
}

TEST_CASE("what may not be seen is refused in the words for what does not exist (RFC 4314 §6)") {
    SharedHouse house;
    house.give("alice", lr);
    house.run(create_mailbox(house.bob, "Work/Secret"));
    const MailboxId secret = house.mailbox(house.bob, "Work/Secret");
    house.run(remove_rights(house.bob, secret, house.get(resolve_identifier("alice"))));
    const auto masked = [](std::string text, const std::string& name) {
        if (const std::size_t at = text.find(name); at != std::string::npos) text.replace(at, name.size(), "<name>");
        return text;
    };
    const auto refusals_of = [&](const std::string& name) {
        const std::string mine = "Archive";
        std::vector<std::pair<Reason, std::string>> refusals;
        const auto note = [&](const auto& done) {
            REQUIRE_FALSE(done.has_value());
            refusals.emplace_back(done.error().reason, masked(done.error().text, name));
        };
        note(house.write(create_mailbox(house.alice, name + "/x")));
        note(house.write(create_mailbox(house.alice, name + "/x", SpecialUse::archive)));
        note(house.write(create_mailbox(house.alice, name + "/a//b")));
        note(house.write(create_mailbox(house.alice, name)));
        note(house.write(delete_mailbox(house.alice, name)));
        note(house.write(rename_mailbox(house.alice, name, mine, now)));
        note(house.write(rename_mailbox(house.alice, name, name + "2", now)));
        note(house.write(rename_mailbox(house.alice, mine, name + "/x", now)));
        note(house.write(rename_mailbox(house.alice, mine, name + "/a//b", now)));
        note(house.write(rename_mailbox(house.alice, "INBOX", name + "/x", now)));
        note(house.read(find_mailbox(house.alice, name, right::read)));
        return refusals;
    };
    const auto expected = refusals_of("Other Users/nobody@example.org/Work/Secret");
    CHECK(refusals_of("Other Users/bob@example.org/Work/Secret") == expected);
    CHECK(refusals_of("Other Users/bob@example.org/Work/Nothing") == expected);
    CHECK(refusals_of("Other Users/bob@example.org/Nothing") == expected);
    CHECK(refusals_of("Other Users/carol@example.org/INBOX") == expected);
    CHECK(refusals_of("Other Users/nobody@nowhere.org/INBOX") == expected);
    CHECK(expected.front() ==
          std::pair(Reason::not_permitted, std::string("you have not the right to make a mailbox there")));
}

TEST_CASE("APPEND, COPY and MOVE find their mailbox by the name that the actor uses") {
    SharedHouse house;
    house.give("alice", right::all);
    NewMessage message{.content = TemporaryStore::staged("abc"), .summary = {}, .flags = {}};
    const auto append = [&](std::string name) {
        return house.write(append_messages(std::move(name), {message}, now, house.alice));
    };
    CHECK(append("inbox")->mailbox == house.mailbox(house.alice, "INBOX"));
    CHECK(append(house.seen)->mailbox == house.work);
    CHECK(reason_of(append("Work")) == Reason::no_such_mailbox);
    CHECK(reason_of(append("\xff")) == Reason::invalid_name);
    const auto copy = [&](UidSet targets, std::string name) {
        return house.write(copy_messages({house.work, house.alice}, std::move(targets), std::move(name), now));
    };
    CHECK(copy(UidSet::all(), "INBOX")->to.size() == 1);
    CHECK(reason_of(copy({}, "None")) == Reason::no_such_mailbox);  // even if there is nothing to copy
    const auto move = [&](std::string name) {
        return house.write(move_messages({house.work, house.alice}, UidSet::all(), std::move(name), now));
    };
    CHECK(reason_of(move("None")) == Reason::no_such_mailbox);
    CHECK(move("INBOX")->mailbox == house.mailbox(house.alice, "INBOX"));
    house.give("alice", right::read);  // must not learn that it exists
    CHECK(reason_of(append(house.seen)) == Reason::no_such_mailbox);
}

TEST_CASE("APPEND and COPY need i; flags are kept as s, w and t allow (RFC 4314 §4)") {
    SharedHouse house;
    NewMessage message{.content = TemporaryStore::staged("abc"), .summary = {}, .flags = {31, {"$Forwarded"}}};
    const auto append = [&] { return house.write(append_messages(house.work, {message}, now, house.alice)); };
    CHECK(reason_of(append()) == Reason::no_such_mailbox);
    house.give("alice", lr);
    CHECK(reason_of(append()) == Reason::not_permitted);
    const MailboxId inbox = house.mailbox(house.alice, "INBOX");
    house.run(append_messages(inbox, {message}, now, the_server));
    const auto copy = [&] { return house.write(copy_messages({inbox, house.alice}, UidSet::all(), house.work, now)); };
    CHECK(reason_of(copy()) == Reason::not_permitted);

    struct Row {
        Rights rights;
        std::uint8_t system;
        bool keyword;
    };
    using namespace system_flag;
    const Row rows[] = {
        {right::insert, 0, false},
        {right::insert | right::keep_seen, seen, false},
        {right::insert | right::delete_messages, deleted, false},
        {right::insert | right::write, answered | flagged | draft, true},
        {right::all, 31, true},
    };
    for (const Row& row : rows) {
        for (const bool copies : {false, true}) {
            house.run(expunge_messages({house.work, the_server}, UidSet::all(), Durability::prompt));
            house.give("alice", row.rights);
            if (copies) {
                CHECK(copy().has_value());
            } else {
                CHECK(append().has_value());
            }
            const Message kept = house.only(house.work);
            CHECK(kept.flags.system == row.system);
            CHECK(kept.flags.keywords.empty() != row.keyword);
        }
    }
    CHECK(house.get(list_keywords({house.work, the_server})) == std::vector<std::string>{"$Forwarded"});
}

TEST_CASE("STORE changes what it may, and fails only where that is nothing; EXPUNGE needs e (RFC 4314 §4)") {
    SharedHouse house;
    house.append(house.work, "abc", system_flag::flagged | system_flag::deleted);
    const auto store = [&](FlagEdit edit, NamedFlags flags) {
        return house.write(change_flags({house.work, house.alice}, UidSet::all(), edit, std::move(flags)));
    };
    house.give("alice", lr);
    CHECK(reason_of(store(FlagEdit::add, {system_flag::seen, {}})) == Reason::not_permitted);
    CHECK(reason_of(store(FlagEdit::replace, {0, {}})) == Reason::not_permitted);
    CHECK(reason_of(store(FlagEdit::add, {0, {"$Junk"}})) == Reason::not_permitted);
    house.give("alice", lr | right::keep_seen);
    CHECK(store(FlagEdit::add, {system_flag::seen | system_flag::answered, {"$Junk"}}).has_value());
    CHECK(house.only(house.work).flags.system == (system_flag::flagged | system_flag::deleted | system_flag::seen));
    CHECK(house.get(list_keywords({house.work, the_server})).empty());
    CHECK(store(FlagEdit::replace, {system_flag::draft, {"$Junk"}}).has_value());
    CHECK(house.only(house.work).flags.system == (system_flag::flagged | system_flag::deleted));
    house.give("alice", lr | right::write);
    CHECK(store(FlagEdit::replace, {system_flag::seen | system_flag::draft, {"$Junk"}}).has_value());
    CHECK(house.only(house.work).flags.system == (system_flag::deleted | system_flag::draft));
    CHECK_FALSE(house.only(house.work).flags.keywords.empty());
    CHECK(store(FlagEdit::remove, {system_flag::deleted | system_flag::draft, {"$junk"}}).has_value());
    CHECK(house.only(house.work).flags.system == system_flag::deleted);
    CHECK(house.only(house.work).flags.keywords.empty());
    CHECK(reason_of(house.write(expunge_deleted({house.work, house.alice}, UidSet::all()))) == Reason::not_permitted);
    house.give("alice", lr | right::expunge);
    CHECK(house.run(expunge_deleted({house.work, house.alice}, UidSet::all())).uids.count() == 1);
}

TEST_CASE("MOVE needs t and e where it takes from (RFC 6851 §4.2)") {
    SharedHouse house;
    house.append(house.work, "abc");
    const MailboxId inbox = house.mailbox(house.alice, "INBOX");
    const auto move = [&] { return house.write(move_messages({house.work, house.alice}, UidSet::all(), inbox, now)); };
    house.give("alice", lr | right::expunge);
    CHECK(reason_of(move()) == Reason::not_permitted);
    house.give("alice", lr | right::delete_messages);
    CHECK(reason_of(move()) == Reason::not_permitted);
    house.give("alice", lr | right::delete_messages | right::expunge);
    CHECK(move()->to.size() == 1);
}

TEST_CASE("metadata need l and one of r, s, w, i, p (RFC 5464 §3.3)") {
    SharedHouse house;
    const auto set = [&] {
        return house.write(set_metadata(house.alice, house.work, {{"/private/comment", "x"}}, {}));
    };
    CHECK(reason_of(set()) == Reason::no_such_mailbox);
    house.give("alice", right::lookup | right::administer);
    CHECK(reason_of(set()) == Reason::not_permitted);
    CHECK(reason_of(house.read(list_metadata(house.alice, house.work))) == Reason::not_permitted);
    house.give("alice", right::lookup | right::post);
    CHECK(set().has_value());
    CHECK(house.get(list_metadata(house.alice, house.work)).size() == 1);
    CHECK(house.get(list_metadata(house.bob, house.work)).empty());
}

TEST_CASE("an account's rights go with it") {
    SharedHouse house;
    house.give("alice", lr);
    house.run(remove_account("alice@example.org"));
    CHECK(house.list() == "bob@example.org=2047 ");
    const AccountId again = house.add_account("alice@example.org");
    CHECK(house.of(again) == 0);
}

TEST_CASE("others' subscriptions follow a RENAME, and they hear of it") {
    SharedHouse house;
    house.give("anyone", lr);
    house.run(subscribe_mailbox(house.alice, house.seen, true));
    house.run(subscribe_mailbox(house.alice, house.seen + "/none", true));
    house.run(subscribe_mailbox(house.carol, "Work", true));  // her own name, not bob's
    std::atomic<int> told = 0;
    const Subscription watch = house.store().subscribe(house.alice, [&](const Change&) { ++told; });
    house.run(rename_mailbox(house.bob, "Work", "Play/Work", now));
    CHECK(told == 1);
    CHECK(house.get(find_mailbox(house.alice, "Other Users/bob@example.org/Play/Work")).subscribed);
    const std::vector<std::string> alices = house.get(list_subscriptions(house.alice));
    CHECK(std::ranges::count(alices, house.seen) == 0);
    CHECK(std::ranges::count(alices, house.seen + "/none") == 1);
    CHECK(std::ranges::count(house.get(list_subscriptions(house.carol)), "Work") == 1);
}

TEST_CASE("every read and write of messages checks the rights itself: what is taken back is gone (RFC 4314 §4)") {
    SharedHouse house;
    const Uid uid = house.append(house.work, "abc", system_flag::deleted);
    const MailboxId inbox = house.mailbox(house.alice, "INBOX");
    const Access hers{house.work, house.alice};
    const BlobId blob = house.only(house.work).blob;
    const auto reasons = [&] {
        const SeeMessage see = [](const ScannedRow& /*row*/) { return true; };
        return std::vector{
            reason_of(house.read(view_mailbox(hers))),
            reason_of(house.read(mailbox_uids(hers))),
            reason_of(house.read(read_messages(hers, UidSet::all(), true, 10))),
            reason_of(house.read(scan_messages(hers, UidSet::all(), false, 10, {}, see))),
            reason_of(house.read(mailbox_changes(hers, {}))),
            reason_of(house.read(expunged_uids(hers, UidSet::all(), {}))),
            reason_of(house.read(read_text_sizes(hers))),
            reason_of(house.read(list_keywords(hers))),
            reason_of(house.read(get_mailbox(hers, right::read))),
            reason_of(house.read(read_content(hers, blob, 0, 3))),
            reason_of(house.write(take_recent(hers))),
            reason_of(house.write(change_flags(hers, {uid}, FlagEdit::add, {system_flag::seen, {}}))),
            reason_of(house.write(expunge_deleted(hers, {Uid{99}}))),
            reason_of(house.write(copy_messages(hers, {Uid{99}}, inbox, now))),
            reason_of(house.write(move_messages(hers, {Uid{99}}, inbox, now))),
        };
    };
    const std::size_t writes = 3;  // the last ones: what they take away needs rights of their own
    house.give("alice", lr | right::keep_seen | right::expunge | right::delete_messages);
    for (const auto& reason : reasons()) CHECK_FALSE(reason);
    house.take_back("alice");
    const auto refused = reasons();
    for (std::size_t i = 0; i < refused.size(); ++i) {
        CAPTURE(i);
        CHECK(refused[i] == (i + 2 < refused.size() ? Reason::no_such_mailbox : Reason::not_permitted));
    }
    // Whoever may still know that it is there cannot read it either.
    house.give("alice", right::lookup | right::keep_seen | right::expunge | right::delete_messages);
    const auto seen = reasons();
    for (std::size_t i = 0; i + writes < seen.size(); ++i) {
        CAPTURE(i);
        CHECK(seen[i].has_value());
    }
    // The owner's own entry counts, and the server itself may read everything.
    house.give("bob", right::lookup);
    CHECK(reason_of(house.read(view_mailbox({house.work, house.bob}))) == Reason::no_such_mailbox);
    CHECK(house.read(view_mailbox({house.work, the_server})).has_value());
}

TEST_CASE("content that was begun is read on while the right lasts, or after the mailbox is deleted") {
    SharedHouse house;
    house.append(house.work, "abc");
    const BlobId blob = house.only(house.work).blob;
    const Access hers{house.work, house.alice};
    CHECK(reason_of(house.read(read_content(hers, blob, 0, 3))) == Reason::no_such_mailbox);
    house.give("alice", lr);
    CHECK(house.get(read_content(hers, blob, 0, 3)) == "abc");
    house.run(delete_mailbox(house.bob, "Work"));
    CHECK(house.get(read_content(hers, blob, 1, 3)) == "bc");
}

TEST_CASE("anyone is given nothing unless the administrator allows it; what is taken from anyone counts always") {
    SharedHouse house;
    house.give("anyone", lr | right::write);
    house.give("-anyone", right::insert);
    house.give("alice", right::insert | right::lookup);
    house.close();
    TemporaryStore same({}, house.path());
    CHECK(same.get(get_rights(house.carol, house.work)) == 0);
    CHECK(same.get(get_rights(house.alice, house.work)) == right::lookup);
    CHECK(reason_of(same.read(view_mailbox({house.work, house.carol}))) == Reason::no_such_mailbox);
    CHECK(same.get(list_shared_mailboxes(house.carol)).empty());
    const RightsEntry anyone{"anyone", false, lr};
    CHECK(reason_of(same.write(set_rights(house.bob, house.work, anyone, RightsEdit::replace, 9))) ==
          Reason::not_permitted);
    CHECK(same.write(set_rights(house.bob, house.work, anyone, RightsEdit::remove, 9)).has_value());
    CHECK(same.write(remove_rights(house.bob, house.work, anyone)).has_value());
}

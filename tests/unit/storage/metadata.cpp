// Metadata of mailboxes and of the server (RFC 5464): private and shared, limits, what RENAME and DELETE do to it.
#include "storage/metadata.h"

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

struct MetadataHouse : TemporaryStore {
    AccountId bob = add_account("bob@example.org");
    AccountId alice = add_account("alice@example.org");
    MailboxId inbox = mailbox(bob, "INBOX");

    MetadataHouse() {
        const RightsEntry reader{"alice@example.org", false, right::lookup | right::read};
        run(set_rights(bob, inbox, reader, RightsEdit::replace, 10));
    }

    Result<std::monostate> set(AccountId account, MailboxId mailbox, std::string name, std::optional<std::string> value,
                               MetadataLimits limits = {}) {
        return write(set_metadata(account, mailbox, {{std::move(name), std::move(value)}}, limits));
    }
    std::string all(AccountId account, MailboxId mailbox) {
        std::string out;
        for (const MetadataEntry& entry : get(list_metadata(account, mailbox))) {
            out += entry.name + "=" + entry.value + ";";
        }
        return out;
    }
};

}  // namespace

TEST_CASE("private entries are the account's own, shared ones everyone's; names ignore case (RFC 5464 §3.2)") {
    MetadataHouse house;
    const ModSeq before = house.get(get_mailbox({house.inbox, the_server})).highest_modseq;
    house.run(set_metadata(house.bob, house.inbox, {{"/private/comment", "mine"}, {"/shared/comment", "ours"}}, {}));
    CHECK(house.get(get_mailbox({house.inbox, the_server})).highest_modseq > before);  // RFC 7162 §3.2
    house.run(set_metadata(house.alice, house.inbox, {{"/private/comment", "hers"}}, {}));
    CHECK(house.all(house.bob, house.inbox) == "/private/comment=mine;/shared/comment=ours;");
    CHECK(house.all(house.alice, house.inbox) == "/private/comment=hers;/shared/comment=ours;");
    CHECK(house.set(house.alice, house.inbox, "/SHARED/Comment", "of all").has_value());
    CHECK(house.all(house.bob, house.inbox) == "/private/comment=mine;/shared/comment=of all;");
    CHECK(house.set(house.bob, house.inbox, "/Private/COMMENT", std::nullopt).has_value());
    CHECK(house.all(house.bob, house.inbox) == "/shared/comment=of all;");
    CHECK(house.set(house.bob, {}, "/private/vendor/x/y", std::string("a\0b", 3)).has_value());
    CHECK(house.get(list_metadata(house.bob, {})).at(0).value == std::string("a\0b", 3));
    CHECK(house.all(house.alice, {}).empty());
    CHECK(reason_of(house.set(house.bob, {}, "/shared/comment", "no")) == Reason::not_permitted);
    CHECK(reason_of(house.set(house.bob, MailboxId{99}, "/private/a", "x")) == Reason::no_such_mailbox);
    CHECK(reason_of(house.read(list_metadata(house.bob, MailboxId{99}))) == Reason::no_such_mailbox);
}

TEST_CASE("limits refuse the whole, and removing is never too much (RFC 5464 §4.3)") {
    MetadataHouse house;
    const MetadataLimits two{.entries = 2, .account_octets = 1000};
    CHECK(reason_of(house.write(set_metadata(house.bob, house.inbox,
                                             {{"/private/a", "1"}, {"/private/b", "2"}, {"/private/c", "3"}}, two))) ==
          Reason::too_many);
    CHECK(house.all(house.bob, house.inbox).empty());
    CHECK(house.set(house.bob, house.inbox, "/private/a", "1", two).has_value());
    CHECK(house.set(house.bob, house.inbox, "/private/b", "2", two).has_value());
    CHECK(house.set(house.bob, house.inbox, "/private/b", "3", two).has_value());
    CHECK(reason_of(house.set(house.bob, house.inbox, "/private/c", "3", two)) == Reason::too_many);
    CHECK(house.set(house.alice, house.inbox, "/private/c", "3", two).has_value());
    // Shared entries of other users count for the mailbox's owner.
    CHECK(reason_of(house.set(house.alice, house.inbox, "/shared/c", "3", two)) == Reason::too_many);
    const MetadataLimits small{.entries = 10, .account_octets = 2 * octets_per_metadata_entry + 30};
    CHECK(reason_of(house.set(house.bob, {}, "/private/long", "0123456789", small)) == Reason::too_many);
    const MetadataLimits roomy{.entries = 10, .account_octets = 3 * octets_per_metadata_entry - 1};
    CHECK(reason_of(house.set(house.bob, {}, "/private/x", "", roomy)) == Reason::too_many);  // it costs more than that
    CHECK(house.set(house.bob, {}, "/private/x", "", {.entries = 10, .account_octets = 1000}).has_value());
    CHECK(house.set(house.bob, house.inbox, "/private/a", std::nullopt, {.entries = 0}).has_value());
}

TEST_CASE("metadata follow the mailbox, and go with it (RFC 5464 §4.1)") {
    MetadataHouse house;
    const MailboxId work = house.run(create_mailbox(house.bob, "Work")).id;
    CHECK(house.set(house.bob, work, "/shared/comment", "toil").has_value());
    house.run(rename_mailbox(house.bob, "Work", "Play", now));
    CHECK(house.all(house.bob, house.mailbox(house.bob, "Play")) == "/shared/comment=toil;");
    house.run(delete_mailbox(house.bob, "Play"));
    const MailboxId again = house.run(create_mailbox(house.bob, "Play")).id;
    CHECK(house.all(house.bob, again).empty());

    // RENAME of INBOX: both mailboxes have them afterwards.
    CHECK(house.set(house.bob, house.inbox, "/private/comment", "in").has_value());
    house.run(rename_mailbox(house.bob, "INBOX", "Old", now));
    CHECK(house.all(house.bob, house.inbox) == "/private/comment=in;");
    CHECK(house.all(house.bob, house.mailbox(house.bob, "Old")) == "/private/comment=in;");
    // The copy counts; what does not fit changes nothing.
    const MetadataLimits full{.entries = 10, .account_octets = 2 * octets_per_metadata_entry + 50};
    CHECK(reason_of(house.write(rename_mailbox(house.bob, "INBOX", "Older", now, full))) == Reason::too_many);
    CHECK(reason_of(house.read(find_mailbox(house.bob, "Older", 0))) == Reason::no_such_mailbox);

    CHECK(house.set(house.alice, house.inbox, "/private/comment", "hers").has_value());
    house.run(remove_account("alice@example.org"));
    house.run(remove_account("bob@example.org"));
    CHECK(house.read(list_metadata(house.bob, {}))->empty());
}

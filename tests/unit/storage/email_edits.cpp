// Changing Emails: RFC 8621 §4.6, over IMAP's messages.
#include "storage/email_edits.h"

#include <doctest/doctest.h>

#include "storage/upkeep/check.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

struct EditHouse : TemporaryStore {
    AccountId bob = add_account("bob@example.org");
    AccountId alice = add_account("alice@example.org");
    MailboxId inbox = mailbox(bob, "INBOX");
    MailboxId archive = mailbox(bob, "Archive");
    MailboxId sent = mailbox(bob, "Sent");
    EmailAccess own{bob, bob};

    NewMessage message(const std::string& content, NamedFlags flags = {}) {
        return {.content = staged(content), .summary = "s", .flags = std::move(flags), .internal_date = 5};
    }
    std::string add(std::vector<MailboxId> mailboxes, const std::string& content) {
        return run(add_email(own, std::move(mailboxes), message(content), now)).id;
    }
    // "mailbox:system flags:keywords" of each message.
    std::string places(const std::string& id) {
        std::string text;
        const std::optional<Email> email = get(get_emails(own, {id}, false)).at(0);
        if (!email) return "gone";
        for (const EmailPlace& place : email->places) {
            const char* name = place.mailbox == inbox ? "i" : place.mailbox == archive ? "a" : "s";
            text += std::string(name) + std::to_string(place.flags.system) +
                    std::string(place.flags.keywords.numbers().size(), 'k') + " ";
        }
        return text;
    }
    std::optional<Reason> edit(const std::string& id, EmailEdit edit) {
        return reason_of(write(edit_email(own, id, std::move(edit), now)));
    }
};

}  // namespace

TEST_CASE_FIXTURE(EditHouse, "keywords are set and taken away in all of its messages") {
    const std::string id = add({inbox, archive}, "one");
    CHECK(places(id) == "i0 a0 ");
    run(change_flags({inbox, bob}, UidSet::all(), FlagEdit::add, {system_flag::flagged, {}}));
    CHECK_FALSE(edit(id, {.add = {system_flag::seen, {"work"}}}));
    CHECK(places(id) == "i5k a1k ");
    CHECK_FALSE(edit(id, {.add = {system_flag::answered, {}}, .remove = {system_flag::flagged, {"work"}}}));
    CHECK(places(id) == "i3 a3 ");
}

TEST_CASE_FIXTURE(EditHouse, "it comes into mailboxes and leaves them, and is always somewhere") {
    const std::string id = add({inbox}, "one");
    CHECK_FALSE(edit(id, {.into = {archive}}));
    CHECK(places(id) == "i0 a0 ");
    CHECK_FALSE(edit(id, {.add = {system_flag::seen, {}}, .into = {sent, archive}, .out_of = {inbox, archive}}));
    CHECK(places(id) == "s1 ");
    CHECK(edit(id, {.out_of = {sent}}) == Reason::conflict);
    CHECK(edit(id, {.into = {MailboxId{99}}}) == Reason::no_such_mailbox);
    CHECK(edit(id, {.into = {mailbox(alice, "INBOX")}}) == Reason::no_such_mailbox);
    CHECK(edit("M1", {}) == Reason::no_such_message);
    CHECK(places(id) == "s1 ");
    run(destroy_email(own, id));
    CHECK(places(id) == "gone");
    CHECK(reason_of(write(destroy_email(own, id))) == Reason::no_such_message);
    CHECK(get(check_store({})).findings.empty());
}

TEST_CASE_FIXTURE(EditHouse, "the same content with the same date is there once") {
    const std::string id = add({inbox}, "one");
    const Result<Email> again = write(add_email(own, {archive}, message("one"), now));
    CHECK(reason_of(again) == Reason::already_exists);
    CHECK(again.error().text == id);
    CHECK(reason_of(write(add_email(own, {mailbox(alice, "INBOX")}, message("two"), now))) == Reason::no_such_mailbox);
}

TEST_CASE_FIXTURE(EditHouse, "others need the rights that IMAP's commands need, and nothing is done by halves") {
    const EmailAccess hers{bob, alice};
    const std::string id = add({inbox}, "one");
    const auto give = [&](Rights rights) {
        run(set_rights(bob, inbox, {"alice@example.org", false, rights}, RightsEdit::replace, 10));
    };
    give(right::lookup | right::read);
    CHECK(reason_of(write(edit_email(hers, id, {.add = {system_flag::seen, {}}}, now))) == Reason::not_permitted);
    CHECK(reason_of(write(destroy_email(hers, id))) == Reason::not_permitted);
    give(right::lookup | right::read | right::keep_seen);
    const EmailEdit both{.add = {system_flag::seen, {}}, .into = {archive}};
    CHECK(reason_of(write(edit_email(hers, id, both, now))));
    CHECK(places(id) == "i0 ");
    CHECK_FALSE(reason_of(write(edit_email(hers, id, {.add = {system_flag::seen, {}}}, now))));
    CHECK(places(id) == "i1 ");
}

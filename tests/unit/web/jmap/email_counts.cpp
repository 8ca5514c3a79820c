// Counts are kept until the mailbox changes.
#include "web/jmap/email_counts.h"

#include <doctest/doctest.h>

TEST_CASE("what was counted is known as long as the mailbox stays as it was") {
    jmap::EmailCounts counted(2);
    storage::Mailbox mailbox{.id = {1}, .highest_modseq = {5}};
    const storage::EmailCounts counts{.emails = 3, .threads = 2};
    CHECK(!counted.find(mailbox));
    counted.put(mailbox, counts);
    CHECK(counted.find(mailbox) == counts);
    mailbox.highest_modseq = {6};
    CHECK(!counted.find(mailbox));
    counted.put(mailbox, {});
    CHECK(counted.find(mailbox) == storage::EmailCounts{});
    const storage::Mailbox second{.id = {2}};
    const storage::Mailbox third{.id = {3}};
    counted.put(second, counts);
    counted.put(third, counts);
    CHECK(counted.find(third));
    CHECK((counted.find(mailbox).has_value() + counted.find(second).has_value()) == 1);
}

// The texts of ids: RFC 8620 §1.2, RFC 8474 §7.
#include "storage/object_id_text.h"

#include <doctest/doctest.h>

using namespace storage;

TEST_CASE("the ids of mailboxes, emails and threads are IMAP's") {
    CHECK(mailbox_id_text(MailboxId{12}) == "F12");
    CHECK(parse_mailbox_id("F12") == MailboxId{12});
    for (const char* text : {"", "F", "F0", "F-1", "F012", "f12", "F12 ", "F9223372036854775808"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_mailbox_id(text));
    }
    CHECK(email_id_text({0x5b2a7f0c9d3e1846, true}, 7) == "M5b2a7f0c9d3e1846");
    CHECK(email_id_text({12, false}, -7) == "M12--7");
    CHECK(parse_email_id("M5b2a7f0c9d3e1846")->id == ObjectId{0x5b2a7f0c9d3e1846, true});
    CHECK(parse_email_id("M12--7")->internal_date == -7);
    for (const char* text : {"", "M", "M12", "M5B2a7f0c9d3e1846", "M12-", "M12-07", "T5b2a7f0c9d3e1846"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_email_id(text));
    }
    CHECK(thread_id_text({1, true}) == "T0000000000000001");
    CHECK(thread_id_text({4, false}) == "T4");
    CHECK(parse_thread_id("T0000000000000001") == ObjectId{1, true});
    CHECK(parse_thread_id("T4") == ObjectId{4, false});
    CHECK_FALSE(parse_thread_id("T-4"));
}

TEST_CASE("the id of a blob names a message, a part of it, or an upload") {
    for (const BlobName& blob : {BlobName{1, false, {}}, BlobName{0x5b2a7f0c9d3e1846, false, {1, 22}},
                                 BlobName{3, true, {}}, BlobName{3, true, {4}}}) {
        CHECK(parse_blob_id(blob_id_text(blob)) == blob);
    }
    CHECK(blob_id_text({1, false, {1, 2}}) == "B0000000000000001-1-2");
    for (const char* text : {"", "B", "B1", "B0000000000000001-", "B0000000000000001-0", "B0000000000000001-01",
                             "B0000000000000001--1", "B0000000000000001x1", "M0000000000000001"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_blob_id(text));
    }
}

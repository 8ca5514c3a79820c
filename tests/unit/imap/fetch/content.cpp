// Walking through UIDs in pieces, and what <offset.count> selects. RFC 3501 §6.4.5, CLIENTS.md 7.
#include <doctest/doctest.h>

#include "protocols/imap/fetch/content.h"
#include "protocols/imap/mailbox/uid_walk.h"
#include "protocols/mime/summary.h"
#include "tests/unit/storage/temporary_store.h"

using imap::clip;
using imap::UidWalk;
using imap::wire::Partial;
using storage::Uid;
using storage::UidSet;

TEST_CASE("partial sections") {
    const mime::OctetRange whole{0, 100};
    CHECK(clip(100, std::nullopt) == whole);
    CHECK(clip(100, Partial{0, 100}) == whole);
    CHECK(clip(100, Partial{0, 1000}) == whole);
    CHECK(clip(100, Partial{90, 1000}) == mime::OctetRange{90, 10});
    CHECK(clip(100, Partial{100, 1}).size == 0);
    CHECK(clip(100, Partial{393216, 393216}).size == 0);
    CHECK(clip(100, Partial{10, UINT64_MAX}) == mime::OctetRange{10, 90});
    CHECK(clip(0, Partial{0, 1}).size == 0);
}

TEST_CASE("a walk comes past every UID once, however it is cut") {
    UidSet uids;
    for (std::uint32_t i = 0; i < 1000; ++i) uids.insert(Uid{i * 3 + 1}, Uid{i * 3 + 2});
    for (const std::uint32_t step : {1U, 7U, 500U}) {
        UidSet seen;
        for (UidWalk walk(uids); !walk.done();) {
            const UidSet slice = walk.next();
            REQUIRE_FALSE(slice.empty());
            Uid last{0};
            std::uint32_t taken = 0;
            for (const UidSet::Range& range : slice.ranges()) {
                for (std::uint32_t uid = range.first.value; uid <= range.last.value && taken < step; ++uid, ++taken) {
                    REQUIRE_FALSE(seen.contains(Uid{uid}));
                    seen.insert(Uid{uid});
                    last = Uid{uid};
                }
            }
            walk.passed(last);
        }
        CHECK(seen == uids);
    }
}

TEST_CASE("a slice of a walk holds no more UIDs than are asked for") {
    UidSet uids;
    uids.insert(Uid{5}, Uid{9});
    uids.insert(Uid{20});
    uids.insert(Uid{30}, Uid{UINT32_MAX});
    UidWalk walk(uids);
    CHECK(walk.next(3) == UidSet{Uid{5}, Uid{6}, Uid{7}});
    walk.passed(Uid{6});
    CHECK(walk.next(4) == UidSet{Uid{7}, Uid{8}, Uid{9}, Uid{20}});
    CHECK(walk.next(5) == UidSet{Uid{7}, Uid{8}, Uid{9}, Uid{20}, Uid{30}});
    walk.passed(Uid{UINT32_MAX - 1});
    CHECK(walk.next(1'000) == UidSet{Uid{UINT32_MAX}});
}

TEST_CASE("a walk ends at the largest UID there can be") {
    UidWalk walk(UidSet::all());
    walk.passed(Uid{UINT32_MAX - 1});
    CHECK(walk.next() == UidSet{Uid{UINT32_MAX}});
    walk.passed(Uid{UINT32_MAX});
    CHECK(walk.done());
    CHECK(UidWalk(UidSet()).done());
}

namespace {

std::size_t count_of(std::string_view what, std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; at += what.size()) ++count;
    return count;
}

}  // namespace

TEST_CASE("what the limits of delivery cut off a summary comes from the message (RFC 9051 §7.5.2)") {
    using imap::wire::FetchItem;
    std::string octets = "To: ";
    for (int i = 0; i < 1200; ++i) octets += "<u" + std::to_string(i) + "@b.test>,\r\n ";
    octets += "last@b.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (int i = 0; i < 1200; ++i) octets += "--b\r\n\r\npart " + std::to_string(i) + "\r\n";
    octets += "--b--\r\n";

    storage_test::TemporaryStore store;
    const storage::MailboxId inbox = store.mailbox(store.add_account("fred@example.com"), "INBOX");
    storage::NewMessage message;
    message.content = storage_test::TemporaryStore::staged(octets);
    message.summary = mime::encode_summary(mime::summarize(octets));
    store.run(storage::append_messages(inbox, {message}, storage_test::now, storage::the_server));

    FetchItem part;
    part.kind = FetchItem::Kind::body_section;
    part.section.part = {1200};
    FetchItem envelope;
    envelope.kind = FetchItem::Kind::envelope;
    FetchItem structure;
    structure.kind = FetchItem::Kind::body_structure;
    auto plan = std::make_shared<imap::FetchPlan>(storage::Access(inbox, storage::the_server),
                                                  std::vector{envelope, structure, part});
    plan->batch_messages = 10;
    plan->batch_octets = 1 << 20;
    plan->chunk_octets = 1 << 16;
    const imap::FetchBatch prompt = store.get(imap::read_fetch_batch(plan, UidSet::all(), false));
    CHECK(prompt.stopped);
    CHECK(prompt.messages.empty());
    const imap::FetchBatch batch = store.get(imap::read_fetch_batch(plan, UidSet::all(), true));
    CHECK_FALSE(batch.stopped);
    CHECK(count_of("\"b.test\"", batch.rendered) == 1201);
    CHECK(count_of("\"last\"", batch.rendered) == 1);
    CHECK(count_of("(\"text\" \"plain\"", batch.rendered) == 1200);
    REQUIRE(batch.messages.size() == 1);
    CHECK(batch.messages[0].contents.at(0).octets == "part 1199");
}

TEST_CASE("a batch loads so much of one message, however many sections are asked for; the session reads the others") {
    using imap::wire::FetchItem;
    const std::string octets = "Subject: s\r\nX: y\r\n\r\n" + std::string(1000, 'b') + "\r\n";
    storage_test::TemporaryStore store;
    const storage::MailboxId inbox = store.mailbox(store.add_account("fred@example.com"), "INBOX");
    storage::NewMessage message;
    message.content = storage_test::TemporaryStore::staged(octets);
    message.summary = mime::encode_summary(mime::summarize(octets));
    store.run(storage::append_messages(inbox, {message}, storage_test::now, storage::the_server));

    std::vector<FetchItem> items;
    for (std::uint64_t i = 0; i < 10; ++i) {
        items.push_back({.kind = FetchItem::Kind::body_section, .partial = Partial{i, 600}});
    }
    FetchItem fields{.kind = FetchItem::Kind::body_section};
    fields.section = {.text = imap::wire::Section::Text::header_fields, .fields = {"x"}};
    items.push_back(fields);
    auto plan = std::make_shared<imap::FetchPlan>(storage::Access(inbox, storage::the_server), items);
    plan->batch_messages = 10;
    plan->batch_octets = 1200;
    plan->chunk_octets = 1000;
    plan->header_octets = 1000;
    const imap::FetchBatch batch = store.get(imap::read_fetch_batch(plan, UidSet::all(), false));
    REQUIRE(batch.messages.size() == 1);
    const std::vector<imap::FetchedContent>& contents = batch.messages[0].contents;
    REQUIRE(contents.size() == 11);
    CHECK(contents[0].octets == octets.substr(0, 600));
    CHECK(contents[1].octets == octets.substr(1, 600));
    for (std::size_t i = 2; i < contents.size(); ++i) {
        CHECK_FALSE(contents[i].loaded);
        CHECK(contents[i].octets.empty());
    }
    CHECK(store.get(imap::read_header_fields(plan, batch.messages[0].blob, contents[10].source.range, fields)) ==
          "X: y\r\n\r\n");
}

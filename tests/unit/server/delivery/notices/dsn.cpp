// The content of notices, and success notices made at acceptance. RFC 3461 §4.1, §5.2.3, §5.2.7, §6; RFC 3464.
#include <doctest/doctest.h>

#include "protocols/mime/compose.h"
#include "server/delivery/intake/routing.h"
#include "server/delivery/notices/dsn.h"
#include "storage/store.h"
#include "tests/unit/server/delivery/intake_desk.h"

using namespace server::delivery;
namespace dsn_notify = storage::dsn_notify;

namespace {

constexpr std::string_view hello = "Subject: hello\r\n\r\nbody\r\n";

services::IntakeEnvelope wishing(services::IntakeEnvelope envelope, std::uint8_t notify) {
    for (services::IntakeRecipient& recipient : envelope.recipients) recipient.notify = notify;
    return envelope;
}

bool has(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("who wants to hear of what (RFC 3461 §4.1)") {
    using namespace storage::dsn_notify;
    struct Row {
        int notify;
        bool failed, delayed, success;
    };
    const Row rows[] = {{0, true, true, false},        {never, false, false, false},
                        {success, false, false, true}, {failure, true, false, false},
                        {delay, false, true, false},   {success | failure | delay, true, true, true}};
    for (const Row& row : rows) {
        const auto notify = static_cast<std::uint8_t>(row.notify);
        CAPTURE(row.notify);
        CHECK(wants_notice(NoticeKind::failed, notify) == row.failed);
        CHECK(wants_notice(NoticeKind::delayed, notify) == row.delayed);
        CHECK(wants_notice(NoticeKind::relayed, notify) == row.success);
        CHECK(wants_notice(NoticeKind::delivered, notify) == row.success);
        CHECK(wants_notice(NoticeKind::expanded, notify) == row.success);
    }
}

TEST_CASE("a bounce has the fields of RFC 3464 and returns the message") {
    ReportedMessage message;
    message.reverse_path = "alice@crepes.fr";
    message.envelope_id = "QQ314159";
    message.release_at = 1'700'000'000;
    const Reported recipient{.forward_path = "louisl@larry.slip.umd.edu",
                             .original_recipient = "rfc822;louisl@larry.slip.umd.edu",
                             .notify = 0,
                             .reply = "550 5.1.1 no such user",
                             .status = "5.1.1",
                             .remote = "larry.slip.umd.edu",
                             .said = "550 5.1.1 no such user",
                             .protection = "dane"};
    const auto report =
        make_report(NoticeKind::failed, message, {recipient},
                    {.hostname = "mail.crepes.fr", .message_id = "1@mail.crepes.fr", .now = 3600, .retry_until = 0});
    const std::string text = mime::compose_report(report, "Subject: hello\r\n\r\nbody\r\n", std::string(16, 'r'));
    for (const char* line :
         {"Content-Type: multipart/report", "report-type=delivery-status", "Auto-Submitted: auto-replied",
          "To: alice@crepes.fr", "Reporting-MTA: dns; mail.crepes.fr", "Original-Envelope-Id: QQ314159",
          "Original-Recipient: rfc822;louisl@larry.slip.umd.edu", "Action: failed", "Status: 5.1.1",
          "Remote-MTA: dns; larry.slip.umd.edu", "X-Transport-Protection: dane",
          "Future-Release-Request: until;2023-11-14T22:13:20Z", "Subject: hello"}) {
        CAPTURE(line);
        CHECK(has(text, line));
    }
    CHECK(has(text, "Diagnostic-Code: smtp; 550 5.1.1 no such user"));
    CHECK(has(text, "Final-Recipient: rfc822;"));
}

TEST_CASE("a message that was to be sent at once has no field for its release") {
    ReportedMessage message;
    message.reverse_path = "alice@crepes.fr";
    const auto report = make_report(NoticeKind::failed, message, {}, {.hostname = "m", .message_id = "1@m"});
    CHECK(report.more.empty());
}

TEST_CASE("nothing is put into another server's mouth (RFC 3464 §2.3.5, §2.3.6)") {
    struct Row {
        std::string_view reply, status, remote, said;
        bool has_fields;
        std::string_view text;
    };
    const Row rows[] = {
        {"550 no such user", "5.0.0", "mx.far.org", "550 no such user", true,
         "    mx.far.org said:\n    550 no such user\n"},
        {"given up after repeated attempts", "5.4.7", "mx.far.org", "450 4.2.0 later", true,
         "    given up after repeated attempts\n    mx.far.org said:\n    450 4.2.0 later\n"},
        // No server replied, or none was reached.
        {"4.4.2 connection lost", "4.4.2", "mx.far.org", "", false, "<x@far.org>:\n    4.4.2 connection lost\n"},
        {"5.4.4 no such domain", "5.4.4", "", "", false, "<x@far.org>:\n    5.4.4 no such domain\n"},
    };
    ReportedMessage message;
    message.reverse_path = "alice@crepes.fr";
    for (const Row& row : rows) {
        CAPTURE(row.reply);
        const Reported recipient{.forward_path = "x@far.org",
                                 .original_recipient = "",
                                 .notify = 0,
                                 .reply = std::string(row.reply),
                                 .status = std::string(row.status),
                                 .remote = std::string(row.remote),
                                 .said = std::string(row.said)};
        const auto report =
            make_report(NoticeKind::failed, message, {recipient},
                        {.hostname = "mail.crepes.fr", .message_id = "1@x", .now = 0, .retry_until = 0});
        CHECK(report.recipients.at(0).remote_mta == (row.has_fields ? row.remote : ""));
        CHECK(report.recipients.at(0).diagnostic == row.said);
        CHECK(has(report.text, row.text));
    }
}

TEST_CASE("NOTIFY=SUCCESS: a delivered notice lies in the sender's mailbox when the message is accepted") {
    Desk desk;
    services::IntakeEnvelope envelope = wishing(desk.submission({"eve@hamburger.edu"}), dsn_notify::success);
    envelope.envelope_id = "QQ314159";
    envelope.recipients[0].original_recipient = "rfc822;Eve@hamburger.edu";
    SUBCASE("RET unspecified") {}
    // RFC 3461 §6.2: without failures only the header section is returned, even with RET=FULL.
    SUBCASE("RET=FULL") { envelope.dsn_return = storage::DsnReturn::full; }
    REQUIRE(desk.send(envelope, "Subject: hello\r\n\r\nbody of it\r\n"));
    CHECK(desk.house.inbox(desk.house.eve).size() == 1);
    const auto inbox = desk.house.inbox(desk.house.bob);
    REQUIRE(inbox.size() == 1);
    const std::string& notice = inbox[0];
    CHECK(notice.starts_with("Return-Path: <>\r\n"));
    for (const char* line :
         {"\r\nFrom: Mail Delivery System <MAILER-DAEMON@mail.hamburger.edu>\r\n", "\r\nTo: bob@hamburger.edu\r\n",
          "\r\nContent-Type: multipart/report; report-type=delivery-status;",
          "\r\nOriginal-Envelope-Id: QQ314159\r\nReporting-MTA: dns; mail.hamburger.edu\r\n",
          "\r\nOriginal-Recipient: rfc822;Eve@hamburger.edu\r\nFinal-Recipient: rfc822; eve@hamburger.edu\r\n"
          "Action: delivered\r\nStatus: 2.0.0\r\n",
          "\r\nContent-Type: text/rfc822-headers\r\n", "\r\nSubject: hello\r\n"}) {
        CAPTURE(line);
        CHECK(has(notice, line));
    }
    CHECK_FALSE(has(notice, "body of it"));
    CHECK_FALSE(has(notice, "Diagnostic-Code"));  // no other server replied
    CHECK(desk.house.store->read_now(storage::list_queue()).value().empty());
}

TEST_CASE("no success notice for who did not ask, and none to the null reverse-path") {
    Desk desk;
    for (const int notify : {0, int{dsn_notify::never}, dsn_notify::failure | dsn_notify::delay}) {
        REQUIRE(desk.send(wishing(desk.submission({"eve@hamburger.edu"}), static_cast<std::uint8_t>(notify)), hello));
    }
    services::IntakeEnvelope null_path = wishing(desk.submission({"eve@hamburger.edu"}), dsn_notify::success);
    null_path.reverse_path.clear();
    REQUIRE(desk.send(std::move(null_path), hello));
    CHECK(std::ranges::none_of(desk.house.log.lines,
                               [](const std::string& line) { return line.starts_with("notice-dropped"); }));
    CHECK(desk.house.inbox(desk.house.bob).empty());
    CHECK(desk.house.store->read_now(storage::list_queue()).value().empty());
    CHECK(desk.house.inbox(desk.house.eve).size() == 4);
}

TEST_CASE("of several recipients only those are told of whose success was asked for (RFC 3461 §5.2.8, §6.3)") {
    Desk desk;
    services::IntakeEnvelope envelope = desk.submission({"bob@hamburger.edu", "eve@hamburger.edu", "postmaster"});
    envelope.recipients[1].notify = dsn_notify::success | dsn_notify::failure;
    REQUIRE(desk.send(envelope, hello));
    const auto inbox = desk.house.inbox(desk.house.bob);
    REQUIRE(inbox.size() == 2);  // the message and the notice
    const std::string& notice = inbox[0].starts_with("Return-Path: <>") ? inbox[0] : inbox[1];
    CHECK(has(notice, "Final-Recipient: rfc822; eve@hamburger.edu"));
    CHECK_FALSE(has(notice, "Final-Recipient: rfc822; bob@hamburger.edu"));
    // §6.3 (a), (d): no ENVID or ORCPT, no such fields.
    CHECK_FALSE(has(notice, "Original-Envelope-Id"));
    CHECK_FALSE(has(notice, "Original-Recipient"));
}

TEST_CASE("a stranger hears of no success: neither of delivery, nor of expansion, nor from the next server") {
    Desk desk;
    REQUIRE(desk.house.store->write_now(storage::add_alias("all@hamburger.edu", {"eve@hamburger.edu", "x@far.org"})));
    REQUIRE(desk.house.store->write_now(storage::add_alias("old@hamburger.edu", {"new@far.org"})));
    const std::vector<std::string> to{"bob@hamburger.edu", "all@hamburger.edu", "old@hamburger.edu"};
    std::uint8_t wish = dsn_notify::success;
    std::uint8_t left = dsn_notify::never;
    SUBCASE("SUCCESS alone") {}
    SUBCASE("SUCCESS,FAILURE") {
        wish = dsn_notify::success | dsn_notify::failure;
        left = dsn_notify::failure;
    }
    REQUIRE(desk.send(wishing(desk.envelope("alice@crepes.fr", to), wish), hello));
    const auto queue = desk.house.store->read_now(storage::list_queue()).value();
    REQUIRE(queue.size() == 2);  // each alias sends on as itself
    for (const storage::QueueMessage& message : queue) {
        CHECK(message.reverse_path.ends_with("=crepes.fr=alice@hamburger.edu"));
        REQUIRE(message.recipients.size() == 1);
        CHECK(message.recipients[0].notify == left);
    }
    CHECK(desk.house.inbox(desk.house.bob).size() == 1);
}

TEST_CASE("a refused message tells of no success") {
    Desk desk;
    REQUIRE(desk.house.store->write_now(storage::set_quota("eve@hamburger.edu", 0)));
    const auto receipt =
        desk.send(wishing(desk.submission({"eve@hamburger.edu", "bob@hamburger.edu"}), dsn_notify::success), hello);
    REQUIRE_FALSE(receipt);
    CHECK(receipt.error().reason == storage::Reason::over_quota);
    CHECK(desk.house.inbox(desk.house.bob).empty());
}

TEST_CASE("an alias of one address: delivered here, or its wishes go on (RFC 3461 §5.2.7.2)") {
    Desk desk;
    REQUIRE(desk.house.store->write_now(storage::add_alias("sales@hamburger.edu", {"eve@hamburger.edu"})));
    REQUIRE(desk.house.store->write_now(storage::add_alias("old@hamburger.edu", {"new@far.org"})));
    services::IntakeEnvelope envelope =
        wishing(desk.submission({"sales@hamburger.edu", "old@hamburger.edu"}), dsn_notify::success);
    envelope.recipients[1].original_recipient = "rfc822;old@hamburger.edu";
    REQUIRE(desk.send(envelope, hello));
    const auto inbox = desk.house.inbox(desk.house.bob);
    REQUIRE(inbox.size() == 1);
    CHECK(has(inbox[0], "Final-Recipient: rfc822; sales@hamburger.edu\r\nAction: delivered\r\n"));
    CHECK_FALSE(has(inbox[0], "eve@hamburger.edu"));  // the sender must not learn the members
    CHECK_FALSE(has(inbox[0], "old@hamburger.edu"));
    const auto queue = desk.house.store->read_now(storage::list_queue()).value();
    REQUIRE(queue.size() == 1);
    CHECK(queue[0].recipients.at(0).notify == dsn_notify::success);
    CHECK(queue[0].recipients.at(0).original_recipient == "rfc822;old@hamburger.edu");
}

TEST_CASE("an alias of several addresses: expanded, and no address behind it tells of success (RFC 3461 §5.2.7.3)") {
    Desk desk;
    REQUIRE(desk.house.store->write_now(storage::add_alias("all@hamburger.edu", {"eve@hamburger.edu", "x@far.org"})));
    std::uint8_t wish = dsn_notify::success;
    std::uint8_t left = dsn_notify::never;  // no NOTIFY would mean the default, which was not requested
    SUBCASE("SUCCESS alone") {}
    SUBCASE("SUCCESS,FAILURE") {
        wish = dsn_notify::success | dsn_notify::failure;
        left = dsn_notify::failure;
    }
    services::IntakeEnvelope envelope = wishing(desk.submission({"all@hamburger.edu"}), wish);
    envelope.recipients[0].original_recipient = "rfc822;all@hamburger.edu";
    REQUIRE(desk.send(envelope, hello));
    const auto inbox = desk.house.inbox(desk.house.bob);
    REQUIRE(inbox.size() == 1);
    CHECK(has(inbox[0], "Final-Recipient: rfc822; all@hamburger.edu\r\nAction: expanded\r\nStatus: 2.0.0\r\n"));
    CHECK_FALSE(has(inbox[0], "Action: delivered"));
    CHECK(desk.house.inbox(desk.house.eve).size() == 1);
    const auto queue = desk.house.store->read_now(storage::list_queue()).value();
    REQUIRE(queue.size() == 1);
    CHECK(queue[0].recipients.at(0).notify == left);
    CHECK(queue[0].recipients.at(0).original_recipient == "rfc822;all@hamburger.edu");
}

TEST_CASE("two recipients that lead to one address elsewhere: it carries the wishes of both") {
    struct Row {
        int one, other, joined;
    };
    using namespace storage::dsn_notify;
    const Row rows[] = {{0, 0, 0},
                        {never, success, success},
                        {0, success, success | failure | delay},
                        {never, never, never},
                        {failure, never, failure}};
    for (const Row& row : rows) {
        CAPTURE(row.one);
        CAPTURE(row.other);
        services::IntakeEnvelope envelope;
        envelope.reverse_path = "alice@crepes.fr";
        envelope.recipients.push_back({{"x@far.org", false, {}}, static_cast<std::uint8_t>(row.one), ""});
        envelope.recipients.push_back({{"X@far.org", false, {}}, static_cast<std::uint8_t>(row.other), "rfc822;y@z"});
        storage::Acceptance acceptance;
        add_targets(acceptance, envelope, {}, {});
        REQUIRE(acceptance.remote);
        REQUIRE(acceptance.remote->recipients.size() == 1);
        CHECK(acceptance.remote->recipients[0].notify == row.joined);
        CHECK(acceptance.remote->recipients[0].original_recipient == "rfc822;y@z");
    }
}

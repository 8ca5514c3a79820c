// The queue's schedule and what its notices say. RFC 5321 §4.5.4.1, RFC 3461 §4.1 and §6.3, RFC 3464.
#include <doctest/doctest.h>

#include "protocols/mime/compose.h"
#include "server/queue/dsn.h"
#include "server/queue/schedule.h"

using namespace std::chrono_literals;
using server::queue::NoticeKind;

TEST_CASE("waits follow the schedule, the last one repeats, and the last attempt falls on the end of the lifetime") {
    const server::queue::Schedule schedule{.waits = {5min, 15min}, .lifetime = 1h, .delay_notice_after = 30min};
    CHECK(schedule.next_attempt_at(1, 1000, 1000) == 1000 + 300);
    CHECK(schedule.next_attempt_at(2, 1000, 1300) == 1300 + 900);
    CHECK(schedule.next_attempt_at(9, 1000, 2000) == 2000 + 900);
    CHECK(schedule.next_attempt_at(3, 1000, 4000) == 1000 + 3600);
    CHECK_FALSE(schedule.is_over(1000, 4599));
    CHECK(schedule.is_over(1000, 4600));
    CHECK_FALSE(schedule.is_delayed(1000, 2799));
    CHECK(schedule.is_delayed(1000, 2800));
    CHECK_FALSE(server::queue::Schedule{.waits = {5min}, .lifetime = 1h}.is_delayed(0, 1'000'000));
}

TEST_CASE("who wants to hear of what (RFC 3461 §4.1)") {
    using namespace storage::dsn_notify;
    struct Row {
        int notify;
        bool failed, delayed, relayed;
    };
    const Row rows[] = {{0, true, true, false},        {never, false, false, false},
                        {success, false, false, true}, {failure, true, false, false},
                        {delay, false, true, false},   {success | failure | delay, true, true, true}};
    for (const Row& row : rows) {
        storage::QueueRecipient recipient;
        recipient.notify = static_cast<std::uint8_t>(row.notify);
        CAPTURE(row.notify);
        CHECK(wants_notice(NoticeKind::failed, recipient) == row.failed);
        CHECK(wants_notice(NoticeKind::delayed, recipient) == row.delayed);
        CHECK(wants_notice(NoticeKind::relayed, recipient) == row.relayed);
    }
}

TEST_CASE("a bounce has the fields of RFC 3464 and returns the message") {
    storage::QueueMessage message;
    message.reverse_path = "alice@crepes.fr";
    message.envelope_id = "QQ314159";
    message.queued_at = 0;
    storage::QueueRecipient recipient;
    recipient.forward_path = "louisl@larry.slip.umd.edu";
    recipient.original_recipient = "rfc822;louisl@larry.slip.umd.edu";
    const auto report = server::queue::make_report(
        NoticeKind::failed, message, {{recipient, "550 5.1.1 no such user", "5.1.1", "larry.slip.umd.edu"}},
        {.hostname = "mail.crepes.fr", .message_id = "1@mail.crepes.fr", .now = 3600});
    const std::string text = mime::compose_report(report, "Subject: hello\r\n\r\nbody\r\n", std::string(16, 'r'));
    for (const char* line :
         {"Content-Type: multipart/report", "report-type=delivery-status", "Auto-Submitted: auto-replied",
          "To: alice@crepes.fr", "Reporting-MTA: dns; mail.crepes.fr", "Original-Envelope-Id: QQ314159",
          "Original-Recipient: rfc822;louisl@larry.slip.umd.edu", "Action: failed", "Status: 5.1.1",
          "Remote-MTA: dns; larry.slip.umd.edu", "Subject: hello"}) {
        CAPTURE(line);
        CHECK(text.find(line) != std::string::npos);
    }
    CHECK(text.find("Diagnostic-Code: smtp; 550 5.1.1 no such user") != std::string::npos);
    CHECK(text.find("Final-Recipient: rfc822;") != std::string::npos);
}

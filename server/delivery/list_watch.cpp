// A mail to "NAME-owner@", from nobody (RFC 3834 §3.3: automatic).
#include "server/delivery/list_watch.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "protocols/mime/date_time.h"
#include "server/delivery/list_mail.h"
#include "storage/lists.h"
#include "storage/store_await.h"

namespace server::delivery {

namespace {

std::string letter(const storage::PausedMember& member, const std::string& hostname, std::int64_t now) {
    const std::string owner = owner_address(member.list);
    return fmt::format(
        "From: Mail server <MAILER-DAEMON@{}>\r\nTo: <{}>\r\nSubject: A member of {} is paused\r\nDate: {}\r\n"
        "Message-ID: <pause-{}-{}@{}>\r\nAuto-Submitted: auto-generated\r\n\r\n"
        "Mail to a member of {} has come back {} times in a row:\r\n\r\n    {}\r\n\r\n"
        "It gets no more of it, until you let it:\r\n\r\n    mailstead list resume {} {}\r\n",
        hostname, owner, list_id(member.list), mime::render_date_time({now, 0}), member.id, now, hostname,
        list_id(member.list), storage::bounces_until_pause, member.address, member.list, member.address);
}

asio::awaitable<storage::Result<std::monostate>> tell(ListWatchServices house, const storage::PausedMember& member,
                                                      const std::string& hostname, std::int64_t now) {
    storage::Result<services::Recipient> owner = co_await house.directory.resolve(owner_address(member.list));
    if (!owner) co_return std::unexpected(std::move(owner.error()));
    services::IntakeEnvelope envelope;
    envelope.area = "list";
    envelope.session = "list";
    envelope.protocol = "local";
    envelope.smtputf8 = true;
    envelope.recipients.push_back({*std::move(owner), 0, ""});
    const std::unique_ptr<services::IncomingMessage> message = house.intake.begin(std::move(envelope));
    storage::Result<std::monostate> written = co_await message->write(letter(member, hostname, now));
    if (!written) co_return written;
    storage::Result<services::IncomingMessage::Receipt> receipt = co_await message->finish();
    if (!receipt) co_return std::unexpected(std::move(receipt.error()));
    co_return std::monostate{};
}

}  // namespace

asio::awaitable<void> tell_of_pauses(ListWatchServices house, std::string hostname, std::int64_t now) {
    const storage::Result<std::vector<storage::PausedMember>> paused =
        co_await house.store.read(storage::untold_pauses());
    if (!paused) co_return;
    for (const storage::PausedMember& member : *paused) {
        const storage::Result<std::monostate> told = co_await tell(house, member, hostname, now);
        house.log.write(
            services::Level::warn, "list", "", "member-paused",
            {{"list", member.list}, {"member", member.address}, {"told", told ? "owner" : told.error().text}});
        const storage::Result<std::monostate> marked = co_await house.store.write(storage::mark_pause_told(member.id));
        if (!marked) co_return;
    }
}

}  // namespace server::delivery

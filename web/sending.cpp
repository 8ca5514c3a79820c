// Writing and sending mail: mime composes it, the intake accepts it, a copy is kept in Sent.
#include <algorithm>

#include "protocols/base/text.h"
#include "protocols/mime/address.h"
#include "protocols/mime/compose.h"
#include "protocols/mime/summary.h"
#include "protocols/mime/thread_names.h"
#include "storage/blobs.h"
#include "storage/messages.h"
#include "storage/normal_names.h"
#include "storage/store_await.h"
#include "web/pages.h"
#include "web/routes.h"

namespace web {
namespace {

ComposePage filled(const LoginSession& session, const std::vector<storage::Mailbox>& mailboxes, const Fields& fields) {
    return {.session = session,
            .mailboxes = mailboxes,
            .to = field(fields, "to"),
            .cc = field(fields, "cc"),
            .subject = field(fields, "subject"),
            .text = field(fields, "text"),
            .error = {}};
}

// A name without a domain is one of the sender's domain.
void complete(std::vector<mime::Address>& list, std::string_view sender) {
    for (mime::Address& address : list) {
        const bool bare = address.kind == mime::Address::Kind::mailbox && !address.local.empty();
        if (bare && address.domain.empty()) address.domain = sender.substr(sender.rfind('@') + 1);
    }
}

// A domain elsewhere has a dot: without one it is what is left of a mistyped address.
bool is_usable(std::string_view address, std::string_view sender) {
    const std::string_view domain = address.substr(address.rfind('@') + 1);
    const bool ours = domain == sender.substr(sender.rfind('@') + 1);
    return storage::is_forward_path(address) && (ours || domain.contains('.') || domain.contains(':'));
}

// The recipients' addresses, each once.
std::vector<std::string> recipients_of(const mime::MessageHead& head) {
    std::vector<std::string> out;
    for (const auto* list : {&head.to, &head.cc}) {
        for (const mime::Address& address : *list) {
            if (address.kind != mime::Address::Kind::mailbox || address.local.empty()) continue;
            std::string spec = mime::render_addr_spec(address);
            if (std::ranges::find(out, spec) == out.end()) out.push_back(std::move(spec));
        }
    }
    return out;
}

asio::awaitable<std::string> why_suppressed(services::Directory& directory, storage::AccountId account,
                                            std::string address, bool ours) {
    if (ours) co_return std::string();
    const storage::Result<std::string> why = co_await directory.why_suppressed(account, address);
    if (!why) co_return address + ": " + why.error().text;
    co_return why->empty() ? std::string() : address + ": " + *why;
}

asio::awaitable<storage::Result<std::monostate>> keep_copy(storage::SessionStore store, storage::AccountId account,
                                                           const std::string& content, std::int64_t now) {
    storage::Result<std::vector<storage::Mailbox>> mailboxes = co_await store.read(storage::list_mailboxes(account));
    if (!mailboxes) co_return std::unexpected(mailboxes.error());
    const auto sent = std::ranges::find(*mailboxes, storage::SpecialUse::sent, &storage::Mailbox::special_use);
    if (sent == mailboxes->end()) co_return std::monostate();
    storage::BlobWriter writer(store.unchecked(), account);
    storage::Result<std::monostate> written = co_await writer.write(content);
    if (!written) co_return written;
    storage::Result<storage::StagedBlob> staged = co_await writer.finish();
    if (!staged) co_return std::unexpected(staged.error());
    const mime::Summary summary = mime::summarize(content);
    std::vector<storage::NewMessage> copies;
    copies.push_back({.content = *staged,
                      .summary = mime::encode_summary(summary),
                      .thread_names = mime::thread_names(summary),
                      .text_sizes = {summary.text_octets, summary.ascii_text_octets},
                      .flags = {.system = storage::system_flag::seen, .keywords = {}},
                      .internal_date = now});
    storage::Result<storage::Appended> appended =
        co_await store.write(storage::append_messages(sent->id, std::move(copies), now, account));
    if (!appended) co_return std::unexpected(appended.error());
    co_return std::monostate();
}

}  // namespace

asio::awaitable<Response> Site::compose(const Request& request, const LoginSession& session) {
    storage::Result<std::vector<storage::Mailbox>> mailboxes =
        co_await store_of(session).read(storage::list_mailboxes(session.identity.account));
    if (!mailboxes) co_return refused(mailboxes.error());
    co_return render(filled(session, *mailboxes, request.query), 200);
}

asio::awaitable<Response> Site::send(const Request& request, const LoginSession& session) {
    storage::Result<std::vector<storage::Mailbox>> mailboxes =
        co_await store_of(session).read(storage::list_mailboxes(session.identity.account));
    if (!mailboxes) co_return refused(mailboxes.error());
    ComposePage page = filled(session, *mailboxes, request.form);

    mime::NewMessage message;
    message.head.date = {services_.now(), 0};
    message.head.message_id = services_.random_text(16) + "@" + options_.hostname;
    message.head.from = mime::parse_addresses(session.identity.name);
    message.head.to = mime::parse_addresses(page.to);
    message.head.cc = mime::parse_addresses(page.cc);
    for (auto* list : {&message.head.to, &message.head.cc}) complete(*list, session.identity.name);
    message.head.subject = page.subject;
    message.text = page.text;

    services::IntakeEnvelope envelope{.session = services_.random_text(4),
                                      .area = "http",
                                      .client_address = request.client_address,
                                      .protocol = "HTTP",
                                      .submitter = session.identity,
                                      .reverse_path = session.identity.name,
                                      .recipients = {}};
    const std::vector<std::string> addresses = recipients_of(message.head);
    if (addresses.empty()) page.error = "Say in To whom the message is for.";
    if (addresses.size() > options_.max_recipients) page.error = "These are too many recipients.";
    for (const std::string& address : addresses) {
        if (!is_usable(address, session.identity.name)) page.error = address + " is no address.";
        if (!page.error.empty()) break;
        storage::Result<services::Recipient> recipient = co_await services_.directory.resolve(address);
        if (!recipient) {
            page.error = address + ": " + recipient.error().text;
        } else if (recipient->returns) {
            page.error = address + " takes only bounces.";
        } else {
            envelope.recipients.push_back({.recipient = *std::move(recipient), .original_recipient = {}});
            std::string why = co_await why_suppressed(services_.directory, session.identity.account, address,
                                                      envelope.recipients.back().recipient.ours);
            page.error = std::move(why);
        }
        if (!base::is_ascii(address)) envelope.smtputf8 = true;
    }
    if (!page.error.empty()) co_return render(page, 400);

    message.head.utf8 = envelope.smtputf8;
    const std::string content = mime::compose(message, services_.random_text(16));
    std::unique_ptr<services::IncomingMessage> incoming = services_.intake.begin(std::move(envelope));
    storage::Result<std::monostate> written = co_await incoming->write(content);
    if (!written) {
        page.error = written.error().text;
        co_return render(page, 400);
    }
    storage::Result<services::IncomingMessage::Receipt> receipt = co_await incoming->finish();
    if (!receipt) {
        page.error = receipt.error().text;
        co_return render(page, 400);
    }
    storage::Result<std::monostate> kept =
        co_await keep_copy(store_of(session), session.identity.account, content, services_.now());
    if (!kept) {
        services_.log.write(services::Level::warn, "http", receipt->id, "no-copy",
                            {{"account", session.identity.name}, {"reason", kept.error().text}});
    }
    co_return redirect("/mail");
}

}  // namespace web

// IncomingMessage, where it goes to a mailing list: who may send, whom it reaches; and where it is a bounce of a list's
// mail.
#include "server/delivery/intake/to_list.h"

#include <algorithm>

#include "protocols/base/text.h"
#include "protocols/dns/resolver.h"
#include "protocols/mime/address.h"
#include "protocols/sasl/scram_keys.h"
#include "server/delivery/list_mail.h"
#include "server/delivery/return_addresses.h"
#include "storage/domains.h"
#include "storage/lists.h"
#include "storage/store_await.h"

namespace server::delivery {

using storage::Reason;
using storage::Result;

namespace {

constexpr std::size_t report_octets = 64u << 10;  // of a bounce are searched for what it says

bool may_post(const storage::MailingList& list, const std::string& author) {
    return list.posting == storage::ListPosting::anyone ||
           std::ranges::any_of(list.members, [&](const storage::ListMember& member) {
               return (member.owner || list.posting == storage::ListPosting::members) &&
                      base::iequals(member.address, author);
           });
}

}  // namespace

std::string author_of(const HeaderFacts& facts, const std::string& reverse_path) {
    if (facts.from.empty()) return reverse_path;
    const std::vector<mime::Address> authors = mime::parse_addresses(facts.from.front(), 2);
    if (facts.from.size() != 1 || authors.size() != 1) return {};
    return authors.front().local + "@" + authors.front().domain;
}

// Our own addresses post where they have logged in: others could pose as them otherwise.
asio::awaitable<Result<std::monostate>> IncomingMessage::check_list(const HeaderFacts& facts) {
    const Result<storage::MailingList> list = co_await house_.store.read(storage::find_list(list_));
    if (!list) co_return storage::refuse(Reason::no_such_account, "the list is gone: " + list_);
    if (envelope_.reverse_path.empty()) co_return storage::refuse(Reason::not_permitted, "a list takes no bounces");
    // Another list may have taken our List-Id out, on its way round: our Delivered-To stays.
    const bool was_here = std::ranges::any_of(facts.delivered_to, [&](std::string_view value) {
        return base::iequals(base::trim(value), dns::with_ascii_domain(list_));
    });
    const std::string loop =
        was_here ? "this list has sent the message before: it goes round in circles" : loop_fault(facts.list, list_);
    if (!loop.empty()) co_return storage::refuse(Reason::mail_loop, loop);
    const std::string automatic = automatic_fault(facts.list);
    if (!automatic.empty()) co_return storage::refuse(Reason::not_permitted, automatic);
    const std::string author = author_of(facts, envelope_.reverse_path);
    if (!may_post(*list, author)) {
        const bool members = list->posting == storage::ListPosting::members;
        co_return storage::refuse(Reason::not_permitted, std::string("only ") + (members ? "members" : "owners") +
                                                             " may post to " + list_ + ", by their address in From");
    }
    if (envelope_.submitter || list->posting == storage::ListPosting::anyone) co_return std::monostate{};
    const Result<bool> ours = co_await house_.store.read(storage::is_our_domain(author.substr(author.rfind('@') + 1)));
    if (!ours) co_return std::unexpected(ours.error());
    if (*ours) co_return storage::refuse(Reason::not_permitted, "log in to post to a list as " + author);
    needs_proof_ = true;
    co_return std::monostate{};
}

// A member elsewhere is known by From, which anybody can write: its domain must speak for the message.
IncomingMessage::Done IncomingMessage::check_proof(const Verdicts& verdicts) const {
    if (!needs_proof_ || unproven_.empty()) return std::monostate{};
    if (is_open(verdicts)) {
        return storage::refuse(Reason::unavailable, "the DNS does not tell just now whether this message is from " +
                                                        unproven_.front() + ", try again later");
    }
    return storage::refuse(Reason::not_permitted, "only its members may post to " + list_ +
                                                      ", and neither SPF nor DKIM shows that this message is from " +
                                                      unproven_.front());
}

// Those elsewhere each get a message of their own, so that a bounce says whose it is; those here share the content. Who
// is gone has bounced; who is full misses this one.
asio::awaitable<Result<std::monostate>> IncomingMessage::add_members(storage::Acceptance& acceptance) {
    for (const services::IntakeRecipient& recipient : envelope_.recipients) {
        const std::int64_t member = recipient.recipient.bounced_member;
        if (member != 0 && tells_of_failure(report_)) acceptance.bounced_members.push_back(member);
    }
    if (list_.empty()) co_return std::monostate{};
    const Result<storage::ListDestinations> reached = co_await house_.store.read(storage::resolve_list(list_));
    if (!reached) co_return std::unexpected(reached.error());
    const Result<Seals> seals = co_await current_seals(house_.store, now_);
    if (!seals) co_return std::unexpected(seals.error());
    for (const storage::ResolvedRecipient::Local& local : reached->local)
        acceptance.local.push_back({.mailbox = local.inbox, .flags = {}, .may_skip = true});
    for (const storage::ListDestinations::Elsewhere& member : reached->missing)
        acceptance.bounced_members.push_back(member.member);
    for (const storage::ListDestinations::Elsewhere& member : reached->elsewhere) {
        storage::NewQueueMessage message = queued_message(envelope_);
        message.reverse_path = bounce_address(*seals, list_, member.member);
        message.envelope_id.clear();
        message.dsn_return = storage::DsnReturn::headers;
        message.signing_domain = list_.substr(list_.rfind('@') + 1);
        message.flow = list_;
        message.recipients.push_back({member.address, storage::dsn_notify::failure, ""});
        acceptance.forwards.push_back(std::move(message));
    }
    log(services::Level::info, "list",
        {{"id", id_},
         {"list", list_},
         {"here", reached->local.size()},
         {"elsewhere", reached->elsewhere.size()},
         {"missing", reached->missing.size()}});
    co_return std::monostate{};
}

bool IncomingMessage::is_bounce() const {
    return std::ranges::any_of(envelope_.recipients, [](const services::IntakeRecipient& recipient) {
        return recipient.recipient.bounced_member != 0;
    });
}

void IncomingMessage::keep_report(std::string_view octets) {
    if (report_.size() < report_octets && is_bounce()) report_ += octets.substr(0, report_octets - report_.size());
}

asio::awaitable<void> tell_of_refusal(IntakeServices house, std::shared_ptr<const IntakeOptions> options,
                                      services::IntakeEnvelope envelope, std::int64_t now, std::string list,
                                      storage::Refusal refusal) {
    house.log.write(services::Level::info, envelope.area, envelope.session, "list-refused",
                    {{"list", list}, {"from", envelope.reverse_path}, {"reason", refusal.text}});
    if (!envelope.submitter) co_return;
    NoticeMaker maker(house.store, house.directory, house.log, {.hostname = options->hostname}, [](std::size_t octets) {
        std::string text;
        for (const char octet : sasl::random_octets(2 * octets)) text += "0123456789abcdef"[octet & 15];
        return text;
    });
    ReportedMessage message;
    message.reverse_path = envelope.reverse_path;
    message.session = envelope.session;
    message.arrived_at = now;
    message.dsn_return = storage::DsnReturn::headers;
    message.tls_wish = envelope.tls_wish;
    const Reported report{.forward_path = list,
                          .original_recipient = {},
                          .notify = 0,
                          .reply = refusal.text,
                          .status = refusal.reason == Reason::mail_loop ? "5.4.6" : "5.7.1",
                          .remote = {},
                          .said = {}};
    Result<std::optional<storage::Acceptance>> notice =
        co_await maker.make(NoticeKind::failed, message, {report}, now, 0);
    if (!notice || !*notice) co_return;
    storage::Operation<storage::Accepted> accept = storage::accept_message(**std::move(notice));
    const Result<storage::Accepted> accepted = co_await house.store.write(std::move(accept));
    if (!accepted) {
        house.log.write(services::Level::warn, envelope.area, envelope.session, "notice-dropped",
                        {{"to", envelope.reverse_path}, {"reason", accepted.error().text}});
    }
}

}  // namespace server::delivery

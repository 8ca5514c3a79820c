// RCPT: who gets the message. RFC 5321 §4.1.1.3, §4.5.3.1.10 (too many), RFC 3461 §4.1 and §4.2 (DSN parameters). A
// full mailbox is refused here, where other recipients still get the message (RFC 3463 §3.3, X.2.2). Mail for other
// servers is taken only from our users: this is not an open relay. An address literal that mail may not go to is
// refused here, rather than bounced (RFC 3463 §3.2, X.1.2). However many names of one alias are given, it is followed
// once. Return addresses take bounces alone: with them nobody is to write to those whose mail was sent on. The
// directory knows our addresses.
#include <algorithm>
#include <asio/this_coro.hpp>

#include "protocols/base/text.h"
#include "protocols/smtp/refusals.h"
#include "protocols/smtp/session.h"

namespace smtp {

namespace {

// What they hold in memory, about.
std::size_t octets_of(const services::IntakeRecipient& recipient) {
    constexpr std::size_t growth = 2;  // of the list that it is in
    return growth * sizeof recipient + recipient.recipient.address.size() + recipient.original_recipient.size();
}
std::size_t octets_of(const storage::ResolvedRecipient& destinations) {
    std::size_t octets = sizeof destinations + 2 * destinations.name.size();  // it is found by its name, too
    for (const auto& local : destinations.local) octets += sizeof local + local.account_name.size();
    for (const auto* addresses : {&destinations.remote, &destinations.missing}) {
        for (const std::string& address : *addresses) octets += sizeof(std::string) + address.size();
    }
    return octets;
}

std::size_t count_of(const storage::ResolvedRecipient& destinations) {
    return destinations.local.size() + destinations.remote.size() + destinations.missing.size();
}

// The part of the destinations that is the same for all addresses of an account or alias.
storage::ResolvedRecipient without_details(const storage::ResolvedRecipient& destinations) {
    storage::ResolvedRecipient plain = destinations;
    for (auto& local : plain.local) local.detail.clear();  // the address has it
    return plain;
}

}  // namespace

asio::awaitable<void> Session::run(wire::Rcpt command) {
    const wire::Path& path = command.forward_path;
    auto& recipients = transaction_->envelope.recipients;
    if (recipients.size() >= options_.limits.recipients) {
        refuse_recipient(path, replies::too_many_recipients());
        co_return;
    }
    if (!base::is_ascii(path.address) && !transaction_->envelope.smtputf8) {
        refuse_recipient(path, replies::utf8_not_declared());
        co_return;
    }
    storage::Result<services::Recipient> recipient =
        co_await services_.directory.resolve(path.address, transaction_->known);
    if (!recipient && recipient.error().reason == storage::Reason::no_such_account && !identity_) {
        co_await stream_.flush();  // the answers before it do not wait
        const bool patient = co_await services_.name_guesses.wrong_name(client_address_);
        if (!patient) {
            close({services::EndReason::too_many_recipients}, "4.7.0", "Too many unknown recipients, closing");
            co_return;
        }
    }
    if (!recipient) {
        refuse_recipient(path, reply_for(recipient.error()));
        co_return;
    }
    if (!recipient->ours && !identity_) {
        refuse_recipient(path, replies::relay_denied());
        co_return;
    }
    if (recipient->returns && !transaction_->envelope.reverse_path.empty()) {
        refuse_recipient(path, replies::takes_only_notices());
        co_return;
    }
    const std::optional<wire::Reply> no_list = list_refusal(*recipient);
    if (no_list) {
        refuse_recipient(path, *no_list);
        co_return;
    }
    if (recipient->forbidden) {
        refuse_recipient(path, replies::forbidden_destination());
        co_return;
    }
    const std::optional<wire::Reply> suppressed = co_await suppression_refusal(*recipient);
    if (suppressed) {
        refuse_recipient(path, *suppressed);
        co_return;
    }
    // The final check is at the end of the data.
    if (!recipient->destinations->takes(transaction_->declared_octets)) {
        refuse_recipient(path, reply_for({storage::Reason::over_quota, {}}));
        co_return;
    }
    idle_commands_ = 0;
    // A recipient named twice gets one copy.
    const bool known = std::ranges::any_of(recipients, [&](const services::IntakeRecipient& other) {
        return other.recipient.address == recipient->address;
    });
    if (!known && leads_too_far(*recipient)) {
        refuse_recipient(path, replies::too_many_recipients());
        co_return;
    }
    if (!known && !add_recipient(*std::move(recipient), std::move(command.params))) {
        refuse_recipient(path, replies::too_busy());
        co_return;
    }
    // Not at MAIL, which costs a stranger nothing: now it is mail for us, and DATA usually follows.
    if (!known && recipients.size() == 1) {
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        transaction_->envelope.inquiry = services_.intake.inquire(transaction_->envelope, executor);
    }
    answer(250, "2.1.5", "Recipient ok");
}

// What one of our users sends to an address that has failed for good too often would only fail again.
asio::awaitable<std::optional<wire::Reply>> Session::suppression_refusal(const services::Recipient& recipient) {
    if (recipient.ours || !identity_) co_return std::nullopt;
    const storage::Result<std::string> why =
        co_await services_.directory.why_suppressed(identity_->account, recipient.address);
    if (!why) co_return reply_for(why.error());
    if (why->empty()) co_return std::nullopt;
    co_return replies::suppressed(*why);
}

bool Session::is_known(const services::Recipient& recipient) const {
    return !recipient.ours || transaction_->known->contains(recipient.destinations->name);
}

// A list takes no bounces; and each is content of its own. From other servers it comes alone, so that the answer to the
// data is the list's (RFC 5321 §4.5.3.1.10: they send the rest in another message).
std::optional<wire::Reply> Session::list_refusal(const services::Recipient& recipient) const {
    const auto& others = transaction_->envelope.recipients;
    const auto is_list = [](const services::IntakeRecipient& other) {
        return !other.recipient.destinations->lists.empty();
    };
    const std::size_t lists = recipient.destinations->lists.size();
    if (lists != 0 && transaction_->envelope.reverse_path.empty()) return replies::list_takes_no_bounces();
    if (identity_) {
        constexpr std::size_t most_lists = 10;  // each is received on its own
        const bool too_many =
            lists != 0 && lists + static_cast<std::size_t>(std::ranges::count_if(others, is_list)) > most_lists;
        return too_many ? std::optional(replies::too_many_recipients()) : std::nullopt;
    }
    const bool mixed = (lists != 0 && !others.empty()) || std::ranges::any_of(others, is_list);
    return mixed ? std::optional(replies::too_many_recipients()) : std::nullopt;
}

// Whether there would be too many destinations behind the recipients. One alias alone is taken however many it has: in
// another message there would not be fewer (RFC 5321 §4.5.3.1.10).
bool Session::leads_too_far(const services::Recipient& recipient) const {
    if (transaction_->envelope.recipients.empty() || is_known(recipient)) return false;
    return transaction_->destinations + count_of(*recipient.destinations) > options_.limits.destinations;
}

// False if there is no memory to be had for it. Recipients that mean the same account or alias share one description
// of where that leads.
bool Session::add_recipient(services::Recipient recipient, wire::RcptParams params) {
    const bool fresh = !is_known(recipient);
    std::size_t described = 0;
    if (fresh) {
        recipient.destinations = without_details(*recipient.destinations);
        described = octets_of(*recipient.destinations);
    }
    const services::Destinations destinations = recipient.destinations;
    services::IntakeRecipient added{std::move(recipient), params.notify, std::move(params.original_recipient)};
    const std::uint64_t octets = transaction_->envelope_octets + described + octets_of(added);
    if (!transaction_->memory.set(octets)) return false;
    transaction_->envelope_octets = octets;
    if (fresh) {
        transaction_->known->emplace(destinations->name, destinations);
        transaction_->destinations += count_of(*destinations);
    }
    transaction_->envelope.recipients.push_back(std::move(added));
    return true;
}

void Session::refuse_recipient(const wire::Path& path, const wire::Reply& reply) {
    transaction_->recipient_refused = true;
    refuse("RCPT", reply, {{"from", transaction_->envelope.reverse_path}, {"to", path.address}});
    if (reply.permanent() && ++refused_recipients_ >= options_.limits.refused_recipients) {
        close({services::EndReason::too_many_recipients}, "4.7.0", "Too many refused recipients, closing");
    }
}

}  // namespace smtp

// MAIL: a transaction begins. RFC 5321 §4.1.1.2, RFC 6409 §4.3 (log-in), RFC 1870 §6.1 (SIZE), RFC 3461 §4 (DSN), RFC
// 4865, RFC 8689 §4.1 (REQUIRETLS). The directory knows which senders a user may use.
#include "protocols/base/text.h"
#include "protocols/smtp/refusals.h"
#include "protocols/smtp/session.h"

namespace smtp {

asio::awaitable<void> Session::run(wire::Mail command) {
    if (transactions_ >= options_.limits.transactions) {
        close({services::EndReason::too_many_messages}, "4.7.0", "Enough for one session, please connect again");
        co_return;
    }
    const std::optional<wire::Reply> refusal = co_await sender_refusal(command);
    if (refusal) {
        refuse("MAIL", *refusal, {{"from", command.reverse_path.address}});
        co_return;
    }
    ++transactions_;
    idle_commands_ = 0;
    Transaction& transaction = transaction_.emplace(stream_.allowance());
    services::IntakeEnvelope& envelope = transaction.envelope;
    transaction.declared_octets = command.params.size_octets.value_or(0);
    envelope.session = log_.session();
    envelope.area = submitting() ? "submission" : "smtp";
    envelope.client_address = client_address_;
    envelope.client_name = client_name_;
    envelope.protocol = protocol(command.params.smtputf8);
    if (stream_.is_tls()) {
        const net::TlsFacts facts = stream_.tls_facts();
        envelope.tls = facts.version + " " + facts.cipher;
    }
    envelope.submitter = identity_;
    envelope.reverse_path = std::move(command.reverse_path.address);
    envelope.envelope_id = std::move(command.params.envelope_id);
    envelope.dsn_return = command.params.ret;
    envelope.binary_mime = transaction.binary = command.params.body == wire::Body::binary_mime;
    envelope.eight_bit_mime = transaction.binary || command.params.body == wire::Body::eight_bit_mime;
    envelope.smtputf8 = command.params.smtputf8;
    if (command.params.requiretls) envelope.tls_wish = bits::TlsWish::required;
    envelope.release_at =
        command.params.hold_for > 0 ? options_.now() + command.params.hold_for : command.params.hold_until;
    answer(250, "2.1.0", "Sender ok");
}

// RFC 4865: for our submitters, and no later than they were told.
std::optional<wire::Reply> Session::hold_refusal(const wire::MailParams& params) const {
    if (params.hold_for == 0 && params.hold_until == 0) return std::nullopt;
    const std::int64_t most = options_.limits.future_release.count();
    if (!identity_ || most == 0) return replies::no_future_release();
    const std::int64_t wait = params.hold_for > 0 ? params.hold_for : params.hold_until - options_.now();
    if (wait <= 0 || wait > most) return replies::bad_release_time(most);
    return std::nullopt;
}

// nullopt if the sender is allowed.
asio::awaitable<std::optional<wire::Reply>> Session::sender_refusal(const wire::Mail& mail) {
    const std::string& sender = mail.reverse_path.address;
    if (submitting() && !identity_) co_return replies::authentication_required(starttls_possible());
    if (!base::is_ascii(sender) && !mail.params.smtputf8) co_return replies::utf8_not_declared();
    if (std::optional<wire::Reply> refusal = hold_refusal(mail.params)) co_return refusal;
    if (mail.params.requiretls && !stream_.is_tls()) co_return replies::tls_first();
    const std::uint64_t most = services_.intake.max_message_octets();
    if (mail.params.size_octets.value_or(0) > most) co_return replies::message_too_large(most);
    // Any user may use the null reverse-path: clients send read receipts with it (RFC 8098 §3).
    if (!identity_ || sender.empty()) co_return std::nullopt;
    const storage::Result<bool> allowed = co_await services_.directory.may_send_as(identity_->account, sender);
    if (!allowed) co_return reply_for(allowed.error());
    if (!*allowed) co_return replies::sender_not_yours();
    co_return std::nullopt;
}

}  // namespace smtp

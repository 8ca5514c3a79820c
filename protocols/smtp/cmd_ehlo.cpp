// EHLO and HELO. RFC 5321 §4.1.1.1, §4.1.4 (both end a transaction), RFC 3848 and RFC 6531 §4.3 (protocol names).
// Decides what is offered; wire/extensions writes it. DSN is offered only to our submitters: a report of success to a
// stranger's reverse-path, which may be forged, would be mail to a third party. Who is not offered it makes a "relayed"
// report itself (RFC 3461 §5.2.2 (b)). REQUIRETLS is offered where the session itself has TLS (RFC 8689 §2).
#include "protocols/net/stream.h"
#include "protocols/smtp/session.h"
#include "protocols/smtp/wire/extensions.h"

namespace smtp {

asio::awaitable<void> Session::run(wire::Ehlo command) {
    greeted(std::move(command.client), true);
    wire::Offer offer;
    offer.starttls = starttls_possible();
    offer.max_message_octets = services_.intake.max_message_octets();
    offer.dsn = identity_ || submitting();
    offer.requiretls = stream_.is_tls();
    offer.max_transactions = options_.limits.transactions;
    offer.max_recipients = options_.limits.recipients;
    if (offer.dsn && options_.limits.future_release.count() > 0) {
        offer.future_release_seconds = static_cast<std::uint32_t>(options_.limits.future_release.count());
        offer.future_release_until = options_.now() + options_.limits.future_release.count();
    }
    if (takes_logins()) {
        offer.mechanisms = services::offered_mechanisms(stream_, services_.authenticator, services::Binding::withheld);
    }
    answer(wire::ehlo_reply(options_.hostname, client_name_, offer));
    co_return;
}

asio::awaitable<void> Session::run(wire::Helo command) {
    greeted(std::move(command.client), false);
    answer(250, "", options_.hostname + " greets " + client_name_);
    co_return;
}

void Session::greeted(std::string client, bool extended) {
    client_name_ = std::move(client);
    extended_ = extended;
    transaction_.reset();
}

bool Session::starttls_possible() const { return options_.tls != nullptr && !stream_.is_tls(); }

bool Session::takes_logins() const { return submitting() || options_.auth_on_relay; }

// "ESMTPSA" and its kin: the "with" of a Received field.
std::string Session::protocol(bool smtputf8) const {
    if (!extended_) return "SMTP";
    std::string name = smtputf8 ? "UTF8SMTP" : "ESMTP";
    if (stream_.is_tls()) name += 'S';
    if (identity_) name += 'A';
    return name;
}

}  // namespace smtp

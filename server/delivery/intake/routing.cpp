// Destinations of an envelope. Several recipients may mean the same alias, several aliases the same address.
#include "server/delivery/intake/routing.h"

#include <algorithm>
#include <cstdint>
#include <list>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "protocols/base/text.h"
#include "server/delivery/srs.h"
#include "server/delivery/trace.h"

namespace server::delivery {

namespace {

namespace dsn_notify = storage::dsn_notify;

// "bob@example.org" for "bob+list@example.org" (RFC 5233).
std::string without_detail(std::string address) {
    const std::size_t plus = address.find('+');
    const std::size_t at = address.rfind('@');
    if (plus < at) address.erase(plus, at - plus);
    return address;
}

bool is_expanded(const services::IntakeRecipient& recipient) {
    const storage::ResolvedRecipient& destinations = *recipient.recipient.destinations;
    return destinations.local.size() + destinations.remote.size() > 1 || !destinations.lists.empty();
}

// The combined NOTIFY of two recipients that lead to the same address.
std::uint8_t joined_wishes(std::uint8_t one, std::uint8_t other) {
    if (one == other) return one;
    const auto bits = [](std::uint8_t notify) {
        return notify == 0 ? dsn_notify::failure | dsn_notify::delay : notify & ~dsn_notify::never;
    };
    const auto joined = static_cast<std::uint8_t>(bits(one) | bits(other));
    return joined == 0 ? dsn_notify::never : joined;
}

Reported report_on(const services::IntakeRecipient& recipient, std::string reply) {
    return {.forward_path = recipient.recipient.address,
            .original_recipient = recipient.original_recipient,
            .notify = recipient.notify,
            .reply = std::move(reply),
            .status = "2.0.0",
            .remote = {},
            .said = {}};
}

// Recipients that share their destinations are counted once; those that want to be told otherwise, again.
class Once {
  public:
    bool first(const services::IntakeRecipient& recipient) {
        return seen_.emplace(&*recipient.recipient.destinations, recipient.notify, recipient.original_recipient.empty())
            .second;
    }

  private:
    std::set<std::tuple<const storage::ResolvedRecipient*, std::uint8_t, bool>> seen_;
};

// Recipients elsewhere that the message reaches in the same way: from its sender, or from an alias.
struct Way {
    const storage::ResolvedRecipient* alias = nullptr;  // nullptr: from its sender
    std::vector<storage::NewQueueRecipient> recipients{};
};

// Collects the recipients elsewhere, each in the way that comes first.
class RemoteRecipients {
  public:
    void add(const storage::ResolvedRecipient* alias, const std::string& path, std::uint8_t notify,
             const std::string& original_recipient) {
        const auto [place, fresh] = place_of_.try_emplace(base::lower(path));
        if (fresh) {
            Way& way = way_of(alias);
            place->second = {&way, way.recipients.size()};
            way.recipients.push_back({path, notify, original_recipient});
            return;
        }
        storage::NewQueueRecipient& known = place->second.first->recipients[place->second.second];
        known.notify = joined_wishes(known.notify, notify);
        if (known.original_recipient.empty()) known.original_recipient = original_recipient;
    }
    std::list<Way>& ways() { return ways_; }
    std::size_t count() const { return place_of_.size(); }

  private:
    Way& way_of(const storage::ResolvedRecipient* alias) {
        const auto [place, fresh] = way_of_.try_emplace(alias, nullptr);
        if (fresh) place->second = &ways_.emplace_back(alias);
        return *place->second;
    }

    std::list<Way> ways_;
    std::map<const storage::ResolvedRecipient*, Way*> way_of_;
    std::map<std::string, std::pair<Way*, std::size_t>> place_of_;
};

// An alias sends it on: its own domain answers for it, and takes the bounces. Which of several others get it is not
// said.
void send_on(storage::NewQueueMessage& message, const storage::ResolvedRecipient& alias, const Forwarding& forwarding) {
    message.prefix = delivered_to_field(alias.name);
    if (message.recipients.size() == 1) message.prefix += forwarded_to_field(message.recipients.front().forward_path);
    if (!forwarding.seals || message.reverse_path.empty()) return;
    message.signing_domain = alias.name.substr(alias.name.rfind('@') + 1);
    srs::Rewritten rewritten = srs::rewrite(*forwarding.seals, message.reverse_path, message.signing_domain);
    if (!rewritten.token.empty()) {
        message.long_sender = storage::LongSender{.token = std::move(rewritten.token),
                                                  .reverse_path = std::move(message.reverse_path),
                                                  .expires_at = forwarding.seals->expire_at()};
    }
    message.reverse_path = std::move(rewritten.reverse_path);
}

}  // namespace

std::uint8_t without_success(std::uint8_t notify) {
    if ((notify & dsn_notify::success) == 0) return notify;
    const auto rest = static_cast<std::uint8_t>(notify & ~dsn_notify::success);
    return rest == 0 ? dsn_notify::never : rest;
}

bool may_leave_out(const services::IntakeEnvelope& envelope) {
    return std::ranges::any_of(envelope.recipients, [](const services::IntakeRecipient& recipient) {
        return is_expanded(recipient) || !recipient.recipient.destinations->missing.empty();
    });
}

LeftOut left_out_of(const services::IntakeEnvelope& envelope, std::uint64_t octets) {
    const auto takes = [octets](const storage::ResolvedRecipient::Local& local) { return local.takes(octets); };
    const auto reaches_some = [&](const services::IntakeRecipient& recipient) {
        const storage::ResolvedRecipient& destinations = *recipient.recipient.destinations;
        return is_expanded(recipient) && (!destinations.remote.empty() || !destinations.lists.empty() ||
                                          std::ranges::any_of(destinations.local, takes));
    };
    std::set<storage::MailboxId> needed;  // if these were left out, some recipient would get nothing
    Once needing;
    for (const services::IntakeRecipient& recipient : envelope.recipients) {
        if (!needing.first(recipient) || reaches_some(recipient)) continue;
        for (const auto& local : recipient.recipient.destinations->local) needed.insert(local.inbox);
    }
    LeftOut left_out;
    const auto add = [&](const services::IntakeRecipient& recipient, const std::string& address,
                         const std::string& reply, const std::string& status) {
        Reported report = report_on(recipient, reply);
        report.forward_path = address;
        report.status = status;
        left_out.members.push_back({.alias = recipient.recipient.address, .report = std::move(report)});
    };
    Once telling;
    for (const services::IntakeRecipient& recipient : envelope.recipients) {
        if (!telling.first(recipient)) continue;
        const storage::ResolvedRecipient& destinations = *recipient.recipient.destinations;
        for (const std::string& address : destinations.missing) add(recipient, address, "no such user here", "5.1.1");
        if (!reaches_some(recipient)) continue;
        for (const auto& local : destinations.local) {
            if (takes(local) || needed.contains(local.inbox)) continue;
            if (left_out.full.insert(local.inbox).second) add(recipient, local.account_name, "mailbox full", "5.2.2");
        }
    }
    return left_out;
}

storage::NewQueueMessage queued_message(const services::IntakeEnvelope& envelope) {
    storage::NewQueueMessage message;
    message.reverse_path = envelope.reverse_path;
    message.envelope_id = envelope.envelope_id;
    message.dsn_return = envelope.dsn_return;
    message.release_at = envelope.release_at;
    message.tls_wish = envelope.tls_wish;
    // RFC 8689 §5
    if (message.tls_wish == storage::TlsWish::required && message.dsn_return == storage::DsnReturn::full)
        message.dsn_return = storage::DsnReturn::headers;
    // iOS submits with SMTPUTF8 without declaring 8BITMIME (CLIENTS.md 20), but UTF-8 is 8-bit.
    message.eight_bit_mime = envelope.eight_bit_mime || envelope.smtputf8;
    message.smtputf8 = envelope.smtputf8;
    message.submitted = envelope.submitter.has_value();
    if (envelope.submitter) message.account = envelope.submitter->account;
    message.session = envelope.session;
    return message;
}

void leave_to_queue(services::IntakeEnvelope& envelope) {
    for (services::IntakeRecipient& recipient : envelope.recipients)
        recipient.recipient = {.address = std::move(recipient.recipient.address)};
}

std::vector<ListPart> parts_of(services::IntakeEnvelope envelope) {
    std::vector<ListPart> parts;
    services::IntakeEnvelope others = envelope;
    std::erase_if(others.recipients, [](const services::IntakeRecipient& recipient) {
        const storage::ResolvedRecipient& there = *recipient.recipient.destinations;
        return !there.lists.empty() && there.local.empty() && there.remote.empty() && there.missing.empty();
    });
    if (!others.recipients.empty()) parts.push_back({.list = {}, .envelope = std::move(others)});
    std::set<std::string> lists;
    for (const services::IntakeRecipient& recipient : envelope.recipients) {
        for (const std::string& list : recipient.recipient.destinations->lists) {
            if (!lists.insert(list).second) continue;
            parts.push_back({.list = list, .envelope = envelope});
            parts.back().envelope.recipients = {recipient};
        }
    }
    if (parts.empty()) parts.push_back({.list = {}, .envelope = std::move(envelope)});
    return parts;
}

bool sends_on(const services::IntakeRecipient& recipient) {
    return recipient.recipient.ours && !recipient.recipient.returns &&
           !recipient.recipient.destinations->remote.empty();
}

void add_targets(storage::Acceptance& acceptance, const services::IntakeEnvelope& envelope, const LeftOut& left_out,
                 const Forwarding& forwarding) {
    std::set<storage::MailboxId> mailboxes;
    RemoteRecipients elsewhere;
    Once followed;
    for (const services::IntakeRecipient& recipient : envelope.recipients) {
        const storage::ResolvedRecipient& destinations = *recipient.recipient.destinations;
        const std::uint8_t notify = is_expanded(recipient) ? without_success(recipient.notify) : recipient.notify;
        const std::string& original = recipient.original_recipient;
        if (!recipient.recipient.ours) elsewhere.add(nullptr, recipient.recipient.address, notify, original);
        if (!followed.first(recipient)) continue;
        const storage::ResolvedRecipient* alias = sends_on(recipient) ? &destinations : nullptr;
        for (const std::string& path : destinations.remote) elsewhere.add(alias, path, notify, original);
        for (const auto& local : destinations.local) {
            if (left_out.full.contains(local.inbox)) continue;
            if (mailboxes.insert(local.inbox).second) acceptance.local.push_back({.mailbox = local.inbox, .flags = {}});
        }
    }
    // One refusal is for all: who has hardly any room must not keep the message from the others.
    const bool has_others = acceptance.local.size() + elsewhere.count() > 1;
    for (storage::Acceptance::Local& local : acceptance.local) local.may_overdraw = has_others;
    for (Way& way : elsewhere.ways()) {
        storage::NewQueueMessage message = queued_message(envelope);
        message.recipients = std::move(way.recipients);
        if (way.alias == nullptr) {
            acceptance.remote = std::move(message);
            continue;
        }
        send_on(message, *way.alias, forwarding);
        acceptance.forwards.push_back(std::move(message));
    }
}

std::vector<std::string> alias_targets(const services::IntakeRecipient& recipient) {
    const storage::ResolvedRecipient& destinations = *recipient.recipient.destinations;
    std::vector<std::string> targets;
    if (!recipient.recipient.ours) return targets;
    for (const auto& local : destinations.local) {
        const std::string& address = recipient.recipient.address;
        const bool own =
            base::iequals(local.account_name, address) || base::iequals(local.account_name, without_detail(address));
        if (!own) targets.push_back(local.account_name);
    }
    targets.insert(targets.end(), destinations.remote.begin(), destinations.remote.end());
    return targets;
}

Successes successes_of(const services::IntakeEnvelope& envelope) {
    Successes successes;
    for (const services::IntakeRecipient& recipient : envelope.recipients) {
        if (is_expanded(recipient)) {
            successes.expanded.push_back(report_on(recipient, "accepted, and sent on to several addresses"));
        } else if (!recipient.recipient.destinations->local.empty()) {
            successes.delivered.push_back(report_on(recipient, "delivered to the mailbox"));
        }
    }
    return successes;
}

bool wants_success(const services::IntakeEnvelope& envelope) {
    return !envelope.reverse_path.empty() &&
           std::ranges::any_of(envelope.recipients, [](const services::IntakeRecipient& recipient) {
               return (recipient.notify & dsn_notify::success) != 0;
           });
}

bool needs_smtputf8(const storage::NewQueueMessage& message) {
    // A non-ASCII domain can be sent as A-labels (RFC 6531 §3.2, §3.7.1).
    const auto has_international_local_part = [](std::string_view path) {
        return !base::is_ascii(path.substr(0, path.rfind('@')));
    };
    return has_international_local_part(message.reverse_path) ||
           std::ranges::any_of(message.recipients, [&](const storage::NewQueueRecipient& recipient) {
               return has_international_local_part(recipient.forward_path) ||
                      !base::is_ascii(recipient.original_recipient);
           });
}

bool needs_smtputf8(const ReportedMessage& message, const Successes& successes) {
    const auto international = [](const Reported& one) {
        return !base::is_ascii(one.forward_path) || !base::is_ascii(one.original_recipient);
    };
    return !base::is_ascii(message.reverse_path) || !base::is_ascii(message.header_section) ||
           std::ranges::any_of(successes.delivered, international) ||
           std::ranges::any_of(successes.expanded, international);
}

}  // namespace server::delivery

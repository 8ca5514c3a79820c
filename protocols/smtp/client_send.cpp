// The sending client: one mail transaction, pipelined if the peer allows it. RFC 5321 §3.3, RFC 2920 §3.1, RFC 3030 §2.
// Each recipient gets its own outcome; if the connection breaks, undecided ones become temporary. client.cpp handles
// the connection.
#include <algorithm>
#include <exception>
#include <numeric>
#include <set>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/smtp/client.h"
#include "protocols/smtp/client_internal.h"
#include "protocols/smtp/wire/params.h"

namespace smtp {

namespace {

constexpr std::size_t flush_octets = 65'536;  // of message data written before it is sent

// RFC 5321 §4.5.3.1.10: 452 to RCPT, or 552 from old servers. Without an enhanced status code it may have another
// meaning, and for the first recipient it certainly has.
bool is_too_many(const wire::Reply& reply, bool others_accepted) {
    if (reply.code != 452 && reply.code != 552) return false;
    return reply.status == "4.5.3" || reply.status == "5.5.3" || (reply.status.empty() && others_accepted);
}

Outcome too_many_outcome(const wire::Reply& reply) {
    Outcome outcome = outcome_of(reply);
    outcome.kind = Outcome::Kind::temporary;
    outcome.status = "4.5.3";
    return outcome;
}

// The message with only some of its recipients.
OutgoingMessage message_for(const OutgoingMessage& message, const std::vector<std::size_t>& recipients) {
    OutgoingMessage part = message;
    part.recipients.clear();
    for (const std::size_t index : recipients) part.recipients.push_back(message.recipients[index]);
    return part;
}

// How many of the recipients, from the first on, the peer takes in one transaction by its LIMITS (RFC 9422).
std::size_t recipients_at_once(const OutgoingMessage& message, const wire::PeerExtensions& peer) {
    std::size_t count = message.recipients.size();
    if (peer.max_recipients > 0) count = std::min<std::size_t>(count, peer.max_recipients);
    if (peer.max_recipient_domains == 0) return count;
    std::set<std::string> domains;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string& path = message.recipients[i].forward_path;
        domains.insert(base::lower(path.substr(path.rfind('@') + 1)));
        if (domains.size() > peer.max_recipient_domains) return i;
    }
    return count;
}

// A 2yz in place of 354 is not a success.
Outcome refused_outcome(const wire::Reply& reply) {
    Outcome outcome = outcome_of(reply);
    if (outcome.kind == Outcome::Kind::accepted) outcome.kind = Outcome::Kind::temporary;
    return outcome;
}

// Rejects control characters, which could end the path or the line. Our parsers let none pass, but commands must not
// depend on that.
bool is_sendable(std::string_view path) {
    return std::ranges::none_of(path, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

bool is_sendable(const OutgoingMessage& message) {
    return is_sendable(message.reverse_path) &&
           std::ranges::all_of(message.recipients,
                               [](const OutgoingRecipient& recipient) { return is_sendable(recipient.forward_path); });
}

}  // namespace

asio::awaitable<SendResult> Client::send(OutgoingMessage message, OpenContent open_content) {
    SendResult result;
    result.recipients.resize(message.recipients.size());
    std::vector<std::size_t> due(message.recipients.size());
    std::iota(due.begin(), due.end(), std::size_t{0});
    heard_ = false;
    bool goes_on = true;
    for (std::size_t transactions = 0; goes_on; ++transactions) {
        Sending sending;
        sending.message = message_for(message, due);
        sending.outcomes.resize(due.size());
        co_await attempt_once(sending, open_content, transactions == 0);
        for (std::size_t i = 0; i < due.size(); ++i) result.recipients[due[i]] = *std::move(sending.outcomes[i]);
        // Sends the left-over recipients at once, not after the retry interval: the peer took as many as it could.
        const bool fits_more = sending.delivered || (sending.cut && sending.accepted == 0);
        goes_on = !interrupted_ && fits_more && usable() && !sending.left_over.empty() &&
                  transactions + 1 < options_.limits.transactions;
        std::vector<std::size_t> left_over;
        for (const std::size_t index : sending.left_over) left_over.push_back(due[index]);
        due = std::move(left_over);
    }
    result.unheard = !heard_;
    co_return result;
}

// One transaction; afterwards each recipient has its outcome. An exception from the content is passed on, unless others
// have already got the message: those outcomes must not be lost.
asio::awaitable<void> Client::attempt_once(Sending& sending, const OpenContent& open_content, bool can_throw) {
    awaits_verdict_ = false;
    std::optional<Outcome> decided = impossible(sending.message);
    if (decided) {
        heard_ = true;
    } else {
        try {
            co_await transact(sending, open_content);
        } catch (const std::exception& error) {
            usable_ = false;
            const std::optional<Ending> ending = ending_of(error);
            if (!ending && can_throw) throw;
            decided = ending ? ending->outcome : temporary("4.3.0", error.what());
            decided->elsewhere = ending.has_value() && decided->kind == Outcome::Kind::temporary && !awaits_verdict_;
        }
    }
    awaits_verdict_ = false;
    sending.decide_all(decided.value_or(temporary("4.5.0", "the server did not say what became of it")));
}

// What cannot succeed, by what the peer offers. Missing 8BITMIME is no obstacle (CLIENTS.md 20).
std::optional<Outcome> Client::impossible(const OutgoingMessage& message) const {
    if (!usable()) return temporary("4.4.2", "the connection is not open");
    if (!is_sendable(message)) return permanent("5.1.3", "an address has control characters");
    if (message.smtputf8 && !peer_.smtputf8) {
        return permanent("5.6.7", "the other server cannot take internationalized mail (SMTPUTF8)");
    }
    if (peer_.max_message_octets > 0 && message.size_octets > peer_.max_message_octets) {
        return permanent("5.3.4", "the other server takes at most " + std::to_string(peer_.max_message_octets) +
                                      " octets, this message has " + std::to_string(message.size_octets));
    }
    return std::nullopt;
}

asio::awaitable<void> Client::transact(Sending& sending, const OpenContent& open_content) {
    if (needs_reset_) {
        const wire::Reply reply = co_await command("RSET", options_.timeouts.command);
        if (!reply.positive()) throw Broken(refused_outcome(reply));
        needs_reset_ = false;
    }
    needs_reset_ = true;
    ++transactions_;
    co_await name_recipients(sending);
    if (sending.accepted == 0) {
        // RFC 2920 §3.1: a pipelined DATA must be ended even if all recipients were refused.
        if (sending.data_reply && sending.data_reply->intermediate()) {
            const wire::Reply reply = co_await command(".", options_.timeouts.message);
            needs_reset_ = !reply.permanent() && !reply.positive();
        }
        co_return;
    }
    const NextChunk next_chunk = open_content();
    co_await send_data(sending, next_chunk);
}

// MAIL and RCPTs, in groups: each group's replies are read before the next is sent. DATA is sent with the last group.
asio::awaitable<void> Client::name_recipients(Sending& sending) {
    const std::size_t count = recipients_at_once(sending.message, peer_);
    for (std::size_t i = count; i < sending.outcomes.size(); ++i) {
        sending.outcomes[i] = temporary("4.5.3", "the server takes no more recipients at once");
        sending.left_over.push_back(i);
        sending.cut = true;
    }
    const std::size_t group = peer_.pipelining ? options_.limits.pipelined_recipients : 1;
    const bool by_data = !(peer_.chunking && options_.chunking);
    const auto slow_from = std::chrono::steady_clock::now() + options_.timeouts.envelope;
    write_mail(sending.message);
    if (!peer_.pipelining) co_await read_envelope_replies(sending, 0, 0);
    for (std::size_t first = 0; first < count && !sending.outcomes[first]; first += group) {
        // A peer that takes minutes for each recipient keeps none of those that it has accepted waiting for hours.
        if (sending.accepted > 0 && std::chrono::steady_clock::now() > slow_from)
            sending.too_many = temporary("4.4.1", "the server takes too long for each recipient");
        if (sending.too_many) {
            leave_over(sending, first);
            co_return;
        }
        const std::size_t last = std::min(first + group, count);
        for (std::size_t i = first; i < last; ++i) write_rcpt(sending.message.recipients[i]);
        const bool with_data = peer_.pipelining && by_data && last == count;
        if (with_data) stream_.write("DATA\r\n");
        co_await read_envelope_replies(sending, first, last);
        if (with_data) sending.data_reply = co_await read_reply(options_.timeouts.data);
    }
}

// The recipients from `first` on are not sent in this transaction.
void Client::leave_over(Sending& sending, std::size_t first) {
    for (std::size_t i = first; i < sending.outcomes.size(); ++i) {
        sending.outcomes[i] = sending.too_many;
        sending.left_over.push_back(i);
    }
}

// Sends what was written and reads the replies: to MAIL, if still pending, and to recipients first to last.
asio::awaitable<void> Client::read_envelope_replies(Sending& sending, std::size_t first, std::size_t last) {
    const auto last_moment = std::chrono::steady_clock::now() + options_.timeouts.envelope;
    stream_.set_deadline(options_.timeouts.command);
    co_await flush_or_hear();
    if (sending.mail_pending) {
        const wire::Reply reply = co_await read_reply(options_.timeouts.command);
        sending.mail_pending = false;
        if (!reply.positive()) {
            sending.decide_all(refused_outcome(reply));
            sending.cut = false;  // the others would be refused, too
        }
    }
    for (std::size_t i = first; i < last; ++i) {
        if (std::chrono::steady_clock::now() > last_moment) throw net::DeadlinePassed();
        const wire::Reply reply = co_await read_reply(options_.timeouts.command);
        if (sending.outcomes[i]) continue;  // MAIL was refused: this reply only follows from that
        if (reply.positive()) {
            ++sending.accepted;
        } else if (is_too_many(reply, sending.accepted > 0)) {
            sending.too_many = sending.outcomes[i] = too_many_outcome(reply);
            sending.left_over.push_back(i);
        } else {
            sending.outcomes[i] = outcome_of(reply);
        }
    }
}

asio::awaitable<void> Client::send_data(Sending& sending, const NextChunk& next_chunk) {
    if (peer_.chunking && options_.chunking) {
        const wire::Reply reply = co_await send_chunks(sending, next_chunk);
        needs_reset_ = !reply.positive();
        sending.delivered = reply.positive();
        sending.decide_all(outcome_of(reply));
        co_return;
    }
    if (!sending.data_reply) sending.data_reply = co_await command("DATA", options_.timeouts.data);
    if (!sending.data_reply->intermediate()) {
        sending.decide_all(refused_outcome(*sending.data_reply));
        co_return;
    }
    stream_.set_deadline(options_.timeouts.block);
    wire::DataWriter writer(wire::DataWriter::Dots::stuffed);
    for (;;) {
        const std::string_view content = co_await next_chunk();
        if (content.empty()) break;
        writer.append(stream_.output(), content);
        if (stream_.output().size() >= flush_octets) co_await flush_or_hear();
    }
    writer.finish(stream_.output());
    awaits_verdict_ = true;
    co_await flush_or_hear();
    const wire::Reply reply = co_await read_reply(options_.timeouts.message);
    needs_reset_ = false;
    sending.delivered = reply.positive();
    sending.decide_all(outcome_of(reply));
}

// BDAT: sends one chunk while the reply to the previous one is awaited. Returns the deciding reply.
asio::awaitable<wire::Reply> Client::send_chunks(Sending& sending, const NextChunk& next_chunk) {
    wire::DataWriter writer(wire::DataWriter::Dots::plain);
    std::string chunk;
    bool unanswered = false;
    for (bool last = false; !last;) {
        const std::string_view content = co_await next_chunk();
        last = content.empty();
        if (last) {
            writer.finish(chunk);
        } else {
            writer.append(chunk, content);
            if (chunk.size() < options_.limits.chunk_octets) continue;
        }
        stream_.write("BDAT " + std::to_string(chunk.size()) + (last ? " LAST\r\n" : "\r\n"));
        stream_.write(chunk);
        chunk.clear();
        stream_.set_deadline(options_.timeouts.block);
        awaits_verdict_ = last;
        co_await flush_or_hear();
        if (unanswered) {
            wire::Reply reply = co_await read_reply(options_.timeouts.message);
            if (!reply.positive()) {
                sending.decide_all(outcome_of(reply));  // what comes next may be the end of the connection
                // The chunk after it gets a reply too, which must be read before RSET.
                const wire::Reply echo = co_await read_reply(options_.timeouts.message);
                (void)echo;
                co_return reply;
            }
        }
        unanswered = true;
    }
    wire::Reply reply = co_await read_reply(options_.timeouts.message);
    co_return reply;
}

void Client::write_mail(const OutgoingMessage& message) {
    std::string line = "MAIL FROM:<" + message.reverse_path + ">";
    if (peer_.size) line += " SIZE=" + std::to_string(message.size_octets);
    if (peer_.eight_bit_mime && message.eight_bit_mime) line += " BODY=8BITMIME";
    if (peer_.smtputf8 && message.smtputf8) line += " SMTPUTF8";
    if (peer_.requiretls && message.requiretls) line += " REQUIRETLS";
    if (peer_.dsn && message.dsn_return == storage::DsnReturn::full) line += " RET=FULL";
    if (peer_.dsn && message.dsn_return == storage::DsnReturn::headers) line += " RET=HDRS";
    if (peer_.dsn && !message.envelope_id.empty()) line += " ENVID=" + wire::encode_xtext(message.envelope_id);
    stream_.write(line + "\r\n");
}

void Client::write_rcpt(const OutgoingRecipient& recipient) {
    namespace dsn = storage::dsn_notify;
    struct Word {
        std::uint8_t bit;
        std::string_view name;
    };
    static constexpr Word words[] = {
        {dsn::never, "NEVER"}, {dsn::success, "SUCCESS"}, {dsn::failure, "FAILURE"}, {dsn::delay, "DELAY"}};
    std::string line = "RCPT TO:<" + recipient.forward_path + ">";
    if (peer_.dsn && recipient.notify != 0) {
        const char* before = " NOTIFY=";
        for (const Word& word : words) {
            if ((recipient.notify & word.bit) == 0) continue;
            line.append(before).append(word.name);
            before = ",";
        }
    }
    const std::size_t semicolon = recipient.original_recipient.find(';');
    if (peer_.dsn && semicolon != std::string::npos) {
        line += " ORCPT=" + recipient.original_recipient.substr(0, semicolon + 1) +
                wire::encode_xtext(recipient.original_recipient.substr(semicolon + 1));
    }
    stream_.write(line + "\r\n");
}

}  // namespace smtp

// What is found out about a message from outside, and what follows: it is refused, goes to Junk, or says it in its
// header. Where that field stands the rest of the content begins only then; a body that fits into no chunk is written
// twice.
#include <fmt/format.h>

#include <asio/this_coro.hpp>

#include "protocols/mailauth/authentication_results_writer.h"
#include "server/delivery/intake/incoming_message.h"

namespace server::delivery {

using storage::Reason;
using storage::Result;

asio::awaitable<void> IncomingMessage::begin_judging() {
    // What comes from here has no client.
    if (envelope_.submitter || envelope_.client_address.empty() || !options_->judge || !house_.sources) co_return;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    judge_ = std::make_unique<Judge>(executor, house_.sources(envelope_.client_address),
                                     JudgedEnvelope{.client_address = envelope_.client_address,
                                                    .client_name = envelope_.client_name,
                                                    .reverse_path = envelope_.reverse_path,
                                                    .hostname = options_->hostname,
                                                    .now = now_},
                                     options_->judging_time);
    judge_->read_header(header_.section());
}

asio::awaitable<Result<std::monostate>> IncomingMessage::end_judging() {
    const Verdicts verdicts = co_await judge_->finish();
    decision_ = decide(verdicts, options_->policy);
    unproven_ = unproven_authors(verdicts, options_->policy);
    may_be_proven_ = verdicts.dmarc.verdict == mailauth::DmarcVerdict::temperror;
    log_verdicts(verdicts);
    for (const mailauth::AuthenticationResult& one : results_of(verdicts, envelope_.client_address)) {
        checks_.push_back(to_line(one));
    }
    if (decision_.what == Disposition::defer) co_return storage::refuse(Reason::unavailable, decision_.why);
    if (decision_.what == Disposition::refuse) co_return storage::refuse(Reason::not_permitted, decision_.why);
    Done done = co_await put_judged(verdicts);
    co_return done;
}

asio::awaitable<Result<std::monostate>> IncomingMessage::put_judged(const Verdicts& verdicts) {
    if (spool_.has_chunks() && !staged_.set(2 * size_octets_)) {
        co_return over("limits.strangers_disk", Reason::storage_full, "too much is being received just now, try later");
    }
    trace_fields_ += mailauth::write_authentication_results(
        {.id = options_->hostname, .results = results_of(verdicts, envelope_.client_address)});
    trace_fields_ += std::exchange(fields_, {});
    Done done = co_await put(std::exchange(trace_fields_, {}));
    while (done) {
        const Result<std::string> piece = co_await spool_.read();
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) break;
        done = co_await put(*piece);
    }
    co_return done;
}

// What we send on under a name of ours is believed to be from there: who poses as one of us must not be helped so. A
// null reverse-path stands for our host (RFC 7208 §2.4).
IncomingMessage::Done IncomingMessage::lend_no_name(storage::Acceptance& acceptance) const {
    std::vector<storage::NewQueueMessage*> sent_on;
    if (acceptance.remote) sent_on.push_back(&*acceptance.remote);
    for (storage::NewQueueMessage& forward : acceptance.forwards) sent_on.push_back(&forward);
    for (storage::NewQueueMessage* message : sent_on) {
        const std::string& path = message->reverse_path;
        std::string domain = path.empty() ? options_->hostname : path.substr(path.rfind('@') + 1);
        if (!message->signing_domain.empty()) domain = message->signing_domain;
        if (!may_speak_for(domain, unproven_)) continue;
        if (options_->policy.enforce) {
            return storage::refuse(may_be_proven_ ? Reason::unavailable : Reason::not_permitted,
                                   "mail from " + domain +
                                       " is sent on from here only if SPF or DKIM proves that it is (DMARC): log in to "
                                       "send it");
        }
        message->signing_domain.clear();
    }
    return std::monostate{};
}

void IncomingMessage::log_verdicts(const Verdicts& verdicts) const {
    std::string dkim;
    for (const mailauth::DkimResult& one : verdicts.dkim) {
        if (!dkim.empty()) dkim += ",";
        dkim += fmt::format("{}:{}", mailauth::to_string(one.verdict), one.domain);
    }
    log(services::Level::info, "judged",
        {{"id", id_},
         {"from", envelope_.reverse_path},
         {"author_domain", verdicts.dmarc.from_domain},
         {"spf", mailauth::to_string(verdicts.spf.verdict)},
         {"dkim", dkim.empty() ? std::string("none") : dkim},
         {"dmarc", mailauth::to_string(verdicts.dmarc.verdict)},
         {"arc", mailauth::to_string(verdicts.arc.status)},
         {"reason", decision_.why.empty() ? verdicts.dmarc.reason : decision_.why}});
}

}  // namespace server::delivery

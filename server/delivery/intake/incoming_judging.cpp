// What is found out about a message from outside, and what follows: it is refused, goes to Junk, or says it in its
// header. Where that field stands the rest of the content begins only then; a body that fits into no chunk is written
// twice. So is a binary message, whose parts are known only at its end: it is judged as it came, and stored converted.
#include <fmt/format.h>

#include <algorithm>
#include <asio/this_coro.hpp>
#include <memory>
#include <utility>

#include "protocols/mailauth/authentication_results_writer.h"
#include "server/delivery/intake/incoming_message.h"
#include "server/delivery/list_mail.h"
#include "storage/domains.h"
#include "storage/normal_names.h"
#include "storage/store_await.h"

namespace server::delivery {

using storage::Reason;
using storage::Result;

std::shared_ptr<ClientInquiry> begin_inquiry(const Sources& sources, const IntakeOptions& options,
                                             const services::IntakeEnvelope& envelope, std::int64_t now,
                                             const asio::any_io_executor& executor) {
    // What comes from here has no client.
    if (envelope.submitter || envelope.client_address.empty() || !options.judge || !sources) return nullptr;
    return std::make_shared<ClientInquiry>(executor, sources(envelope.client_address),
                                           JudgedEnvelope{.client_address = envelope.client_address,
                                                          .client_name = envelope.client_name,
                                                          .reverse_path = envelope.reverse_path,
                                                          .hostname = options.hostname,
                                                          .now = now});
}

asio::awaitable<void> IncomingMessage::begin_judging() {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    auto client = std::dynamic_pointer_cast<ClientInquiry>(std::exchange(envelope_.inquiry, nullptr));
    if (!client) client = begin_inquiry(house_.sources, *options_, envelope_, now_, executor);
    if (!client) co_return;
    judge_ = std::make_unique<Judge>(executor, std::move(client), now_, options_->judging_time);
    judge_->read_header(header_.section());
}

asio::awaitable<Result<std::monostate>> IncomingMessage::end_judging() {
    const Verdicts verdicts = co_await judge_->finish();
    judged_authors_ = verdicts.authors;
    unproven_ = unproven_authors(verdicts, options_->policy);
    may_be_proven_ = verdicts.dmarc.verdict == mailauth::DmarcVerdict::temperror;
    if (Done decided = co_await decide_for_all(verdicts); !decided) co_return decided;
    log_verdicts(verdicts);
    for (const mailauth::AuthenticationResult& one : results_of(verdicts, envelope_.client_address)) {
        checks_.push_back(to_line(one));
    }
    if (decision_.what == Disposition::defer) co_return storage::refuse(Reason::unavailable, decision_.why);
    if (decision_.what == Disposition::refuse) co_return storage::refuse(Reason::not_permitted, decision_.why);
    if (Done proven = check_proof(verdicts); !proven) co_return proven;
    Done done = co_await put_judged(verdicts);
    co_return done;
}

// As though it were enforced for all recipients; then those for whom it is not are spared: those of domains that only
// observe, and accounts that have filed mail of this list before. Where only some are, there is one answer for all: the
// message is taken, and those who would have refused it have it in Junk.
asio::awaitable<Result<std::monostate>> IncomingMessage::decide_for_all(const Verdicts& verdicts) {
    const std::vector<std::string> speakers = speakers_for_list(verdicts, list_id_);
    if (!list_id_.empty() && !speakers.empty())
        list_mail_ = storage::ListMail{.list_id = list_id_, .domain = speakers.front()};
    PolicyOptions enforced = options_->policy;
    enforced.enforce = true;
    decision_ = decide(verdicts, enforced);
    if (decision_.what == Disposition::deliver) co_return std::monostate{};
    const Result<std::map<std::string, bool>> by_domain = co_await house_.store.read(storage::dmarc_by_domain());
    if (!by_domain) co_return std::unexpected(by_domain.error());
    const Result<std::vector<storage::AccountId>> filed = co_await accounts_that_filed(speakers);
    if (!filed) co_return std::unexpected(filed.error());
    std::size_t spared = 0;
    bool observed = false;
    for (const services::IntakeRecipient& recipient : envelope_.recipients) {
        const bool observes = !is_enforced_for(recipient, *by_domain);
        observed = observed || observes;
        spared += spare(recipient, observes, *filed) ? 1 : 0;
    }
    if (spared == envelope_.recipients.size()) {
        decision_ = {.what = Disposition::deliver,
                     .why = observed ? "DMARC is only observed" : "mail of " + list_id_ + " has been filed before"};
    } else if (observed || !spared_.empty()) {
        decision_.what = Disposition::junk;
    }
    co_return std::monostate{};
}

// A list is its own domain's.
bool IncomingMessage::is_enforced_for(const services::IntakeRecipient& recipient,
                                      const std::map<std::string, bool>& by_domain) const {
    const std::string& address = list_.empty() ? recipient.recipient.address : list_;
    const std::string domain = address.substr(address.rfind('@') + 1);
    const auto own = by_domain.find(storage::normal_domain(domain).value_or(domain));
    return own == by_domain.end() ? options_->policy.enforce : own->second;
}

// Of the recipients' accounts. Our own lists file nothing.
asio::awaitable<Result<std::vector<storage::AccountId>>> IncomingMessage::accounts_that_filed(
    const std::vector<std::string>& speakers) {
    std::vector<storage::AccountId> accounts;
    if (speakers.empty() || !list_.empty()) co_return accounts;
    for (const services::IntakeRecipient& recipient : envelope_.recipients) {
        for (const auto& local : recipient.recipient.destinations->local) accounts.push_back(local.account);
    }
    auto query = storage::accounts_that_filed(std::move(accounts), list_id_, speakers);
    Result<std::vector<storage::AccountId>> filed = co_await house_.store.read(std::move(query));
    co_return filed;
}

// True if all whom the recipient leads to are spared.
bool IncomingMessage::spare(const services::IntakeRecipient& recipient, bool observes,
                            const std::vector<storage::AccountId>& filed) {
    const storage::ResolvedRecipient& there = *recipient.recipient.destinations;
    bool all = there.remote.empty() && there.lists.empty() && !there.local.empty();
    for (const auto& local : there.local) {
        const bool spared = observes || std::ranges::find(filed, local.account) != filed.end();
        if (spared) spared_.insert(local.inbox);
        all = all && spared;
    }
    return observes || all;
}

asio::awaitable<Result<std::monostate>> IncomingMessage::put_judged(const Verdicts& verdicts) {
    trace_fields_ += mailauth::write_authentication_results(
        {.id = options_->hostname, .results = results_of(verdicts, envelope_.client_address)});
    Done done = co_await put_spooled();
    co_return done;
}

// Writes what has waited for its end, binary parts as base64: at most 1.4 times as much.
asio::awaitable<Result<std::monostate>> IncomingMessage::put_spooled() {
    if (spool_.has_chunks() && !staged_.set((binary_ ? 3 : 2) * size_octets_)) {
        co_return over(envelope_.submitter ? "limits.account_disk" : "limits.strangers_disk", Reason::storage_full,
                       "too much is being received just now, try later");
    }
    Done done = co_await put(std::exchange(trace_fields_, {}));
    if (done) done = co_await put_converted(std::exchange(fields_, {}));
    while (done) {
        const Result<std::string> piece = co_await spool_.read();
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) break;
        done = co_await put_converted(*piece);
    }
    if (done && binary_) done = co_await end_conversion();
    co_return done;
}

namespace {

std::unexpected<storage::Refusal> not_convertible() {
    return storage::refuse(Reason::not_convertible,
                           "Message refused: outside its binary parts it has a CR, LF or NUL of its own, or it has too "
                           "many parts to encode the binary ones");
}

}  // namespace

// RFC 3030 §3: nothing binary is stored or sent on, since neither readers nor most servers take it.
asio::awaitable<Result<std::monostate>> IncomingMessage::put_converted(std::string_view octets) {
    if (!binary_) {
        Done done = co_await put(octets);
        co_return done;
    }
    std::string converted;
    if (!binary_->convert(octets, converted)) co_return not_convertible();
    converted_octets_ += converted.size();
    if (converted_octets_ > options_->message_octets) {
        co_return over("limits.message_size", Reason::too_large,
                       "message exceeds " + std::to_string(options_->message_octets) +
                           " octets once its binary parts are encoded");
    }
    Done done = co_await put(converted);
    co_return done;
}

asio::awaitable<Result<std::monostate>> IncomingMessage::end_conversion() {
    std::string rest;
    if (!binary_->finish(rest)) co_return not_convertible();
    Done done = co_await put(rest);
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

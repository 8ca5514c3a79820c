// Coroutines ask the DNS beside the session: one about the client, from the beginning; one about the content, from its
// end on; then one about the author. The session waits for them, but not without end: half of the time for what speaks
// for the message, the other half for the author's own policy.
#include "server/delivery/intake/judge.h"

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <optional>
#include <set>

#include "protocols/base/text.h"
#include "protocols/mailauth/authentication_results_writer.h"
#include "protocols/mailauth/dkim_body_hashes.h"
#include "protocols/mailauth/dkim_header_fields.h"
#include "protocols/mailauth/domain_name.h"
#include "protocols/mime/address.h"
#include "protocols/net/spawn.h"

namespace server::delivery {

using Clock = std::chrono::steady_clock;

namespace {

// The domains of all addresses in the From fields, however many there are; of more domains than are judged one by one,
// the first.
std::vector<std::string> author_domains(const mailauth::HeaderFields& fields) {
    std::vector<std::string> domains;
    std::set<std::string> seen;
    for (const mailauth::HeaderFields::Field& field : fields.named("from")) {
        for (mime::Address& author : mime::parse_addresses(field.value, field.value.size())) {
            if (author.kind != mime::Address::Kind::mailbox || author.domain.empty()) continue;
            if (!seen.insert(base::lower(author.domain)).second) continue;
            domains.push_back(std::move(author.domain));
            if (domains.size() > mailauth::max_author_domains) return domains;
        }
    }
    return domains;
}

// The domain that SPF asks about.
std::string spf_domain(const JudgedEnvelope& envelope) {
    const std::string& path = envelope.reverse_path;
    const std::string given = path.empty() ? envelope.client_name : path.substr(path.rfind('@') + 1);
    return mailauth::normal_domain(given).value_or("");
}

}  // namespace

struct Judge::State {
    State(const asio::any_io_executor& given, std::shared_ptr<dns::Source> asked, JudgedEnvelope of)
        : executor(given), source(std::move(asked)), envelope(std::move(of)), changed(given) {
        verdicts.spf.verdict = mailauth::SpfVerdict::temperror;
        verdicts.spf.reason = late;
        verdicts.spf.domain = spf_domain(envelope);
        verdicts.iprev.reason = late;
        verdicts.iprev.address = client();
        verdicts.dmarc.verdict = mailauth::DmarcVerdict::temperror;
        verdicts.dmarc.open = mailauth::DmarcPolicy::reject;  // nobody knows better
        verdicts.dmarc.reason = late;
    }

    asio::ip::address client() const {
        asio::error_code fault;
        return mailauth::unmapped(asio::ip::make_address(envelope.client_address, fault));
    }

    // Until it is so, or the time is over.
    static asio::awaitable<void> wait(std::shared_ptr<State> state, bool State::* so, Clock::time_point until) {
        while (!(*state.*so) && Clock::now() < until) {
            state->changed.expires_at(until);
            asio::error_code woken;
            co_await state->changed.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
    }

    static constexpr const char* late = "the DNS did not answer in time";

    asio::any_io_executor executor;
    std::shared_ptr<dns::Source> source;
    JudgedEnvelope envelope;
    std::vector<std::string> authors{};
    mailauth::BodyHashes body{};
    std::optional<mailauth::DkimVerifier> dkim{};
    std::optional<mailauth::ArcVerifier> arc{};
    Verdicts verdicts{};
    bool knows_spf = false;
    bool knows_client = false;
    bool knows_dkim = false;
    bool knows_content = false;
    bool knows_author = false;
    bool is_over = false;  // nobody waits any more
    asio::steady_timer changed;
};

namespace {

// Says that something is known, however the look-ups end.
template <class State>
class AtEnd {
  public:
    AtEnd(State& state, bool State::* known) : state_(state), known_(known) {}
    AtEnd(const AtEnd&) = delete;
    AtEnd& operator=(const AtEnd&) = delete;
    ~AtEnd() {
        state_.*known_ = true;
        state_.changed.cancel();
    }

  private:
    State& state_;
    bool State::* known_;
};

}  // namespace

Judge::Judge(asio::any_io_executor executor, std::shared_ptr<dns::Source> source, JudgedEnvelope envelope,
             std::chrono::steady_clock::duration patience)
    : patience_(patience), state_(std::make_shared<State>(executor, std::move(source), std::move(envelope))) {
    net::spawn("judge the client", executor, look_up_client(state_));
}

Judge::~Judge() { state_->is_over = true; }

asio::awaitable<void> Judge::look_up_client(std::shared_ptr<State> state) {
    const AtEnd<State> known(*state, &State::knows_client);
    {
        const AtEnd<State> knows_spf(*state, &State::knows_spf);
        mailauth::SpfQuery query{.client = state->client(),
                                 .mail_from = state->envelope.reverse_path,
                                 .helo = state->envelope.client_name,
                                 .receiver = state->envelope.hostname,
                                 .now = state->envelope.now};
        state->verdicts.spf = co_await mailauth::check_spf(*state->source, std::move(query));
    }
    if (state->is_over) co_return;
    state->verdicts.iprev = co_await mailauth::check_iprev(*state->source, state->client());
}

void Judge::read_header(std::string_view section) {
    const mailauth::HeaderFields fields(section);
    state_->authors = author_domains(fields);
    state_->verdicts.authors = state_->authors;
    state_->dkim.emplace(fields, state_->body);
    state_->arc.emplace(fields, state_->body);
}

void Judge::feed(std::string_view body) {
    if (!state_->body.empty()) state_->body.feed(body);
}

asio::awaitable<void> Judge::judge_content(std::shared_ptr<State> state) {
    const AtEnd<State> known(*state, &State::knows_content);
    const std::int64_t now = state->envelope.now;
    {
        const AtEnd<State> knows_dkim(*state, &State::knows_dkim);
        co_await state->dkim->finish(*state->source, now, state->body, state->authors);
    }
    if (state->is_over) co_return;
    state->verdicts.arc = co_await state->arc->finish(*state->source, now, state->body);
}

// By what is known now: what comes later does not count.
asio::awaitable<void> Judge::judge_author(std::shared_ptr<State> state) {
    const AtEnd<State> known(*state, &State::knows_author);
    const mailauth::SpfResult spf = state->verdicts.spf;
    const std::vector<mailauth::DkimResult> dkim = state->dkim->so_far();
    state->verdicts.dmarc = co_await mailauth::evaluate_dmarc(*state->source, state->authors, spf, dkim);
}

asio::awaitable<Verdicts> Judge::finish() {
    const std::shared_ptr<State> state = state_;
    const Clock::time_point until = Clock::now() + patience_;
    const Clock::time_point half = Clock::now() + patience_ / 2;
    state->body.finish();
    net::spawn("judge the content", state->executor, judge_content(state));
    co_await State::wait(state, &State::knows_spf, half);
    co_await State::wait(state, &State::knows_dkim, half);
    net::spawn("judge the author", state->executor, judge_author(state));
    co_await State::wait(state, &State::knows_author, until);
    co_await State::wait(state, &State::knows_client, until);
    co_await State::wait(state, &State::knows_content, until);
    state->is_over = true;
    Verdicts verdicts = state->verdicts;  // a copy: look-ups that are late may still write theirs
    verdicts.dkim = state->dkim->so_far();
    co_return verdicts;
}

std::vector<mailauth::AuthenticationResult> results_of(const Verdicts& verdicts, const std::string& client_address) {
    asio::error_code fault;
    std::vector<mailauth::AuthenticationResult> results{mailauth::result_of(verdicts.iprev),
                                                        mailauth::result_of(verdicts.spf)};
    for (mailauth::AuthenticationResult& dkim : mailauth::results_of(verdicts.dkim)) results.push_back(std::move(dkim));
    results.push_back(mailauth::result_of(verdicts.dmarc));
    results.push_back(mailauth::result_of(verdicts.arc, asio::ip::make_address(client_address, fault)));
    return results;
}

std::string to_line(const mailauth::AuthenticationResult& result) {
    std::string line = result.method + "=" + result.result;
    for (const mailauth::AuthenticationProperty& property : result.properties) {
        line += " " + property.type + "." + property.name + "=" + property.value;
    }
    for (const std::string* more : {&result.reason, &result.comment}) {
        if (!more->empty()) line += " (" + *more + ")";
    }
    return line;
}

}  // namespace server::delivery

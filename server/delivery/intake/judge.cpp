// Coroutines ask the DNS beside the session: about the client, from the beginning (client_inquiry.h); about the
// content, from its end on, when most of that has been asked ahead; then about the author. The session waits for them,
// but not without end: half of the time for what speaks for the message, the other half for the author's own policy.
#include "server/delivery/intake/judge.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mailauth/authentication_results_writer.h"
#include "protocols/mailauth/dkim_body_hashes.h"
#include "protocols/mailauth/dkim_header_fields.h"
#include "protocols/mailauth/domain_name.h"
#include "protocols/mime/address.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/net/spawn.h"
#include "server/delivery/intake/awaited.h"

namespace server::delivery {

using Clock = std::chrono::steady_clock;

namespace {

// Domains, however many names they are given; of more than are judged one by one, the first.
class Domains {
  public:
    // False: there are enough.
    bool add(std::string domain) {
        if (seen_.insert(base::lower(domain)).second) list_.push_back(std::move(domain));
        return list_.size() <= mailauth::max_author_domains;
    }
    std::vector<std::string> take() { return std::move(list_); }

  private:
    std::vector<std::string> list_;
    std::set<std::string> seen_;
};

// What stands behind each "@", as far as it looks like a domain.
void add_lookalikes(Domains& domains, std::string_view text) {
    const auto is_of_domain = [](char c) {
        return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_' || c == '.' || (c & '\x80') != 0;
    };
    for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
        const std::size_t begin = std::min(text.find_first_not_of(" \t[", at + 1), text.size());
        const std::size_t end = static_cast<std::size_t>(std::ranges::find_if_not(text.substr(begin), is_of_domain) -
                                                         text.substr(begin).begin());
        const std::string_view domain = text.substr(begin, end);
        if (domain.contains('.') && !domains.add(std::string(domain))) return;
    }
}

// The domains of all addresses in the From fields. If there is none by the grammar, those that a reader may see there:
// encoded, with octets that it leaves out, or before an empty "<>".
std::vector<std::string> author_domains(const mailauth::HeaderFields& fields) {
    Domains domains;
    bool has_one = false;
    for (const mailauth::HeaderFields::Field& field : fields.named("from")) {
        for (mime::Address& author : mime::parse_addresses(field.value, field.value.size())) {
            if (author.kind != mime::Address::Kind::mailbox || author.domain.empty()) continue;
            has_one = has_one || mailauth::normal_domain(author.domain);
            if (!domains.add(std::move(author.domain))) return domains.take();
        }
    }
    if (has_one) return domains.take();
    for (const mailauth::HeaderFields::Field& field : fields.named("from")) {
        add_lookalikes(domains, mime::decode_encoded_words(field.value));
    }
    return domains.take();
}

// The records that are wanted at the end of the message. They come meanwhile, and are remembered as long as they last.
std::vector<std::string> names_to_ask(const mailauth::DkimVerifier& dkim, const std::vector<std::string>& authors) {
    constexpr std::size_t most_keys = 3;
    std::vector<std::string> names = dkim.key_names(most_keys);
    if (!authors.empty()) {
        if (const auto author = mailauth::normal_domain(authors.front())) names.push_back("_dmarc." + *author);
    }
    std::erase_if(names, [](const std::string& name) { return !mailauth::can_be_asked(name); });
    return names;
}

asio::awaitable<void> ask_ahead(std::shared_ptr<dns::Source> source, std::string name) {
    co_await source->txt(std::move(name));
}

}  // namespace

struct Judge::State {
    State(const asio::any_io_executor& given, std::shared_ptr<ClientInquiry> of, std::int64_t at)
        : executor(given), client(std::move(of)), now(at), signatures(given), content(given), author(given) {
        verdicts.dmarc.verdict = mailauth::DmarcVerdict::temperror;
        verdicts.dmarc.open = mailauth::DmarcPolicy::reject;  // nobody knows better
        verdicts.dmarc.reason = "the DNS did not answer in time";
    }

    asio::any_io_executor executor;
    std::shared_ptr<ClientInquiry> client;
    std::int64_t now;
    std::vector<std::string> authors{};
    mailauth::BodyHashes body{};
    std::optional<mailauth::DkimVerifier> dkim{};
    std::optional<mailauth::ArcVerifier> arc{};
    Verdicts verdicts{};
    Awaited signatures;
    Awaited content;
    Awaited author;
    bool is_over = false;  // nobody waits any more
};

Judge::Judge(asio::any_io_executor executor, std::shared_ptr<ClientInquiry> client, std::int64_t now,
             std::chrono::steady_clock::duration patience)
    : patience_(patience), state_(std::make_shared<State>(executor, std::move(client), now)) {}

Judge::~Judge() { state_->is_over = true; }

void Judge::read_header(std::string_view section) {
    const mailauth::HeaderFields fields(section);
    state_->authors = author_domains(fields);
    state_->verdicts.authors = state_->authors;
    state_->dkim.emplace(fields, state_->body);
    state_->arc.emplace(fields, state_->body);
    for (std::string& name : names_to_ask(*state_->dkim, state_->authors)) {
        net::spawn("ask ahead", state_->executor, ask_ahead(state_->client->source(), std::move(name)));
    }
}

void Judge::feed(std::string_view body) {
    if (!state_->body.empty()) state_->body.feed(body);
}

asio::awaitable<void> Judge::judge_content(std::shared_ptr<State> state) {
    const Awaited::Finder content(state->content);
    dns::Source& source = *state->client->source();
    {
        const Awaited::Finder signatures(state->signatures);
        co_await state->dkim->finish(source, state->now, state->body, state->authors);
    }
    if (state->is_over) co_return;
    state->verdicts.arc = co_await state->arc->finish(source, state->now, state->body);
}

// By what is known now: what comes later does not count.
asio::awaitable<void> Judge::judge_author(std::shared_ptr<State> state) {
    const Awaited::Finder author(state->author);
    const mailauth::SpfResult spf = state->client->spf();
    const std::vector<mailauth::DkimResult> dkim = state->dkim->so_far();
    state->verdicts.dmarc = co_await mailauth::evaluate_dmarc(*state->client->source(), state->authors, spf, dkim);
}

asio::awaitable<Verdicts> Judge::finish() {
    const std::shared_ptr<State> state = state_;
    const Clock::time_point until = Clock::now() + patience_;
    const Clock::time_point half = Clock::now() + patience_ / 2;
    state->body.finish();
    net::spawn("judge the content", state->executor, judge_content(state));
    co_await state->client->wait_for_spf(half);
    co_await state->signatures.wait(half);
    net::spawn("judge the author", state->executor, judge_author(state));
    co_await state->author.wait(until);
    co_await state->client->wait(until);
    co_await state->content.wait(until);
    state->is_over = true;
    Verdicts verdicts = state->verdicts;  // a copy: look-ups that are late may still write theirs
    verdicts.spf = state->client->spf();
    verdicts.iprev = state->client->iprev();
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

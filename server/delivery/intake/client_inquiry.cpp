// Both look-ups go on beside the session, and at once. Who gives up a message, or names recipients only, costs no more
// than the question that is under way.
#include "server/delivery/intake/client_inquiry.h"

#include <utility>

#include "protocols/mailauth/domain_name.h"
#include "protocols/net/spawn.h"
#include "server/delivery/intake/awaited.h"

namespace server::delivery {

namespace {

// Asks nothing more once nobody waits for it.
class WhileWanted : public dns::Source {
  public:
    explicit WhileWanted(std::shared_ptr<dns::Source> source) : source_(std::move(source)) {}
    void end() { wanted_ = false; }

    asio::awaitable<dns::Answer<dns::Txt>> txt(std::string name) override {
        return wanted_ ? source_->txt(std::move(name)) : nothing<dns::Txt>();
    }
    asio::awaitable<dns::Answer<dns::Mx>> mx(std::string name) override {
        return wanted_ ? source_->mx(std::move(name)) : nothing<dns::Mx>();
    }
    asio::awaitable<dns::Answer<asio::ip::address_v4>> a(std::string name) override {
        return wanted_ ? source_->a(std::move(name)) : nothing<asio::ip::address_v4>();
    }
    asio::awaitable<dns::Answer<asio::ip::address_v6>> aaaa(std::string name) override {
        return wanted_ ? source_->aaaa(std::move(name)) : nothing<asio::ip::address_v6>();
    }
    asio::awaitable<dns::Answer<dns::Ptr>> ptr(asio::ip::address address) override {
        return wanted_ ? source_->ptr(std::move(address)) : nothing<dns::Ptr>();
    }
    asio::awaitable<dns::Answer<dns::Tlsa>> tlsa(std::string name) override {
        return wanted_ ? source_->tlsa(std::move(name)) : nothing<dns::Tlsa>();
    }

  private:
    template <class Record>
    static asio::awaitable<dns::Answer<Record>> nothing() {
        co_return dns::Unavailable{"nobody waits for it"};
    }

    std::shared_ptr<dns::Source> source_;
    bool wanted_ = true;
};

// The domain that SPF asks about.
std::string spf_domain(const JudgedEnvelope& envelope) {
    const std::string& path = envelope.reverse_path;
    const std::string given = path.empty() ? envelope.client_name : path.substr(path.rfind('@') + 1);
    return mailauth::normal_domain(given).value_or("");
}

constexpr const char* late = "the DNS did not answer in time";

}  // namespace

struct ClientInquiry::State {
    State(const asio::any_io_executor& executor, std::shared_ptr<dns::Source> asked, JudgedEnvelope of)
        : source(std::move(asked)), envelope(std::move(of)), knows_spf(executor), knows_iprev(executor) {
        spf.verdict = mailauth::SpfVerdict::temperror;
        spf.reason = late;
        spf.domain = spf_domain(envelope);
        iprev.reason = late;
        iprev.address = client();
    }

    asio::ip::address client() const {
        asio::error_code fault;
        return mailauth::unmapped(asio::ip::make_address(envelope.client_address, fault));
    }

    WhileWanted source;
    JudgedEnvelope envelope;
    mailauth::SpfResult spf{};
    mailauth::IprevResult iprev{};
    Awaited knows_spf;
    Awaited knows_iprev;
};

ClientInquiry::ClientInquiry(asio::any_io_executor executor, std::shared_ptr<dns::Source> source,
                             JudgedEnvelope envelope)
    : source_(source), state_(std::make_shared<State>(executor, std::move(source), std::move(envelope))) {
    net::spawn("judge the sender", executor, look_up_sender(state_));
    net::spawn("judge the address", executor, look_up_address(state_));
}

ClientInquiry::~ClientInquiry() { state_->source.end(); }

asio::awaitable<void> ClientInquiry::wait_for_spf(Clock::time_point until) {
    const std::shared_ptr<State> state = state_;
    co_await state->knows_spf.wait(until);
}

asio::awaitable<void> ClientInquiry::wait(Clock::time_point until) {
    const std::shared_ptr<State> state = state_;
    co_await state->knows_spf.wait(until);
    co_await state->knows_iprev.wait(until);
}

bool ClientInquiry::is_known() const { return state_->knows_spf.is_known() && state_->knows_iprev.is_known(); }

const mailauth::SpfResult& ClientInquiry::spf() const { return state_->spf; }

const mailauth::IprevResult& ClientInquiry::iprev() const { return state_->iprev; }

asio::awaitable<void> ClientInquiry::look_up_sender(std::shared_ptr<State> state) {
    const Awaited::Finder finder(state->knows_spf);
    mailauth::SpfQuery query{.client = state->client(),
                             .mail_from = state->envelope.reverse_path,
                             .helo = state->envelope.client_name,
                             .receiver = state->envelope.hostname,
                             .now = state->envelope.now};
    state->spf = co_await mailauth::check_spf(state->source, std::move(query));
}

asio::awaitable<void> ClientInquiry::look_up_address(std::shared_ptr<State> state) {
    const Awaited::Finder finder(state->knows_iprev);
    state->iprev = co_await mailauth::check_iprev(state->source, state->client());
}

}  // namespace server::delivery

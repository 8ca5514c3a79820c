// See house.h.
#include "tests/unit/smtp/house.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <cstring>
#include <future>
#include <stdexcept>

#include "protocols/sasl/scram_keys.h"
#include "protocols/smtp/session.h"

namespace smtp::testing {

namespace {

class FakeMessage : public services::IncomingMessage {
  public:
    FakeMessage(FakeIntake& intake, services::IntakeEnvelope envelope)
        : intake_(intake), message_{std::move(envelope), {}} {}

    bool fits(std::size_t) const override { return !intake_.waits; }
    void append(std::string_view octets) override { message_.content += octets; }
    asio::awaitable<storage::Result<std::monostate>> write(std::string_view octets) override {
        if (intake_.write_throws) throw std::runtime_error("disk on fire");
        if (intake_.write_refusal) co_return std::unexpected(*intake_.write_refusal);
        message_.content += octets;
        co_return std::monostate{};
    }
    void give_up(std::string why) override { given_up_ = std::move(why); }
    asio::awaitable<storage::Result<Receipt>> finish() override {
        if (given_up_) {
            intake_.given_up.push_back(*given_up_);
            co_return storage::refuse(storage::Reason::not_permitted, *given_up_);
        }
        if (intake_.finish_throws) throw std::runtime_error("disk on fire");
        if (intake_.finish_refusal) co_return std::unexpected(*intake_.finish_refusal);
        intake_.messages.push_back(std::move(message_));
        co_return Receipt{"m" + std::to_string(intake_.messages.size())};
    }

  private:
    FakeIntake& intake_;
    Message message_;
    std::optional<std::string> given_up_;
};

const services::Identity bob{storage::AccountId{7}, "bob@hamburger.edu"};

bool is_bob(const std::string& user) { return user == "bob" || user == bob.name; }

}  // namespace

std::shared_ptr<services::Inquiry> FakeIntake::inquire(const services::IntakeEnvelope& envelope,
                                                       const asio::any_io_executor&) {
    struct Counted : services::Inquiry {
        explicit Counted(int& of) : open(of) { ++open; }
        ~Counted() override { --open; }
        Counted(const Counted&) = delete;
        Counted& operator=(const Counted&) = delete;
        int& open;
    };
    inquiries.push_back(envelope.recipients.at(0).recipient.address);
    return std::make_shared<Counted>(open_inquiries);
}

std::unique_ptr<services::IncomingMessage> FakeIntake::begin(services::IntakeEnvelope envelope) {
    if (begin_throws) throw std::runtime_error("no room to begin");
    return std::make_unique<FakeMessage>(*this, std::move(envelope));
}

namespace {

storage::ResolvedRecipient team(const std::string& detail) {
    storage::ResolvedRecipient members;
    for (std::int64_t i = 1; i <= 50; ++i) {
        members.local.push_back({{i}, {i}, "member" + std::to_string(i) + "@hamburger.edu", detail});
    }
    return members;
}

}  // namespace

asio::awaitable<storage::Result<services::Recipient>> FakeDirectory::resolve(
    std::string address, std::shared_ptr<const services::KnownDestinations> others) {
    if (throws) throw std::runtime_error("the directory is gone");
    const std::size_t at = address.rfind('@');
    services::Recipient recipient{address, at == std::string::npos || address.substr(at + 1) == "hamburger.edu", {}};
    const std::string local = address.substr(0, at);
    const bool is_team = local.starts_with("team");
    const bool is_alias = is_team || local.starts_with("group");
    const bool known =
        local == "bob" || is_alias || strcasecmp(local.c_str(), "postmaster") == 0 || local.starts_with("user");
    if (recipient.ours && !known) co_return storage::refuse(storage::Reason::no_such_account, "");
    if (!recipient.ours) co_return recipient;
    const std::string name = is_team ? "team@hamburger.edu" : is_alias ? address : "user@hamburger.edu";
    if (others->contains(name)) {
        recipient.destinations = others->at(name);
        co_return recipient;
    }
    storage::ResolvedRecipient destinations;
    if (is_alias) destinations = team(is_team ? local.substr(4) : "");
    if (is_alias) followed.push_back(name);
    destinations.name = name;
    recipient.destinations = std::move(destinations);
    co_return recipient;
}

asio::awaitable<storage::Result<bool>> FakeDirectory::may_send_as(storage::AccountId, std::string address) {
    co_return address == bob.name;
}

asio::awaitable<storage::Result<std::string>> FakeDirectory::why_suppressed(storage::AccountId, std::string address) {
    co_return address == suppressed ? "Your mail to this address has failed for good" : "";
}

asio::awaitable<storage::Result<services::Identity>> FakeAuthenticator::check_password(services::LoginAttempt attempt,
                                                                                       std::string password) {
    if (is_bob(attempt.user) && password == "hungry") co_return bob;
    co_return storage::refuse(storage::Reason::authentication_failed, "");
}

asio::awaitable<storage::Result<services::Authenticator::ScramRecord>> FakeAuthenticator::scram_record(
    services::LoginAttempt attempt) {
    const sasl::ScramKeys keys = sasl::derive_scram_keys("hungry", "0123456789abcdef", 4096);
    ScramRecord record;
    if (is_bob(attempt.user)) record.identity = bob;
    record.keys = {keys.salt, keys.iterations, keys.stored_key, keys.server_key};
    co_return record;
}

asio::awaitable<void> FakeAuthenticator::scram_finished(services::LoginAttempt, std::unique_ptr<ScramExchange>, bool) {
    co_return;
}

bool FakeAuthenticator::plaintext_allowed(const std::string&) const { return plaintext; }

void FakeLog::write(services::Level, std::string_view area, std::string_view session, std::string_view event,
                    const Fields& fields) {
    const std::lock_guard lock(mutex_);
    text_.append(area).append(" s=").append(session).append(" event=").append(event);
    for (const auto& [key, value] : fields) text_.append(" ").append(key).append("=").append(value.text());
    text_ += '\n';
}

std::string FakeLog::text() const {
    const std::lock_guard lock(mutex_);
    return text_;
}

bool FakeLog::eventually_has(std::string_view words) const {
    for (int i = 0; i < 500 && !text().contains(words); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return text().contains(words);
}

House::House(Kind kind)
    : acceptor_(context_, {asio::ip::address_v4::loopback(), 0}),
      services_{authenticator, connection_limit, directory, intake, name_guesses, log} {
    net::ServerTlsOptions certificate;
    certificate.certificates.push_back(net::make_self_signed({"mail.hamburger.edu"}));
    tls = std::make_unique<net::TlsContext>(certificate);
    options.hostname = "mail.hamburger.edu";
    options.kind = kind;
    options.tls = tls.get();
    options.limits.command_timeout = std::chrono::seconds(10);
    options.limits.data_timeout = std::chrono::seconds(10);
}

House::~House() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
}

void House::start() {
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
}

asio::awaitable<void> House::accept() {
    for (;;) {
        asio::ip::tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
        asio::co_spawn(context_, serve_one(std::move(socket)), asio::detached);
    }
}

asio::awaitable<void> House::serve_one(asio::ip::tcp::socket socket) {
    net::Stream stream(std::move(socket));
    if (allowance) stream.set_allowance(allowance);
    streams_.push_back(&stream);
    co_await smtp::serve(stream, "7f3a", options, services_);
    std::erase(streams_, &stream);
}

void House::interrupt_sessions() {
    asio::post(context_, [this] {
        for (net::Stream* stream : streams_) stream->interrupt();
    });
}

void House::arrange(const std::function<void()>& change) {
    std::promise<void> done;
    asio::post(context_, [&] {
        change();
        done.set_value();
    });
    done.get_future().wait();
}

std::vector<Message> House::messages() {
    std::vector<Message> copy;
    arrange([&] { copy = intake.messages; });
    return copy;
}

Caller::Caller(const House& house) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{10, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const asio::ip::tcp::endpoint to = house.endpoint();
    if (::connect(descriptor_, to.data(), static_cast<socklen_t>(to.size())) != 0) {
        throw std::runtime_error(std::strerror(errno));
    }
}

Caller::~Caller() { hang_up(); }

void Caller::hang_up() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

void Caller::send(std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t sent = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        octets.remove_prefix(static_cast<std::size_t>(sent));
    }
}

Heard Caller::hear() {
    Heard heard;
    for (;;) {
        const std::size_t end = buffer_.find("\r\n");
        if (end == std::string::npos) {
            char octets[4096];
            const ssize_t got = ::recv(descriptor_, octets, sizeof octets, 0);
            if (got <= 0) return {};
            buffer_.append(octets, static_cast<std::size_t>(got));
            continue;
        }
        const std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 2);
        heard.text += line + "\n";
        if (line.size() > 3 && line[3] == '-') continue;
        heard.code = std::atoi(line.c_str());
        return heard;
    }
}

Heard Caller::say(std::string_view line) {
    send(std::string(line) + "\r\n");
    return hear();
}

bool Caller::closed() { return hear().code == 0; }

Caller& Caller::greeted() {
    if (hear().code != 220 || say("EHLO crepes.fr").code != 250) throw std::runtime_error("not greeted");
    return *this;
}

Caller& Caller::with_recipient() {
    if (say("MAIL FROM:<alice@crepes.fr>").code != 250 || say("RCPT TO:<bob@hamburger.edu>").code != 250) {
        throw std::runtime_error("no transaction");
    }
    return *this;
}

}  // namespace smtp::testing

// A server for SMTP tests: services that record their calls, a thread that serves sessions over loopback, and a client
// that sends lines and reads replies.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "protocols/net/stream.h"
#include "protocols/net/tls.h"
#include "protocols/smtp/options.h"
#include "tests/support/fake_connection_limit.h"
#include "tests/support/purse.h"

namespace smtp::testing {

struct Message {
    services::IntakeEnvelope envelope;
    std::string content;
};

// Accepts messages; on request it is slow, full or broken.
class FakeIntake : public services::Intake {
  public:
    std::unique_ptr<services::IncomingMessage> begin(services::IntakeEnvelope envelope) override;
    std::shared_ptr<services::Inquiry> inquire(const services::IntakeEnvelope& envelope,
                                               const asio::any_io_executor& executor) override;
    std::uint64_t max_message_octets() const override { return max_octets; }

    std::vector<Message> messages;
    std::vector<std::string> inquiries;  // the first recipients
    int open_inquiries = 0;
    std::vector<std::string> given_up;  // why, of messages that were heard to their end
    std::uint64_t max_octets = 100'000;
    bool waits = false;  // fits() says no
    bool begin_throws = false;
    bool write_throws = false;
    bool finish_throws = false;
    std::optional<storage::Refusal> write_refusal;
    std::optional<storage::Refusal> finish_refusal;
};

// hamburger.edu is ours, with one account (bob, postmaster, user…) and aliases of fifty: team (team…), and group….
class FakeDirectory : public services::Directory {
  public:
    asio::awaitable<storage::Result<services::Recipient>> resolve(
        std::string address, std::shared_ptr<const services::KnownDestinations> known) override;
    asio::awaitable<storage::Result<bool>> may_send_as(storage::AccountId account, std::string address) override;
    asio::awaitable<storage::Result<std::string>> why_suppressed(storage::AccountId account,
                                                                 std::string address) override;
    bool throws = false;
    std::string suppressed;             // an address elsewhere
    std::vector<std::string> followed;  // aliases, each time
};

// bob@hamburger.edu's password is "hungry".
class FakeAuthenticator : public services::Authenticator {
  public:
    asio::awaitable<storage::Result<services::Identity>> check_password(services::LoginAttempt attempt,
                                                                        std::string password) override;
    asio::awaitable<storage::Result<ScramRecord>> scram_record(services::LoginAttempt attempt) override;
    asio::awaitable<void> scram_finished(services::LoginAttempt attempt, std::unique_ptr<ScramExchange> exchange,
                                         bool succeeded) override;
    bool plaintext_allowed(const std::string& address) const override;
    bool plaintext = false;
};

// Counts wrong names; does not wait.
class FakeNameGuesses : public services::NameGuesses {
  public:
    asio::awaitable<bool> wrong_name(std::string address) override {
        guesses.push_back(std::move(address));
        co_return guesses.size() <= most;
    }
    std::vector<std::string> guesses;
    std::size_t most = 1'000'000;
};

class FakeLog : public services::EventLog {
  public:
    bool enabled(services::Level) const override { return true; }
    void write(services::Level level, std::string_view area, std::string_view session, std::string_view event,
               const Fields& fields) override;
    std::string text() const;
    bool eventually_has(std::string_view words) const;  // within five seconds

  private:
    mutable std::mutex mutex_;
    std::string text_;
};

// The server: one thread, sessions on a port of its own.
class House {
  public:
    explicit House(Kind kind = Kind::relay);
    ~House();
    void start();  // again, after options were changed
    void interrupt_sessions();
    // Runs `change` on the server's thread and waits: use it to change the fakes below while sessions run.
    void arrange(const std::function<void()>& change);
    std::vector<Message> messages();  // accepted so far
    asio::ip::tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

    FakeIntake intake;
    FakeNameGuesses name_guesses;
    std::shared_ptr<net::Allowance> allowance;  // of all sessions together
    FakeDirectory directory;
    FakeAuthenticator authenticator;
    support::FakeConnectionLimit connection_limit;
    FakeLog log;
    std::unique_ptr<net::TlsContext> tls;  // offered unless options.tls is cleared
    Options options;

  private:
    asio::awaitable<void> accept();
    asio::awaitable<void> serve_one(asio::ip::tcp::socket socket);

    asio::io_context context_;
    asio::ip::tcp::acceptor acceptor_;
    Services services_;
    std::vector<net::Stream*> streams_;
    std::thread thread_;
};

struct Heard {
    int code = 0;
    std::string text;  // all lines with their codes, each ended by LF
};

// A blocking client over plain text.
class Caller {
  public:
    explicit Caller(const House& house);
    ~Caller();
    void send(std::string_view octets);  // unchanged
    Heard hear();                        // the next reply; code 0 if the connection is closed
    Heard say(std::string_view line);    // sends with CRLF, returns the reply
    bool closed();                       // the server has closed
    void hang_up();

    // After the greeting, after EHLO, and so on: the usual states.
    Caller& greeted();
    Caller& with_recipient();  // MAIL from alice, RCPT to bob

  private:
    int descriptor_ = -1;
    std::string buffer_;
};

}  // namespace smtp::testing

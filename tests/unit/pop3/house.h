// A server for POP3 tests: a real store with bob's maildrop, an authenticator that knows bob, a thread that serves
// sessions over loopback, and a blocking client that sends lines and reads replies.
#pragma once

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "protocols/mime/summary.h"
#include "protocols/net/tls.h"
#include "protocols/pop3/session.h"
#include "protocols/sasl/scram_keys.h"
#include "storage/accounts.h"
#include "storage/blobs.h"
#include "storage/domains.h"
#include "storage/engine/connection.h"
#include "storage/mailboxes.h"
#include "storage/messages.h"
#include "storage/store_await.h"
#include "storage/store_options.h"
#include "tests/support/fake_connection_limit.h"

namespace pop3::testing {

// bob@hamburger.edu's password is "hungry".
class FakeAuthenticator : public services::Authenticator {
  public:
    asio::awaitable<storage::Result<services::Identity>> check_password(services::LoginAttempt attempt,
                                                                        std::string password) override {
        const bool right = (attempt.user == "bob" || attempt.user == "bob@hamburger.edu") && password == "hungry";
        if (!right) co_return storage::refuse(storage::Reason::authentication_failed, "wrong");
        co_return identity();
    }
    asio::awaitable<storage::Result<ScramRecord>> scram_record(services::LoginAttempt) override {
        const sasl::ScramKeys keys = sasl::derive_scram_keys("hungry", "0123456789abcdef", 4096);
        co_return ScramRecord{identity(), {keys.salt, keys.iterations, keys.stored_key, keys.server_key}};
    }
    asio::awaitable<void> scram_finished(services::LoginAttempt, std::unique_ptr<ScramExchange>, bool) override {
        co_return;
    }
    bool plaintext_allowed(const std::string&) const override { return plaintext; }

    services::Identity identity() const { return {.account = bob, .name = "bob@hamburger.edu", .generation = 1}; }

    storage::AccountId bob;
    bool plaintext = true;
};

class FakeLog : public services::EventLog {
  public:
    bool enabled(services::Level) const override { return true; }
    void write(services::Level, std::string_view area, std::string_view session, std::string_view event,
               const Fields& fields) override {
        const std::lock_guard lock(mutex_);
        text_.append(area).append(" s=").append(session).append(" event=").append(event);
        for (const auto& [key, value] : fields) text_.append(" ").append(key).append("=").append(value.text());
        text_ += '\n';
    }
    bool eventually_has(std::string_view words) const {
        for (int i = 0; i < 1000; ++i) {
            if (text().find(words) != std::string::npos) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return false;
    }
    bool eventually_has_times(std::string_view words, int times) const {
        for (int i = 0; i < 1000; ++i) {
            int found = 0;
            const std::string all = text();
            for (std::size_t at = all.find(words); at != std::string::npos; at = all.find(words, at + 1)) ++found;
            if (found >= times) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return false;
    }
    std::string text() const {
        const std::lock_guard lock(mutex_);
        return text_;
    }

  private:
    mutable std::mutex mutex_;
    std::string text_;
};

class House {
  public:
    House()
        : path_(make_path()),
          store_(std::make_unique<storage::Store>(storage::StoreOptions{.path = path_ / "mailstead.db"})),
          acceptor_(context_, {asio::ip::address_v4::loopback(), 0}),
          tls_(net::ServerTlsOptions{.certificates = {net::make_self_signed({"mail.hamburger.edu"})}}),
          services_{*store_, authenticator, connection_limit, log, &tls_} {
        options.hostname = "mail.hamburger.edu";
        static_cast<void>(store_->write_now(storage::add_domain("hamburger.edu", 1)));
        authenticator.bob = store_->write_now(storage::add_account("bob@hamburger.edu", {}, 1)).value();
        inbox = store_->read_now(storage::find_mailbox(authenticator.bob, "INBOX")).value().id;
        asio::co_spawn(context_, accept(), asio::detached);
        thread_ = std::thread([this] { context_.run(); });
    }
    ~House() {
        context_.stop();
        thread_.join();
        // Remaining sessions would release their locks into a store that no longer exists.
        store_.reset();
        std::filesystem::remove_all(path_);
    }
    House(const House&) = delete;
    House& operator=(const House&) = delete;

    storage::Uid deliver(const std::string& content) {
        std::promise<storage::Uid> placed;
        asio::co_spawn(context_, put(content, placed), asio::detached);
        return placed.get_future().get();
    }
    std::uint32_t messages() {
        return store_->read_now(storage::get_mailbox({inbox, storage::the_server})).value().messages;
    }
    storage::MaildropUse use() { return store_->read_now(storage::maildrop_use(inbox)).value(); }
    bool eventually_marked(const storage::UidSet& uids) {
        for (int i = 0; i < 1000; ++i) {
            if (use().marked == uids) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return false;
    }
    void expunge(storage::Uid uid) {
        static_cast<void>(
            store_
                ->write_now(storage::expunge_messages({inbox, storage::the_server}, {uid}, storage::Durability::synced))
                .value());
    }
    // Changes the file directly, as another process would.
    void change_file(const std::string& sql) {
        storage::engine::Connection connection({.path = path_ / "mailstead.db"});
        connection.execute(sql);
    }
    // No write is done until this connection's transaction ends, as while another process writes.
    std::unique_ptr<storage::engine::Connection> hold_writes() {
        auto connection = std::make_unique<storage::engine::Connection>(
            storage::engine::ConnectionOptions{.path = path_ / "mailstead.db"});
        connection->execute("BEGIN IMMEDIATE");
        return connection;
    }
    asio::ip::tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

    Options options;
    FakeAuthenticator authenticator;
    support::FakeConnectionLimit connection_limit;
    FakeLog log;
    storage::MailboxId inbox;

  private:
    static std::filesystem::path make_path() {
        std::string name = (std::filesystem::temp_directory_path() / "mailstead-pop3-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
        return name;
    }

    asio::awaitable<void> accept() {
        for (int number = 1;; ++number) {
            asio::ip::tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
            asio::co_spawn(context_,
                           serve(net::Stream(std::move(socket)), "s" + std::to_string(number), options, services_),
                           asio::detached);
        }
    }

    asio::awaitable<void> put(std::string content, std::promise<storage::Uid>& placed) {
        storage::BlobWriter writer(*store_);
        const storage::Result<std::monostate> written = co_await writer.write(content);
        static_cast<void>(written.value());
        storage::Result<storage::StagedBlob> blob = co_await writer.finish();
        std::vector<storage::NewMessage> messages;
        const mime::Summary summary = mime::summarize(content);
        messages.push_back({.content = blob.value(),
                            .summary = mime::encode_summary(summary),
                            .text_sizes = {summary.text_octets, summary.ascii_text_octets},
                            .flags = {}});
        storage::Operation<storage::Appended> operation =
            storage::append_messages(inbox, std::move(messages), 1, storage::the_server);
        const storage::Result<storage::Appended> appended = co_await store_->write(std::move(operation));
        placed.set_value(appended.value().placed.front().uid);
    }

    std::filesystem::path path_;
    std::unique_ptr<storage::Store> store_;
    asio::io_context context_;
    asio::ip::tcp::acceptor acceptor_;
    net::TlsContext tls_;
    Services services_;
    std::thread thread_;
};

// A blocking client over plain text.
class Caller {
  public:
    explicit Caller(const House& house) : socket_(context_) {
        socket_.connect(house.endpoint());
        greeting = line();
    }
    void send(std::string_view octets) { asio::write(socket_, asio::buffer(octets)); }
    // The next line without its CRLF; "<closed>" if there is none.
    std::string line() {
        for (;;) {
            const std::size_t end = received_.find("\r\n");
            if (end != std::string::npos) {
                std::string found = received_.substr(0, end);
                received_.erase(0, end + 2);
                return found;
            }
            char block[4096];
            std::error_code error;
            const std::size_t count = socket_.read_some(asio::buffer(block), error);
            if (error) return "<closed>";
            received_.append(block, count);
        }
    }
    // The status line of a command's reply.
    std::string say(std::string_view command) {
        send(std::string(command) + "\r\n");
        return line();
    }
    // Only "+OK" or "-ERR", with the response code if there is one.
    std::string ask(std::string_view command) {
        const std::string answer = say(command);
        if (answer.starts_with("-ERR [")) return answer.substr(0, answer.find(']') + 1);
        return answer.substr(0, answer.find(' '));
    }
    // The lines after the status line, each ended by LF, without the last dot; byte-stuffing as sent.
    std::string lines() {
        std::string all;
        for (;;) {
            const std::string one = line();
            if (one == "." || one == "<closed>") return all + (one == "." ? "" : one);
            all += one + "\n";
        }
    }
    std::string ask_lines(std::string_view command) {
        const std::string status = ask(command);
        return status == "+OK" ? lines() : status;
    }
    Caller& logged_in() {
        say("USER bob");
        say("PASS hungry");
        return *this;
    }
    void hang_up() { socket_.close(); }

    std::string greeting;

  private:
    asio::io_context context_;
    asio::ip::tcp::socket socket_;
    std::string received_;
};

}  // namespace pop3::testing

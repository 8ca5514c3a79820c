// A runner with a store, a name server, peers and a fake clock, on a loop that the test runs.
#pragma once

#include <doctest/doctest.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocols/services/directory.h"
#include "protocols/services/event_log.h"
#include "server/delivery/intake/intake.h"
#include "server/queue/runner.h"
#include "storage/accounts.h"
#include "storage/blobs.h"
#include "storage/domains.h"
#include "storage/mailboxes.h"
#include "storage/messages.h"
#include "storage/queue_choice.h"
#include "storage/store.h"
#include "tests/unit/dns/name_server.h"
#include "tests/unit/server/queue/fake_peer.h"

namespace queue_test {

using namespace std::chrono_literals;

// The outcome of each recipient, from the log.
class Outcomes : public services::EventLog {
  public:
    bool enabled(services::Level) const override { return true; }
    void write(services::Level level, std::string_view, std::string_view, std::string_view event,
               const Fields& fields) override {
        std::string line(event);
        if (level == services::Level::warn) warnings.emplace_back(event);
        std::string to;
        for (const auto& [key, value] : fields) {
            line += " " + std::string(key) + "=" + value.text();
            if (key == "to") to = value.text();
        }
        lines.push_back(line);
        written.push_back({std::string(event), {}});
        for (const auto& [key, value] : fields) written.back().fields.emplace_back(key, value);
        if (event == "relayed" || event == "failed") final[to].emplace_back(event);
        if (event == "deferred") ++deferred[to];
    }
    struct Written {
        std::string name;
        std::vector<std::pair<std::string, services::LogValue>> fields;
    };
    std::vector<Written> written;
    std::vector<std::string> lines;
    std::vector<std::string> warnings;  // their events
    std::map<std::string, std::vector<std::string>> final;
    std::map<std::string, int> deferred;
};

// Mail for here.test is local, and goes to one mailbox.
struct OneMailbox : services::Directory {
    storage::MailboxId inbox;
    bool may_send = true;
    int faults = 0;     // so many look-ups fail
    bool full = false;  // the mailbox
    std::string gone;   // an address that nobody has any more
    bool busy = false;  // it refuses for now
    asio::awaitable<storage::Result<services::Recipient>> resolve(
        std::string address, std::shared_ptr<const services::KnownDestinations>) override {
        if (faults > 0 && faults-- > 0) throw std::runtime_error("the directory is out of order");
        if (busy) co_return storage::refuse(storage::Reason::unavailable, "try again later");
        if (address == gone) co_return storage::refuse(storage::Reason::no_such_account, "no such user here");
        services::Recipient found{.address = address, .ours = address.ends_with("@here.test"), .destinations = {}};
        if (found.ours) {
            storage::ResolvedRecipient there{.local = {{.account = {}, .inbox = inbox}}};
            if (full) there.local.front().room_octets = 0;
            found.destinations = std::move(there);
        }
        co_return found;
    }
    asio::awaitable<storage::Result<bool>> may_send_as(storage::AccountId, std::string) override { co_return may_send; }
    asio::awaitable<storage::Result<std::string>> why_suppressed(storage::AccountId, std::string) override {
        co_return std::string();
    }
};

class QueueHouse {
  public:
    QueueHouse();
    ~QueueHouse();
    QueueHouse(const QueueHouse&) = delete;
    QueueHouse& operator=(const QueueHouse&) = delete;

    // A peer on 127.0.0.`host`; all use the same port.
    FakePeer& peer(int host, PeerBehaviour behaviour = {});
    // DNS records; host n is 127.0.0.n.
    void mx(const std::string& domain, int preference, const std::string& host);
    void address(const std::string& host, int n);

    storage::QueueMessageId put(std::vector<std::string> recipients, const std::string& text = "hello",
                                const std::string& sender = "alice@here.test", std::int64_t account = 0);
    void start();
    void begin_to_stop();  // as after SIGTERM; the loop runs on
    // As after kill -9: all current work is lost; another server starts on the same store.
    void crash();
    // Runs the loop until it is so; fails the test after a long time.
    void until(const std::function<bool()>& so, const char* what);
    void turn(std::chrono::milliseconds time);
    // Moves the clock; the runner then looks at it.
    void advance(std::int64_t seconds);
    void advance_until(const std::function<bool()>& so, const char* what, std::int64_t step = 60);
    bool queue_is_empty() { return store->read_now(storage::list_queue())->empty(); }
    std::vector<std::string> bounces();
    FakePeer& last_peer() { return *peers_.back(); }
    std::size_t taken(const std::string& recipient) const;  // by all peers; each message counts
    // Makes the queued message refer to missing content, and back to its own.
    void break_content(storage::QueueMessageId message);
    void mend_content(storage::QueueMessageId message);
    const std::filesystem::path& directory() const { return directory_; }

    std::unique_ptr<storage::Store> store;
    NameServer names;
    Outcomes log;
    OneMailbox addresses;
    std::int64_t clock = 1'700'000'000;
    server::queue::RunnerOptions options;
    std::unique_ptr<asio::io_context> loop = std::make_unique<asio::io_context>();
    ReservedPort reserved{*loop};
    const std::uint16_t port = reserved.port();
    std::string name_server;  // instead of `names`
    std::chrono::milliseconds lookup_timeout = 1s;
    std::size_t lookups = 64;                                 // at once
    std::int64_t release_at = 0;                              // of messages
    bool submitted = false;                                   // messages are submitted by a local user
    std::uint8_t notify = 0;                                  // of the messages' recipients
    std::string prefix;                                       // of the messages
    std::string signing_domain;                               // of the messages
    bool has_intake = false;                                  // what was held for here.test is delivered by one
    bool smtputf8 = false;                                    // of the messages
    storage::TlsWish tls_wish = storage::TlsWish::by_policy;  // of the messages
    std::function<void()> later;                              // the second part of a scene

  private:
    struct Server {
        std::unique_ptr<asio::io_context> loop;
        std::unique_ptr<dns::Resolver> resolver;
        std::unique_ptr<server::queue::Runner> runner;
    };
    std::filesystem::path directory_;
    std::unique_ptr<server::delivery::Intake> intake_;
    std::unique_ptr<asio::io_context> server_loop_;
    std::unique_ptr<dns::Resolver> resolver_;
    std::unique_ptr<server::queue::Runner> runner_;
    std::vector<std::unique_ptr<FakePeer>> peers_;
    std::vector<Server> crashed_;
};

}  // namespace queue_test

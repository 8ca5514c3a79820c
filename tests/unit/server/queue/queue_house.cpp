#include "tests/unit/server/queue/queue_house.h"

#include <algorithm>

#include "storage/engine/connection.h"
#include "storage/store.h"
#include "storage/store_options.h"

namespace queue_test {
namespace {

storage::StagedBlob staged(const std::string& octets) {
    storage::StagedBlob blob;
    SHA256(reinterpret_cast<const unsigned char*>(octets.data()), octets.size(), blob.sha256.data());
    blob.size_octets = octets.size();
    blob.octets = std::make_shared<const std::string>(octets);
    return blob;
}

}  // namespace

QueueHouse::QueueHouse() {
    std::string pattern = "/tmp/mailstead-unit-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    storage::StoreOptions store_options;
    store_options.path = directory_ / "mailstead.db";
    store = std::make_unique<storage::Store>(store_options);
    (void)store->write_now(storage::add_domain("here.test", 1));
    const auto account = store->write_now(storage::add_account("alice@here.test", {"$argon2id$", {}}, 1)).value();
    addresses.inbox = store->read_now(storage::find_mailbox(account, "INBOX"))->id;
    options.slow_after = 600s;  // however slow this machine is: who wants to see slow connections says so
    options.schedule = {.waits = {60s, 120s}, .lifetime = 1h, .delay_notice_after = 0s};
    options.outbound.hostname = "mx.here.test";
    options.outbound.remote_port = port;
    options.outbound.destination_networks = {*server::auth::Network::parse("127.0.0.0/8")};
    options.outbound.timeouts = {.greeting = 1s, .command = 1s, .data = 1s, .block = 1s, .message = 1s, .quit = 1s};
}

QueueHouse::~QueueHouse() {
    for (auto& peer : peers_) peer->close();
    if (runner_) begin_to_stop();
    for (Server& server : crashed_) {
        server.runner->stop(0ms);
        server.resolver->stop();
    }
    // Remaining coroutines end with their connections.
    for (int i = 0; i < 100 && server_loop_; ++i) {
        server_loop_->restart();
        server_loop_->run_for(1ms);
        for (Server& server : crashed_) {
            server.loop->restart();
            server.loop->run_for(1ms);
        }
    }
    runner_.reset();
    store.reset();
    std::filesystem::remove_all(directory_);
}

FakePeer& QueueHouse::peer(int host, PeerBehaviour behaviour) {
    peers_.push_back(std::make_unique<FakePeer>(*loop, "127.0.0." + std::to_string(host), port, std::move(behaviour)));
    return *peers_.back();
}

void QueueHouse::mx(const std::string& domain, int preference, const std::string& host) {
    std::string rdata(1, '\0');
    rdata += static_cast<char>(preference);
    names.add(wire_name(domain), 15, rdata + wire_name(host) + std::string(1, '\0'));
}

void QueueHouse::address(const std::string& host, int n) {
    names.add(wire_name(host), 1, std::string("\x7f\0\0", 3) + static_cast<char>(n));
}

storage::QueueMessageId QueueHouse::put(std::vector<std::string> recipients, const std::string& text,
                                        const std::string& sender, std::int64_t account) {
    storage::Acceptance made;
    made.content = staged("Subject: " + text + "\r\n\r\n" + text + "\r\n");
    made.summary = "summary";
    made.received_at = clock;
    made.remote = storage::NewQueueMessage{.reverse_path = sender, .envelope_id = {}, .session = {}, .recipients = {}};
    made.remote->submitted = submitted;
    made.remote->release_at = release_at;
    made.remote->account = {account};
    made.remote->eight_bit_mime = true;
    made.remote->prefix = prefix;
    made.remote->smtputf8 = smtputf8;
    made.remote->tls_wish = tls_wish;
    made.remote->signing_domain = signing_domain;
    for (std::string& path : recipients) made.remote->recipients.push_back({std::move(path), notify, {}});
    return *store->write_now(storage::accept_message(made))->queue_message;
}

void QueueHouse::start() {
    server_loop_ = std::make_unique<asio::io_context>();
    const auto random_below = [](std::size_t) { return std::size_t{0}; };
    const auto random_text = [](std::size_t octets) { return std::string(octets * 2, 'a'); };
    resolver_ = std::make_unique<dns::Resolver>(
        server_loop_->get_executor(),
        dns::ResolverOptions{.servers = {name_server.empty() ? names.address() : name_server},
                             .timeout = lookup_timeout,
                             .lookups = lookups});
    if (has_intake) {
        intake_ = std::make_unique<server::delivery::Intake>(
            *store, addresses, log, server::delivery::IntakeOptions{.hostname = "mail.here.test"},
            [this] { return clock; });
    }
    runner_ = std::make_unique<server::queue::Runner>(
        server_loop_->get_executor(),
        server::queue::RunnerServices{*store, addresses, log, *resolver_, [this] { return clock; }, random_text,
                                      random_below, nullptr, nullptr, intake_.get()},
        options);
    runner_->start();
}

void QueueHouse::begin_to_stop() {
    runner_->stop(0ms);
    resolver_->stop();
}

void QueueHouse::crash() {
    crashed_.push_back(
        {.loop = std::move(server_loop_), .resolver = std::move(resolver_), .runner = std::move(runner_)});
    start();
}

void QueueHouse::turn(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    do {
        server_loop_->restart();
        loop->restart();
        // A peer may crash the server: then another one runs.
        const std::size_t done = server_loop_->poll() + loop->poll();
        if (done == 0) loop->run_one_for(1ms);
    } while (std::chrono::steady_clock::now() < end);
}

void QueueHouse::until(const std::function<bool()>& so, const char* what) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!so() && std::chrono::steady_clock::now() < end) turn(1ms);
    CHECK_MESSAGE(so(), what);
}

void QueueHouse::advance(std::int64_t seconds) {
    clock += seconds;
    runner_->configure(options);
}

void QueueHouse::advance_until(const std::function<bool()>& so, const char* what, std::int64_t step) {
    for (int i = 0; i < 200 && !so(); ++i) {
        advance(step);
        turn(20ms);
    }
    until(so, what);
}

std::size_t QueueHouse::taken(const std::string& recipient) const {
    std::size_t count = 0;
    for (const auto& peer : peers_) {
        for (const TakenMessage& message : peer->saw().taken)
            count += static_cast<std::size_t>(std::ranges::count(message.recipients, recipient));
    }
    return count;
}

void QueueHouse::break_content(storage::QueueMessageId message) {
    storage::engine::Connection connection({.path = directory_ / "mailstead.db"});
    connection.run("UPDATE queue_message SET blob_id = blob_id + 1000000 WHERE id = ?", message);
}

void QueueHouse::mend_content(storage::QueueMessageId message) {
    storage::engine::Connection connection({.path = directory_ / "mailstead.db"});
    connection.run("UPDATE queue_message SET blob_id = blob_id - 1000000 WHERE id = ?", message);
}

std::vector<std::string> QueueHouse::bounces() {
    const auto rows = store
                          ->read_now(storage::read_messages({addresses.inbox, storage::the_server},
                                                            storage::UidSet::all(), true, 1000))
                          .value();
    std::vector<std::string> contents;
    for (const storage::Message& row : rows)
        contents.push_back(store->read_now(storage::read_blob(row.blob, 0, row.size_octets)).value());
    return contents;
}

}  // namespace queue_test

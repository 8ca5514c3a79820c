// A search goes on only while its client is there. RFC 9051 §7.1.5; RFC 9585.
#include "protocols/imap/search/searcher.h"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <exception>
#include <memory>
#include <string>

#include "protocols/base/budget.h"
#include "protocols/imap/search/sort_orders.h"
#include "protocols/imap/search/sources.h"
#include "protocols/mime/summary.h"
#include "protocols/net/worker_pool.h"
#include "protocols/services/event_log.h"
#include "tests/support/fake_connection_limit.h"
#include "tests/unit/storage/temporary_store.h"

namespace {

using net::PeerState;

struct NoLog : services::EventLog {
    bool enabled(services::Level) const override { return false; }
    void write(services::Level, std::string_view, std::string_view, std::string_view, const Fields&) override {}
};

struct NoLogIns : services::Authenticator {
    asio::awaitable<storage::Result<services::Identity>> check_password(services::LoginAttempt, std::string) override {
        co_return storage::refuse(storage::Reason::authentication_failed, "no");
    }
    asio::awaitable<storage::Result<ScramRecord>> scram_record(services::LoginAttempt) override {
        co_return storage::refuse(storage::Reason::authentication_failed, "no");
    }
    asio::awaitable<void> scram_finished(services::LoginAttempt, std::unique_ptr<ScramExchange>, bool) override {
        co_return;
    }
    bool plaintext_allowed(const std::string&) const override { return false; }
};

// Ten messages, of which one is looked at in each slice, and a client that is what `peer` says.
struct Search {
    storage_test::TemporaryStore store;
    storage::AccountId account = store.add_account("bob@hamburger.edu");
    NoLog log;
    NoLogIns log_ins;
    support::FakeConnectionLimit connections;
    imap::SortOrders orders;
    net::WorkerPool compute{"test", 1};
    base::Budget memory{1 << 20};
    imap::Options options;
    imap::Services services{
        {store.store(), storage::LogIn{account, 1}}, log_ins, connections, log, orders, compute, memory, [] {
            return storage_test::now;
        }};
    std::function<PeerState()> peer = [] { return PeerState::there; };
    int looks = 0;
    int reports = 0;

    Search() {
        options.search_batch_messages = 1;
        for (int i = 0; i < 10; ++i) {
            const std::string octets = "Subject: " + std::to_string(i) + "\r\n\r\nketchup\r\n";
            storage::NewMessage message;
            message.content = storage_test::TemporaryStore::staged(octets);
            message.summary = mime::encode_summary(mime::summarize(octets));
            store.run(storage::append_messages(store.mailbox(account, "INBOX"), {message}, storage_test::now,
                                               storage::the_server));
        }
    }

    // How many messages were found; -1: the peer was gone.
    int run() {
        int found = -1;
        asio::io_context io;
        asio::co_spawn(io, find(found), [](std::exception_ptr thrown) {
            if (thrown) std::rethrow_exception(thrown);
        });
        try {
            io.run();
        } catch (const net::PeerGone&) {
            return -1;
        }
        return found;
    }

  private:
    asio::awaitable<void> find(int& found) {
        const storage::MailboxId inbox = store.mailbox(account, "INBOX");
        const imap::SelectedMailbox mailbox(
            {.access = {inbox, account}, .owner = account, .name = "INBOX", .uid_validity = 1},
            store.get(storage::view_mailbox({inbox, storage::the_server})));
        imap::Searcher searcher(
            options, services, account, nullptr,
            [this](std::uint32_t, std::uint32_t) -> asio::awaitable<void> {
                ++reports;
                co_return;
            },
            [this] {
                ++looks;
                return peer();
            });
        imap::wire::Search command;
        command.charset = "UTF-8";
        command.key.kind = imap::wire::SearchKey::Kind::text;
        command.key.text = "ketchup";
        auto program = searcher.prepare(command, mailbox, {});
        REQUIRE(program);
        const auto matches =
            co_await searcher.find(mailbox, std::make_shared<const imap::SearchProgram>(*std::move(program)));
        REQUIRE(matches);
        found = static_cast<int>(matches->size());
    }
};

}  // namespace

TEST_CASE("a search whose client has gone ends at its next slice") {
    Search search;
    CHECK(search.run() == 10);
    CHECK(search.reports == 0);
    search.looks = 0;
    search.peer = [&] { return search.looks > 5 ? PeerState::gone : PeerState::there; };
    CHECK(search.run() == -1);
    CHECK(search.looks < 8);  // of 20
}

TEST_CASE("a client that sends no more is answered; one report shows whether it is there") {
    Search search;
    search.peer = [] { return PeerState::sends_no_more; };
    CHECK(search.run() == 10);
    CHECK(search.reports == 1);
    search.reports = 0;
    search.peer = [&] { return search.reports > 0 ? PeerState::gone : PeerState::sends_no_more; };
    CHECK(search.run() == -1);
    CHECK(search.reports == 1);
}

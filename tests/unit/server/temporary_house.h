// A store in its own directory, and a loop to await things on: for tests of the server's services.
#pragma once

#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocols/services/event_log.h"
#include "server/auth/passwords.h"
#include "storage/accounts.h"
#include "storage/domains.h"
#include "storage/mailboxes.h"
#include "storage/messages.h"
#include "storage/store.h"
#include "storage/store_options.h"

// Keeps "event key=value …" lines.
class KeptLog : public services::EventLog {
  public:
    bool enabled(services::Level) const override { return true; }
    void write(services::Level, std::string_view, std::string_view, std::string_view event,
               const Fields& fields) override {
        std::string line(event);
        for (const auto& [key, value] : fields) line += " " + std::string(key) + "=" + value.text();
        lines.push_back(std::move(line));
    }
    std::vector<std::string> lines;
};

class TemporaryHouse {
  public:
    TemporaryHouse() {
        std::string pattern = (std::filesystem::temp_directory_path() / "mailstead-unit-XXXXXX").string();
        directory_ = mkdtemp(pattern.data());
        storage::StoreOptions options;
        options.path = directory_ / "mailstead.db";
        options.trace.keep = std::chrono::hours(1);
        store = std::make_unique<storage::Store>(options);
        if (!store->write_now(storage::add_domain("hamburger.edu", 1))) throw std::runtime_error("no domain");
        bob = add("bob@hamburger.edu", "hungry");
        eve = add("eve@hamburger.edu", "secret-eve");
    }
    TemporaryHouse(const TemporaryHouse&) = delete;
    TemporaryHouse& operator=(const TemporaryHouse&) = delete;
    ~TemporaryHouse() {
        store.reset();
        std::filesystem::remove_all(directory_);
    }

    storage::AccountId add(const std::string& name, const std::string& password) {
        const auto credentials = server::auth::make_credentials(password, cheap);
        return store->write_now(storage::add_account(name, credentials, 1)).value();
    }

    // Runs the coroutine to its end on this thread.
    template <class T>
    T await(asio::awaitable<T> coroutine) {
        std::optional<T> outcome;
        std::exception_ptr fault;
        loop.restart();
        asio::co_spawn(
            loop,
            [](asio::awaitable<T> inner, std::optional<T>& into) -> asio::awaitable<void> {
                into.emplace(co_await std::move(inner));
            }(std::move(coroutine), outcome),
            [&](std::exception_ptr thrown) { fault = thrown; });
        loop.run();
        if (fault) std::rethrow_exception(fault);
        return std::move(*outcome);
    }

    // The contents of an account's INBOX, oldest first.
    std::vector<std::string> inbox(storage::AccountId account) { return contents(account, "INBOX"); }
    std::vector<std::string> contents(storage::AccountId account, const std::string& name) {
        const auto mailbox = store->read_now(storage::find_mailbox(account, name)).value();
        const auto rows = store
                              ->read_now(storage::read_messages({mailbox.id, storage::the_server},
                                                                storage::UidSet::all(), true, 1000))
                              .value();
        std::vector<std::string> contents;
        for (const storage::Message& row : rows) {
            contents.push_back(store->read_now(storage::read_blob(row.blob, 0, row.size_octets)).value());
        }
        return contents;
    }

    static constexpr server::auth::HashCost cheap{.memory_kib = 64, .passes = 1, .scram_iterations = 4096};
    asio::io_context loop;
    KeptLog log;
    std::unique_ptr<storage::Store> store;
    storage::AccountId bob;
    storage::AccountId eve;

  private:
    std::filesystem::path directory_;
};

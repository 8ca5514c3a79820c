// A store with an account whose JMAP requests are answered, without HTTP.
#pragma once

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "protocols/mime/summary.h"
#include "protocols/mime/thread_names.h"
#include "storage/object_id_text.h"
#include "tests/unit/storage/temporary_store.h"
#include "web/jmap/answer.h"
#include "web/jmap/call.h"

namespace jmap_test {

using jmap::Json;

// Knows no one.
struct NoDirectory : services::Directory {
    asio::awaitable<storage::Result<services::Recipient>> resolve(
        std::string, std::shared_ptr<const services::KnownDestinations>) override {
        co_return storage::refuse(storage::Reason::no_such_account, "");
    }
    asio::awaitable<storage::Result<bool>> may_send_as(storage::AccountId, std::string) override { co_return false; }
    asio::awaitable<storage::Result<std::string>> why_suppressed(storage::AccountId, std::string) override {
        co_return std::string();
    }
};

struct NoIntake : services::Intake {
    std::unique_ptr<services::IncomingMessage> begin(services::IntakeEnvelope) override { return nullptr; }
    std::shared_ptr<services::Inquiry> inquire(const services::IntakeEnvelope&, const asio::any_io_executor&) override {
        return nullptr;
    }
    std::uint64_t max_message_octets() const override { return 1U << 20; }
};

struct NoLog : services::EventLog {
    bool enabled(services::Level) const override { return false; }
    void write(services::Level, std::string_view, std::string_view, std::string_view, const Fields&) override {}
};

struct JmapHouse : storage_test::TemporaryStore {
    storage::AccountId bob = add_account("bob@example.org");
    storage::MailboxId inbox = mailbox(bob, "INBOX");
    storage::MailboxId archive = mailbox(bob, "Archive");
    NoDirectory directory;
    NoIntake intake;
    NoLog log;
    std::int64_t clock = storage_test::now;
    int randoms = 0;
    jmap::Limits limits;
    jmap::EmailCounts email_counts;
    jmap::Services services{.directory = directory,
                            .intake = intake,
                            .log = log,
                            .email_counts = email_counts,
                            .now = [this] { return clock; },
                            .random_text =
                                [this](std::size_t octets) {
                                    std::string text = std::to_string(1'000'000 + ++randoms);
                                    return std::string(2 * octets - text.size(), '0') + text;
                                }};

    // Puts a whole message into a mailbox.
    storage::Uid deliver(storage::MailboxId where, const std::string& message, std::int64_t date = storage_test::now,
                         storage::NamedFlags flags = {}) {
        const mime::Summary summary = mime::summarize(message);
        storage::NewMessage put{.content = staged(message),
                                .summary = mime::encode_summary(summary),
                                .thread_names = mime::thread_names(summary),
                                .flags = std::move(flags),
                                .internal_date = date};
        return run(storage::append_messages(where, {std::move(put)}, date, storage::the_server)).placed.at(0).uid;
    }

    // The responses to these calls, which are bob's.
    Json ask(const Json& calls) {
        const services::Identity identity{
            .account = bob, .name = "bob@example.org", .uid_only = false, .generation = 1};
        const jmap::Context context{.identity = identity,
                                    .store = storage::SessionStore(store(), identity.log_in()),
                                    .base_url = "https://mail.example.org",
                                    .session = "s",
                                    .client_address = "192.0.2.1",
                                    .limits = limits,
                                    .services = services};
        const Json request = {{"using", {"urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"}},
                              {"methodCalls", calls}};
        asio::io_context loop;
        auto answer = asio::co_spawn(loop, jmap::answer(request.dump(), context), asio::use_future);
        loop.run();
        const auto text = answer.get();
        if (!text) throw std::runtime_error(jmap::to_text(text.error()));
        return Json::parse(*text)["methodResponses"];
    }
    // The arguments of the one response; of an error {"error": type, ...}.
    Json call(const std::string& method, Json arguments) {
        arguments["accountId"] = jmap::account_id_text(bob);
        const Json responses = ask(Json::array({Json::array({method, arguments, "c"})}));
        Json response = responses.at(0).at(1);
        if (responses.at(0).at(0) == "error") response["error"] = response["type"];
        return response;
    }
};

}  // namespace jmap_test

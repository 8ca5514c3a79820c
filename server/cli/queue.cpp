// mailstead queue list|show|retry|drop.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>

#include "protocols/base/text.h"
#include "protocols/mime/date_time.h"
#include "server/cli/context.h"
#include "server/cli/words.h"
#include "server/config/values.h"
#include "storage/queue.h"

namespace server::cli {

namespace {

using storage::QueueMessage;
using storage::QueueRecipient;

std::string_view word_of(storage::RecipientState state) {
    switch (state) {
        case storage::RecipientState::pending:
            return "pending";
        case storage::RecipientState::delivered:
            return "delivered";
        case storage::RecipientState::failed:
            return "failed";
        case storage::RecipientState::relayed:
            return "relayed";
    }
    return "";
}

std::string when(std::int64_t at) { return at == 0 ? "never" : mime::render_date_time({at, 0}); }

// Replies come from other servers: they must not control the administrator's terminal.
std::string shown(std::string text) {
    std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return text;
}

nlohmann::json to_json(const QueueMessage& message) {
    nlohmann::json recipients = nlohmann::json::array();
    for (const QueueRecipient& recipient : message.recipients) {
        recipients.push_back({{"forward_path", recipient.forward_path},
                              {"state", word_of(recipient.state)},
                              {"attempts", recipient.attempts},
                              {"next_attempt_at", recipient.next_attempt_at},
                              {"last_attempt_at", recipient.last_attempt_at},
                              {"last_reply", recipient.last_reply},
                              {"last_status", recipient.last_status},
                              {"last_remote", recipient.last_remote}});
    }
    return {{"id", message.id.value},         {"reverse_path", message.reverse_path},
            {"queued_at", message.queued_at}, {"size_octets", message.size_octets},
            {"session", message.session},     {"recipients", recipients}};
}

// Other servers' replies may be in any charset.
std::string dumped(const nlohmann::json& json) {
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

void show(Context& context, const QueueMessage& message) {
    std::ostream& out = context.console.out;
    if (context.json) {
        out << dumped(to_json(message)) << '\n';
        return;
    }
    out << fmt::format("{}  from <{}>  {}  queued {}\n", message.id.value, shown(message.reverse_path),
                       format_size({message.size_octets}), when(message.queued_at));
    for (const QueueRecipient& recipient : message.recipients) {
        out << fmt::format("    to <{}>  {}, {}, next {}\n", shown(recipient.forward_path), word_of(recipient.state),
                           counted(static_cast<std::uint64_t>(recipient.attempts), "attempt", "attempts"),
                           when(recipient.next_attempt_at));
        if (!recipient.last_reply.empty()) {
            const std::string remote = recipient.last_remote.empty() ? "" : shown(recipient.last_remote) + ": ";
            out << "        " << remote << shown(recipient.last_reply) << '\n';
        }
    }
}

void list_queue(Context& context) {
    context.access = Access::read;
    const auto messages = value_of(context.store().read_now(storage::list_queue()));
    if (!context.json) {
        for (const QueueMessage& message : messages) show(context, message);
        return;
    }
    nlohmann::json array = nlohmann::json::array();
    for (const QueueMessage& message : messages) array.push_back(to_json(message));
    context.console.out << dumped(array) << '\n';
}

void retry(Context& context, std::int64_t id) {
    std::optional<storage::QueueMessageId> message;
    if (id != 0) message = storage::QueueMessageId{id};
    const auto made_due = change(context, storage::retry_queue(message, std::time(nullptr)), "queue.retry",
                                 message ? std::to_string(id) : "all");
    if (context.json) {
        context.console.out << nlohmann::json{{"recipients", made_due}}.dump() << '\n';
    } else {
        context.console.out << counted(made_due, "recipient is", "recipients are") << " due now\n";
    }
}

// CLI11's own validator does not show the given text.
CLI::Validator message_id() {
    const auto objection = [](const std::string& text) {
        const auto id = base::parse_number<std::uint64_t>(text);
        const bool fits = id && *id > 0 && *id <= std::uint64_t{std::numeric_limits<std::int64_t>::max()};
        return fits ? std::string() : "\"" + text + "\" is not the number of a message";
    };
    return {objection, "NUMBER"};
}

}  // namespace

void add_queue_command(CLI::App& app, Context& context) {
    CLI::App* queue = app.add_subcommand("queue", "Messages for other servers: list, show, retry, drop");
    queue->require_subcommand(1);
    const auto id = std::make_shared<std::int64_t>(0);

    queue->add_subcommand("list", "List what waits")->callback([&context] {
        context.action = [&context] { list_queue(context); };
    });
    CLI::App* to_show = queue->add_subcommand("show", "Show one message's recipients and what was answered");
    to_show->add_option("id", *id, "The message's id")->required()->check(message_id());
    to_show->callback([&context, id] {
        context.action = [&context, id] {
            context.access = Access::read;
            show(context, value_of(context.store().read_now(storage::get_queue_message({*id}))));
        };
    });
    CLI::App* to_retry = queue->add_subcommand("retry", "Try one message, or all, at once");
    to_retry->add_option("id", *id, "The message's id; none: all")->check(message_id());
    to_retry->callback([&context, id] { context.action = [&context, id] { retry(context, *id); }; });
    CLI::App* to_drop = queue->add_subcommand("drop", "Drop a message without telling its sender");
    to_drop->add_option("id", *id, "The message's id")->required()->check(message_id());
    to_drop->callback([&context, id] {
        context.action = [&context, id] {
            change(context, storage::drop_queue_message({*id}, std::time(nullptr)), "queue.drop", std::to_string(*id));
        };
    });
}

}  // namespace server::cli

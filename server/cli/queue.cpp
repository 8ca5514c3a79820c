// mailstead queue list|show|stats|retry|hold|release|drop; suppressed.cpp has the rest.
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
#include "storage/blobs.h"
#include "storage/delivery_attempts.h"
#include "storage/queue_choice.h"

namespace server::cli {

namespace {

using storage::QueueMessage;
using storage::QueueRecipient;

constexpr std::uint64_t shown_octets = 16u << 10;  // of the content: enough for most header sections
constexpr std::uint64_t shown_body_octets = 1'000;
constexpr std::size_t shown_attempts = 1'000;  // of a message
constexpr std::int64_t lately = 86'400;        // seconds

// The options that choose mail.
struct ChoiceArguments {
    std::int64_t id = 0;  // 0: not given
    std::string sender;
    std::string recipient;
    std::string domain;
    std::string older;
    bool all = false;
};

std::string when(std::int64_t at) { return at == 0 ? "never" : mime::render_date_time({at, 0}); }

nlohmann::json to_json(const QueueMessage& message) {
    nlohmann::json recipients = nlohmann::json::array();
    for (const QueueRecipient& recipient : message.recipients) {
        recipients.push_back({{"forward_path", recipient.forward_path},
                              {"state", word_of_state(recipient.state)},
                              {"attempts", recipient.attempts},
                              {"next_attempt_at", recipient.next_attempt_at},
                              {"last_attempt_at", recipient.last_attempt_at},
                              {"last_reply", recipient.last_reply},
                              {"last_status", recipient.last_status},
                              {"last_remote", recipient.last_remote},
                              {"last_protection", recipient.last_protection}});
    }
    return {{"id", message.id.value},         {"reverse_path", message.reverse_path},
            {"queued_at", message.queued_at}, {"size_octets", message.size_octets},
            {"session", message.session},     {"wants", bits::word_of(message.tls_wish)},
            {"recipients", recipients}};
}

// Other servers' replies may be in any charset.
std::string dumped(const nlohmann::json& json) {
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

void print(std::ostream& out, const QueueMessage& message) {
    const std::string_view wish = bits::word_of(message.tls_wish);
    out << fmt::format("{}  from <{}>  {}  queued {}{}{}\n", message.id.value, on_terminal(message.reverse_path),
                       format_size({message.size_octets}), when(message.queued_at), wish.empty() ? "" : "  ", wish);
    for (const QueueRecipient& recipient : message.recipients) {
        const std::string next = recipient.state == storage::RecipientState::pending
                                     ? ", next " + when(recipient.next_attempt_at)
                                     : std::string();
        out << fmt::format("    to <{}>  {}, {}{}\n", on_terminal(recipient.forward_path),
                           word_of_state(recipient.state),
                           counted(static_cast<std::uint64_t>(recipient.attempts), "attempt", "attempts"), next);
        if (!recipient.last_reply.empty()) {
            const std::string remote = recipient.last_remote.empty() ? "" : on_terminal(recipient.last_remote) + ": ";
            out << "        " << remote << on_terminal(recipient.last_reply) << '\n';
        }
    }
}

nlohmann::json to_json(const storage::DeliveryAttempt& attempt) {
    return {{"at", attempt.at},
            {"forward_path", attempt.forward_path},
            {"outcome", word_of_attempt(attempt.outcome)},
            {"host", attempt.host},
            {"address", attempt.address},
            {"tls", attempt.tls},
            {"protection", attempt.protection},
            {"status", attempt.status},
            {"reply", attempt.reply}};
}

void print(std::ostream& out, const storage::DeliveryAttempt& attempt) {
    out << fmt::format("    {}  <{}>  {}", when(attempt.at), on_terminal(attempt.forward_path),
                       word_of_attempt(attempt.outcome));
    if (!attempt.host.empty()) {
        out << fmt::format("  {} ({})  {}", on_terminal(attempt.host), attempt.address,
                           attempt.tls.empty() ? "no TLS" : attempt.tls + ", " + attempt.protection);
    }
    out << "\n        " << on_terminal(attempt.reply) << '\n';
}

// The header section and the body's first lines, as far as they are shown.
std::string beginning_of(const std::string& content) {
    const std::size_t body = content.find("\r\n\r\n");
    return body == std::string::npos ? content : content.substr(0, body + 4 + shown_body_octets);
}

void print_content(std::ostream& out, std::string_view content) {
    while (!content.empty()) {
        const std::size_t end = std::min(content.find('\n'), content.size() - 1);
        std::string line(content.substr(0, end + 1));
        content.remove_prefix(end + 1);
        while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
        std::ranges::replace(line, '\t', ' ');
        out << "    " << on_terminal(std::move(line)) << '\n';
    }
}

void show_one(Context& context, std::int64_t id) {
    context.access = Access::read;
    context.need_present_schema();
    storage::Store& store = context.store();
    const QueueMessage message = value_of(store.read_now(storage::get_queue_message({id})));
    const auto attempts = value_of(store.read_now(storage::attempts_of({id}, shown_attempts)));
    const std::string content =
        beginning_of(value_of(store.read_now(storage::read_blob(message.blob, 0, shown_octets))));
    std::ostream& out = context.console.out;
    if (context.json) {
        nlohmann::json json = to_json(message);
        json["attempts"] = nlohmann::json::array();
        for (const storage::DeliveryAttempt& attempt : attempts) json["attempts"].push_back(to_json(attempt));
        json["content"] = content;
        out << dumped(json) << '\n';
        return;
    }
    print(out, message);
    if (!attempts.empty()) out << "Attempts:\n";
    for (const storage::DeliveryAttempt& attempt : attempts) print(out, attempt);
    out << "Content:\n";
    print_content(out, content);
}

// What the arguments choose. `needed`: something must be given, if only --all.
storage::QueueChoice choice_of(const ChoiceArguments& given, bool needed) {
    storage::QueueChoice choice;
    if (given.id != 0) choice.message = storage::QueueMessageId{given.id};
    if (!given.sender.empty()) choice.sender = given.sender == "<>" ? "" : given.sender;
    if (!given.recipient.empty()) choice.recipient = given.recipient;
    if (!given.domain.empty()) choice.domain = given.domain;
    if (!given.older.empty()) {
        const auto age = parse_duration(given.older);
        if (!age) throw WrongUsage("--older: \"" + given.older + "\" is not a duration: write one such as \"2d\"");
        choice.queued_before = std::time(nullptr) - age->count();
    }
    const bool some = choice.message || choice.sender || choice.recipient || choice.domain || choice.queued_before;
    if (given.all && some) throw WrongUsage("--all goes with no other choice");
    if (needed && !some && !given.all)
        throw WrongUsage("which mail? Give an id, --sender, --recipient, --domain, --older or --all");
    return choice;
}

// For the audit.
std::string subject_of(const ChoiceArguments& given) {
    std::string subject = given.id == 0 ? std::string() : std::to_string(given.id);
    const std::pair<std::string_view, const std::string*> options[] = {{"--sender", &given.sender},
                                                                       {"--recipient", &given.recipient},
                                                                       {"--domain", &given.domain},
                                                                       {"--older", &given.older}};
    for (const auto& [name, value] : options) {
        if (value->empty()) continue;
        if (!subject.empty()) subject += ' ';
        subject.append(name).append(" ").append(*value);
    }
    return subject.empty() ? "all" : subject;
}

void list_queue(Context& context, const ChoiceArguments& arguments) {
    context.access = Access::read;
    const auto messages = value_of(context.store().read_now(storage::list_queue(choice_of(arguments, false))));
    if (!context.json) {
        for (const QueueMessage& message : messages) print(context.console.out, message);
        return;
    }
    nlohmann::json array = nlohmann::json::array();
    for (const QueueMessage& message : messages) array.push_back(to_json(message));
    context.console.out << dumped(array) << '\n';
}

void tell_changed(Context& context, std::uint64_t recipients, std::string_view what) {
    if (context.json) {
        context.console.out << nlohmann::json{{"recipients", recipients}}.dump() << '\n';
    } else {
        context.console.out << counted(recipients, "recipient is", "recipients are") << ' ' << what << '\n';
    }
}

void retry(Context& context, const ChoiceArguments& arguments) {
    const auto made_due = change(context, storage::retry_queue(choice_of(arguments, false), std::time(nullptr)),
                                 "queue.retry", subject_of(arguments));
    tell_changed(context, made_due, "due now");
}

void hold(Context& context, const ChoiceArguments& arguments) {
    const auto held = change(context, storage::hold_queue(choice_of(arguments, true), std::time(nullptr)), "queue.hold",
                             subject_of(arguments));
    tell_changed(context, held, "held");
}

void release(Context& context, const ChoiceArguments& arguments) {
    const auto released = change(context, storage::release_queue(choice_of(arguments, true), std::time(nullptr)),
                                 "queue.release", subject_of(arguments));
    tell_changed(context, released, "released");
}

void drop(Context& context, const ChoiceArguments& arguments) {
    const storage::Dropped dropped =
        change(context, storage::drop_queue(choice_of(arguments, true), std::time(nullptr)), "queue.drop",
               subject_of(arguments));
    if (context.json) {
        context.console.out << nlohmann::json{{"recipients", dropped.recipients},
                                              {"messages", dropped.messages},
                                              {"untold_failures", dropped.untold}}
                                   .dump()
                            << '\n';
        return;
    }
    context.console.out << counted(dropped.recipients, "recipient is", "recipients are") << " dropped, "
                        << counted(dropped.messages, "message has", "messages have") << " left the queue\n";
    if (dropped.untold > 0) {
        context.console.out << counted(dropped.untold, "failure", "failures")
                            << " of other recipients will not be told to the senders any more\n";
    }
}

nlohmann::json to_json(const storage::QueueDestination& destination) {
    return {{"domain", destination.domain},
            {"pending", destination.pending},
            {"held", destination.held},
            {"oldest_at", destination.oldest_at},
            {"attempts", destination.attempts},
            {"delivered", destination.delivered},
            {"failed", destination.failed},
            {"last_at", destination.last_at},
            {"last_reply", destination.last_reply}};
}

void print(std::ostream& out, const storage::QueueDestination& destination) {
    out << fmt::format("{}  {} pending, {} held", on_terminal(destination.domain), destination.pending,
                       destination.held);
    if (destination.oldest_at != 0) out << ", oldest " << when(destination.oldest_at);
    out << '\n';
    if (destination.attempts == 0) return;
    out << fmt::format("    in 24 hours: {}, {} delivered, {} failed; the last {}\n        {}\n",
                       counted(destination.attempts, "attempt", "attempts"), destination.delivered, destination.failed,
                       when(destination.last_at), on_terminal(destination.last_reply));
}

void show_stats(Context& context) {
    context.access = Access::read;
    context.need_present_schema();
    const auto destinations =
        value_of(context.store().read_now(storage::queue_destinations(std::time(nullptr) - lately)));
    nlohmann::json array = nlohmann::json::array();
    for (const storage::QueueDestination& destination : destinations) {
        if (context.json) {
            array.push_back(to_json(destination));
        } else {
            print(context.console.out, destination);
        }
    }
    if (context.json) context.console.out << dumped(array) << '\n';
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

using ChoiceAction = void (*)(Context&, const ChoiceArguments&);

// A command on mail that options choose.
void add_choice(CLI::App& queue, Context& context, const char* name, const char* help, ChoiceAction action) {
    CLI::App* command = queue.add_subcommand(name, help);
    const auto arguments = std::make_shared<ChoiceArguments>();
    command->add_option("id", arguments->id, "The message's id")->check(message_id());
    command->add_option("--sender", arguments->sender, "Only from this reverse-path; \"<>\": only bounces");
    command->add_option("--recipient", arguments->recipient, "Only to this address");
    command->add_option("--domain", arguments->domain, "Only to addresses of this domain");
    command->add_option("--older", arguments->older, "Only what was queued longer ago: \"2d\", \"12h\"");
    command->add_flag("--all", arguments->all, "All of it");
    command->callback([&context, arguments, action] {
        context.action = [&context, arguments, action] { action(context, *arguments); };
    });
}

}  // namespace

void add_queue_command(CLI::App& app, Context& context) {
    CLI::App* queue = app.add_subcommand(
        "queue", "Messages for other servers: list, show, stats, suppressed, retry, hold, release, drop");
    queue->require_subcommand(1);
    add_choice(*queue, context, "list", "List what waits", list_queue);
    CLI::App* to_show =
        queue->add_subcommand("show", "Show one message: recipients, attempts, the content's beginning");
    const auto id = std::make_shared<std::int64_t>(0);
    to_show->add_option("id", *id, "The message's id")->required()->check(message_id());
    to_show->callback([&context, id] { context.action = [&context, id] { show_one(context, *id); }; });
    queue->add_subcommand("stats", "For each destination what waits, and how it went in the last 24 hours")
        ->callback([&context] { context.action = [&context] { show_stats(context); }; });
    add_choice(*queue, context, "retry", "Try what is chosen at once; nothing chosen: all", retry);
    add_choice(*queue, context, "hold", "Keep what is chosen from being tried, until it is released", hold);
    add_choice(*queue, context, "release", "Let what is held be tried again, at once", release);
    add_suppressed_command(*queue, context);
    add_choice(*queue, context, "drop", "Drop what is chosen, without telling its senders", drop);
}

}  // namespace server::cli

// mailstead trace: what happened to a message.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <ostream>

#include "protocols/base/text.h"
#include "protocols/base/timestamp.h"
#include "server/cli/context.h"
#include "server/cli/words.h"
#include "server/config/values.h"
#include "storage/delivery_attempts.h"
#include "storage/queue.h"
#include "storage/trace.h"

namespace server::cli {

namespace {

using storage::TraceEntry;
using storage::TraceFact;

struct TraceArguments {
    std::string word;
    std::string since;
    std::size_t most = 20;
};

constexpr std::size_t most_attempts = 1'000;  // shown of one message

// With what the queue still knows of it.
struct Traced {
    TraceEntry entry;
    struct Queued {
        storage::QueueMessageId id;
        std::vector<storage::DeliveryAttempt> attempts;
        std::vector<storage::QueueRecipient> recipients;  // empty: it has left the queue
    };
    std::vector<Queued> queued;
};

std::string fact(const TraceEntry& entry, std::string_view name) {
    const auto found = std::ranges::find(entry.story, name, &TraceFact::name);
    return found == entry.story.end() ? std::string() : found->value;
}

std::string outcome(const TraceEntry& entry) {
    if (!fact(entry, "refused").empty()) return "refused";
    return fact(entry, "area") == "notice" ? "made" : "accepted";
}

nlohmann::json attempt_in_json(const storage::DeliveryAttempt& attempt) {
    return {{"at", attempt.at},
            {"forward_path", attempt.forward_path},
            {"host", attempt.host},
            {"address", attempt.address},
            {"tls", attempt.tls},
            {"protection", attempt.protection},
            {"outcome", word_of_attempt(attempt.outcome)},
            {"status", attempt.status},
            {"reply", attempt.reply}};
}

nlohmann::json to_json(const Traced::Queued& queued) {
    nlohmann::json attempts = nlohmann::json::array();
    for (const storage::DeliveryAttempt& attempt : queued.attempts) attempts.push_back(attempt_in_json(attempt));
    nlohmann::json recipients = nlohmann::json::array();
    for (const storage::QueueRecipient& recipient : queued.recipients) {
        recipients.push_back({{"forward_path", recipient.forward_path}, {"state", word_of_state(recipient.state)}});
    }
    return {{"queue_id", queued.id.value}, {"recipients", recipients}, {"attempts", attempts}};
}

nlohmann::json to_json(const Traced& traced) {
    nlohmann::json story = nlohmann::json::array();
    for (const TraceFact& one : traced.entry.story) story.push_back({{"what", one.name}, {"value", one.value}});
    nlohmann::json filed = nlohmann::json::array();
    for (const TraceEntry::Filed& one : traced.entry.filed) {
        filed.push_back({{"account", one.account}, {"mailbox", one.mailbox}, {"uid", one.uid.value}});
    }
    nlohmann::json queued = nlohmann::json::array();
    for (const Traced::Queued& one : traced.queued) queued.push_back(to_json(one));
    return {{"at", traced.entry.at},
            {"outcome", outcome(traced.entry)},
            {"story", story},
            {"filed", filed},
            {"queued", queued}};
}

void show_filed(std::ostream& out, const TraceEntry& entry) {
    for (const TraceEntry::Filed& one : entry.filed) {
        const std::string where = one.account.empty() ? "a mailbox that has been deleted since"
                                                      : one.account + ", \"" + on_terminal(one.mailbox) + "\"";
        out << fmt::format("    {:<11} {}, as UID {}\n", "filed", where, one.uid.value);
    }
}

void show_attempt(std::ostream& out, const storage::DeliveryAttempt& attempt) {
    std::string by;
    for (const std::string* word : {&attempt.host, &attempt.address, &attempt.tls, &attempt.protection}) {
        if (!word->empty()) by += " " + on_terminal(*word);
    }
    // Most replies have the status in them.
    const std::string status = attempt.reply.contains(attempt.status) ? "" : attempt.status + " ";
    out << fmt::format("    {:<11} {}  <{}> {}{}: {}{}\n", "attempt", base::format_timestamp(attempt.at),
                       on_terminal(attempt.forward_path), word_of_attempt(attempt.outcome), by, status,
                       on_terminal(attempt.reply));
}

void show_queued(std::ostream& out, const Traced::Queued& queued) {
    out << fmt::format("    {:<11} as {}{}\n", "queued", queued.id.value,
                       queued.recipients.empty() ? ", and has left the queue" : "");
    for (const storage::DeliveryAttempt& attempt : queued.attempts) show_attempt(out, attempt);
    for (const storage::QueueRecipient& recipient : queued.recipients) {
        out << fmt::format("    {:<11} {}: {}\n", "", on_terminal(recipient.forward_path),
                           word_of_state(recipient.state));
    }
}

void show(std::ostream& out, const Traced& traced) {
    const TraceEntry& entry = traced.entry;
    out << fmt::format("{}  {}\n", base::format_timestamp(entry.at), outcome(entry));
    for (const TraceFact& one : entry.story) out << fmt::format("    {:<11} {}\n", one.name, one.value);
    show_filed(out, entry);
    for (const Traced::Queued& queued : traced.queued) show_queued(out, queued);
}

storage::TraceFilter filter_of(const TraceArguments& arguments) {
    std::string_view word = arguments.word;
    if (word.size() > 2 && word.starts_with('<') && word.ends_with('>')) word = word.substr(1, word.size() - 2);
    storage::TraceFilter filter{.word = std::string(word), .most = arguments.most};
    if (!arguments.since.empty()) {
        const auto ago = parse_duration(arguments.since);
        if (!ago) throw WrongUsage("--since: \"" + arguments.since + "\" is not a duration: write one such as \"7d\"");
        filter.since = std::time(nullptr) - ago->count();
    }
    return filter;
}

Traced::Queued queued(Context& context, storage::QueueMessageId id) {
    Traced::Queued queued{.id = id, .attempts = {}, .recipients = {}};
    queued.attempts = value_of(context.store().read_now(storage::attempts_of(id, most_attempts)));
    auto waiting = context.store().read_now(storage::get_queue_message(id));
    if (waiting) queued.recipients = std::move(waiting->recipients);
    return queued;
}

void show_trace(Context& context, const TraceArguments& arguments) {
    context.access = Access::read;
    const storage::TraceFilter filter = filter_of(arguments);
    const auto entries = value_of(context.store().read_now(storage::find_in_trace(filter)));
    nlohmann::json array = nlohmann::json::array();
    for (const TraceEntry& entry : entries) {
        Traced traced{.entry = entry, .queued = {}};
        for (const storage::QueueMessageId id : entry.queued) traced.queued.push_back(queued(context, id));
        if (context.json) {
            array.push_back(to_json(traced));
        } else {
            show(context.console.out, traced);
        }
    }
    if (context.json)
        context.console.out << array.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    if (entries.empty() && !context.json) throw Failure("nothing is known of " + arguments.word);
}

}  // namespace

void add_trace_command(CLI::App& app, Context& context) {
    CLI::App* trace = app.add_subcommand("trace", "What happened to a message");
    const auto arguments = std::make_shared<TraceArguments>();
    trace
        ->add_option("word", arguments->word,
                     "An address, a Message-ID, a number in the queue, or the id that the "
                     "sender was told")
        ->required();
    trace->add_option("--since", arguments->since, "Only of this last time: \"7d\", \"12h\"");
    trace->add_option("--most", arguments->most, "How many messages, the newest")->capture_default_str();
    trace->callback(
        [&context, arguments] { context.action = [&context, arguments] { show_trace(context, *arguments); }; });
}

}  // namespace server::cli

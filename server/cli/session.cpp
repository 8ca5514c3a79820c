// mailstead session list|end. A running server writes its sessions down every second (storage/open_sessions.h), and
// learns from the store's feed which to end.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "protocols/mime/date_time.h"
#include "server/cli/context.h"
#include "server/cli/words.h"
#include "storage/accounts.h"
#include "storage/open_sessions.h"

namespace server::cli {

namespace {

std::vector<storage::ListedSession> sessions_of(Context& context) {
    return value_of(context.store().read_now(storage::list_sessions()));
}

void list_sessions(Context& context) {
    context.access = Access::read;
    nlohmann::json array = nlohmann::json::array();
    for (const auto& [session, account] : sessions_of(context)) {
        if (context.json) {
            array.push_back({{"session", session.id},
                             {"account", account},
                             {"door", session.door},
                             {"address", session.address},
                             {"since", session.since}});
        } else {
            context.console.out << session.id << "  " << account << "  " << session.door << "  " << session.address
                                << "  since " << mime::render_date_time({session.since, 0}) << '\n';
        }
    }
    if (context.json) context.console.out << array.dump(2) << '\n';
}

// An id of an open session, or else an account's name.
void end_sessions(Context& context, const std::string& which) {
    const std::vector<storage::ListedSession> sessions = sessions_of(context);
    std::string ended = which;
    if (std::ranges::any_of(sessions, [&](const auto& one) { return one.session.id == which; })) {
        change(context, storage::end_session(which), "session.end", which);
    } else {
        ended = context.account_name(which);
        change(context, storage::end_log_ins(ended), "session.end", ended);
    }
    const auto count = static_cast<std::uint64_t>(std::ranges::count_if(
        sessions, [&](const auto& one) { return one.session.id == ended || one.account == ended; }));
    if (context.json) {
        context.console.out << nlohmann::json{{"ended", count}}.dump() << '\n';
    } else {
        context.console.out << counted(count, "session is", "sessions are") << " ended\n";
    }
}

}  // namespace

void add_session_command(CLI::App& app, Context& context) {
    CLI::App* session = app.add_subcommand("session", "Who is logged in: list, end");
    session->require_subcommand(1);
    session->add_subcommand("list", "List who is logged in: mail programs, and browsers (http)")->callback([&context] {
        context.action = [&context] { list_sessions(context); };
    });
    const auto which = std::make_shared<std::string>();
    CLI::App* end = session->add_subcommand(
        "end", "End a session, or all of an account, also in browsers; who knows the password can log in again");
    end->add_option("which", *which, "The session's id, as listed, or an account")->required();
    end->callback([&context, which] { context.action = [&context, which] { end_sessions(context, *which); }; });
}

}  // namespace server::cli

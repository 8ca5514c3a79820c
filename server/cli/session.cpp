// mailstead session list|end. A running server writes its sessions down every second (storage/open_sessions.h), and
// learns from the store's feed which to end; browsers' lie in the store (storage/web_sessions.h).
#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <ostream>
#include <tuple>

#include "protocols/mime/date_time.h"
#include "server/cli/context.h"
#include "server/cli/words.h"
#include "storage/accounts.h"
#include "storage/open_sessions.h"
#include "storage/web_sessions.h"

namespace server::cli {

namespace {

// Those of mail programs, and of browsers, the oldest first.
struct Listed {
    storage::ListedSession session;
    std::optional<storage::WebSession> web;
};

std::vector<Listed> sessions_of(Context& context) {
    context.need_present_schema();
    std::vector<Listed> all;
    for (storage::ListedSession& one : value_of(context.store().read_now(storage::list_sessions())))
        all.push_back({std::move(one), std::nullopt});
    for (storage::OpenWebSession& one :
         value_of(context.store().read_now(storage::list_web_sessions(std::time(nullptr))))) {
        storage::ListedSession session{.session = {.id = one.session.id,
                                                   .account = one.session.log_in.account,
                                                   .door = "http",
                                                   .address = one.session.address,
                                                   .since = one.session.since},
                                       .account = std::move(one.account)};
        all.push_back({std::move(session), std::move(one.session)});
    }
    std::ranges::sort(all, {},
                      [](const Listed& one) { return std::tie(one.session.session.since, one.session.session.id); });
    return all;
}

nlohmann::json to_json(const Listed& one) {
    const auto& [session, account] = one.session;
    nlohmann::json listed{{"session", session.id},
                          {"account", account},
                          {"door", session.door},
                          {"address", session.address},
                          {"since", session.since}};
    if (one.web) {
        listed["used_at"] = one.web->used_at;
        listed["expires_at"] = one.web->expires_at;
        listed["user_agent"] = one.web->user_agent;
    }
    return listed;
}

void list_sessions(Context& context) {
    context.access = Access::read;
    nlohmann::json array = nlohmann::json::array();
    for (const Listed& one : sessions_of(context)) {
        const auto& [session, account] = one.session;
        if (context.json) {
            array.push_back(to_json(one));
        } else {
            context.console.out << session.id << "  " << account << "  " << session.door << "  " << session.address
                                << "  since " << mime::render_date_time({session.since, 0})
                                << (one.web ? "  " + on_terminal(one.web->user_agent) : "") << '\n';
        }
    }
    // Browsers may say anything of themselves.
    if (context.json)
        context.console.out << array.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

// An id of an open session, or else an account's name.
void end_sessions(Context& context, const std::string& which) {
    const std::vector<Listed> sessions = sessions_of(context);
    std::string ended = which;
    const auto found =
        std::ranges::find(sessions, which, [](const Listed& one) -> const auto& { return one.session.session.id; });
    if (found == sessions.end()) {
        ended = context.account_name(which);
        change(context, storage::end_log_ins(ended), "session.end", ended);
    } else if (found->web) {
        change(context, storage::end_web_session(which), "session.end", which);
    } else {
        change(context, storage::end_session(which), "session.end", which);
    }
    const auto count = static_cast<std::uint64_t>(std::ranges::count_if(
        sessions, [&](const Listed& one) { return one.session.session.id == ended || one.session.account == ended; }));
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

// ENABLE. RFC 5161; CONDSTORE, QRESYNC: RFC 7162 §3.1, §3.2.3; UTF8=ACCEPT: RFC 6855 §3;
// IMAP4rev2: RFC 9051 §6.3.1, Appendix A; UIDONLY: RFC 9586 §3.
// What we do not know is passed over without a word (RFC 5161 §3.1).
// Nothing can be disabled again. Searches that are kept up to date by message number end with UIDONLY, whose client is
// told of no numbers any more (RFC 9586 §3).
#include <algorithm>
#include <utility>

#include "protocols/imap/session/session.h"
#include "storage/accounts.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Enable command) {
    std::vector<std::string_view> enabled;
    for (const std::string& capability : command.capabilities) {
        if (capability == "CONDSTORE" && !condstore_) {
            enable_condstore();
        } else if (capability == "QRESYNC" && !qresync_) {
            qresync_ = true;
            enable_condstore();
        } else if (capability == "UTF8=ACCEPT" && !utf8_accept_) {
            utf8_accept_ = true;
            enable_utf8();
        } else if (capability == "UIDONLY" && offers_uid_only_ && !uid_only_) {
            uid_only_ = true;
            const auto by_number = [](const UpdateContext& context) { return !context.search().uid; };
            if (std::ranges::any_of(contexts_, by_number)) drop_contexts();
        } else if (capability == "IMAP4REV2" && !rev2_) {
            rev2_ = true;
            enable_utf8();
            enabled.emplace_back("IMAP4rev2");
            continue;
        } else {
            continue;
        }
        enabled.emplace_back(capability);
    }
    say().enabled(enabled);
    answer_ok("Done");
    co_return;
}

asio::awaitable<void> Session::refuse_numbers(std::string_view command) {
    co_await refuse(wire::Condition::bad, "Message numbers cannot be used once UIDONLY is enabled", "UIDREQUIRED");
    if (!std::exchange(offers_uid_only_, false)) co_return;
    log_.warn("uidonly_withdrawn", {{"account", identity_->name}, {"command", std::string(command)}});
    const storage::Result<std::monostate> withdrawn =
        co_await services_.store.write(storage::withdraw_uid_only(account()));
    if (!withdrawn) log_.warn("uidonly_not_withdrawn", {{"why", withdrawn.error().text}});
}

// Both mean UTF-8 in mailbox names and quoted strings, in both directions (RFC 6855 §3, RFC 9051 §5.1).
void Session::enable_utf8() {
    utf8_ = true;
    receiver_.set_utf8(true);
}

// By a parameter that implies it, a client enables CONDSTORE too, and is told where the mailbox stands. RFC 7162 §3.1.
void Session::enable_condstore() {
    if (condstore_) return;
    condstore_ = true;
    if (!selected_) return;
    tell_highest_modseq(selected_->synced(), "Told from now on");
}

}  // namespace imap

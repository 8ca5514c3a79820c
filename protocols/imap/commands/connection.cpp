// The connection itself: CAPABILITY, ID, STARTTLS, COMPRESS, ENABLE, LOGOUT.
#include <algorithm>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/imap/session/session.h"
#include "storage/accounts.h"
#include "storage/store.h"

namespace imap {

// CAPABILITY. RFC 3501 §6.1.1.
// What is listed is derived: capabilities() in session/answers.cpp.
// May come at any time.
asio::awaitable<void> Session::run(wire::Capability /*command*/) {
    say().capability(capabilities());
    answer_ok("That is what there is");
    co_return;
}

// ID: who are you? RFC 2971.
// What the client says is for the log alone; nothing is decided by it.
// We name product and version, no operating system.
asio::awaitable<void> Session::run(wire::Id command) {
    services::EventLog::Fields fields;
    for (const auto& [name, value] : command.fields) {
        if (base::iequals(name, "name")) fields.emplace_back("name", value.value_or(""));
        if (base::iequals(name, "version")) fields.emplace_back("version", value.value_or(""));
    }
    if (!fields.empty()) log_.info("client", fields);

    std::vector<std::pair<std::string_view, std::string_view>> ours = {{"name", options_.product}};
    if (!options_.version.empty()) ours.emplace_back("version", options_.version);
    say().id(ours);
    answer_ok("Pleased to meet you");
    co_return;
}

// STARTTLS. RFC 3501 §6.2.1, RFC 8314.
// What was pipelined in plain text behind it is dropped by the stream: it could be an attacker's.
// After it the client asks for CAPABILITY again; nothing learnt before counts.
asio::awaitable<void> Session::run(wire::StartTls /*command*/) {
    if (stream_.is_tls()) {
        answer_bad("TLS is on already");
        co_return;
    }
    if (services_.tls == nullptr) {
        answer_bad("There is no TLS here");
        co_return;
    }
    answer_ok("Begin TLS now");
    stream_.write(reply_);
    reply_.clear();
    co_await stream_.flush();
    std::string failure;
    try {
        co_await stream_.start_tls_server(*services_.tls);
    } catch (const net::PeerGone&) {
        throw;
    } catch (const std::runtime_error& error) {
        failure = error.what();
    }
    if (failure.empty()) {
        log_.info("tls", {{"version", stream_.tls_facts().version}, {"cipher", stream_.tls_facts().cipher}});
        co_return;
    }
    log_.info("no-tls", {{"reason", failure}});
    throw net::PeerGone("TLS handshake failed");
}

// COMPRESS. RFC 4978.
// Answered in plain text, and from then on everything is deflated, both ways; the stream does it.
// What was pipelined behind the command, which clients must not do, is taken for compressed.
asio::awaitable<void> Session::run(wire::Compress command) {
    if (command.mechanism != "DEFLATE") {
        answer_bad("DEFLATE is the only mechanism here");
        co_return;
    }
    if (stream_.is_deflating()) {
        answer(wire::Condition::bad, "DEFLATE is active already", "COMPRESSIONACTIVE");
        co_return;
    }
    tells_changes_ = false;  // nothing may come between the answer and the first compressed octet
    answer_ok("DEFLATE is active");
    stream_.write(std::exchange(reply_, {}));
    co_await stream_.flush();
    stream_.start_deflate();
}

// ENABLE. RFC 5161; CONDSTORE, QRESYNC: RFC 7162 §3.1, §3.2.3; UTF8=ACCEPT: RFC 6855 §3;
// IMAP4rev2: RFC 9051 §6.3.1, Appendix A; UIDONLY: RFC 9586 §3.
// What we do not know is passed over without a word (RFC 5161 §3.1).
// Nothing can be disabled again. Searches that are kept up to date by message number end with UIDONLY, whose client is
// told of no numbers any more (RFC 9586 §3).
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
    log_.warn("uidonly-withdrawn", {{"account", identity_->name}, {"command", std::string(command)}});
    const storage::Result<std::monostate> withdrawn =
        co_await services_.store.write(storage::withdraw_uid_only(account()));
    if (!withdrawn) log_.warn("uidonly-not-withdrawn", {{"reason", withdrawn.error().text}});
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

// LOGOUT. RFC 3501 §6.1.3.
// Nothing is expunged by it.
// The loop ends after the answer.
asio::awaitable<void> Session::run(wire::Logout /*command*/) {
    unselect();
    end("logout", "Goodbye");
    answer_ok("Logged out");
    co_return;
}

}  // namespace imap

// The password may be stolen: owner and postmaster are the ones who can find out.
#include "server/delivery/notices/limit_notice.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "storage/login_networks.h"
#include "storage/sending.h"
#include "storage/store_await.h"
#include "storage/times.h"

namespace server::delivery {

namespace {

std::string text_of(const std::string& account, const std::string& why) {
    return fmt::format(
        "The mail account {} has reached a limit on what it may send:\n\n    {}\n\n"
        "Until then its messages are refused. If it was not you who sent so much, somebody else may know the\n"
        "password: change it now, and tell the administrator, who also can lift the limit:\n\n"
        "    mailstead account limits {} --lift\n",
        account, why, account);
}

constexpr std::size_t most_listed = 50;

std::string text_of_log_ins(const std::string& account, const std::vector<storage::LoginNetwork>& networks) {
    std::string list;
    for (const storage::LoginNetwork& one : std::span(networks).first(std::min(networks.size(), most_listed)))
        list += fmt::format("    {}  {}\n", storage::time_in_words(one.at), one.network);
    return fmt::format(
        "Within an hour somebody has logged in to the mail account {} from {} networks:\n\n{}\n"
        "So many are hardly one person's: somebody else may know the password. For now the account's messages are\n"
        "refused; reading goes on. Change the password now, then sending goes on, too. If all this was you, the\n"
        "administrator can lift it:\n\n"
        "    mailstead account limits {} --lift\n",
        account, networks.size(), list, account);
}

bool is_same_mailbox(const storage::Acceptance& one, const storage::Acceptance& other) {
    constexpr auto mailbox = &storage::Acceptance::Local::mailbox;
    return !one.remote && !other.remote && std::ranges::equal(one.local, other.local, {}, mailbox, mailbox);
}

// Owner and postmaster get it, once a day at most.
asio::awaitable<storage::Result<std::monostate>> tell(storage::Store& store, NoticeMaker maker,
                                                      storage::AccountId account, std::string name, std::string subject,
                                                      std::string text, std::int64_t now) {
    const storage::Result<storage::Sending> sending = co_await store.read(storage::get_sending(account, now));
    if (!sending) co_return std::unexpected(sending.error());
    if (!storage::may_tell(*sending, now)) co_return std::monostate();
    std::vector<storage::Acceptance> made;
    for (const std::string& reader : {name, "postmaster" + name.substr(name.rfind('@'))}) {
        storage::Result<std::optional<storage::Acceptance>> notice = co_await maker.tell(reader, subject, text, now);
        if (!notice) co_return std::unexpected(std::move(notice.error()));
        // They may be one and the same.
        if (*notice && (made.empty() || !is_same_mailbox(made.front(), **notice))) made.push_back(**std::move(notice));
    }
    storage::Operation<std::monostate> tell =
        storage::telling_of_limits(account, now, storage::accept_notices(std::move(made)));
    storage::Result<std::monostate> told = co_await store.write(std::move(tell));
    co_return told;
}

}  // namespace

asio::awaitable<storage::Result<std::monostate>> tell_of_sending_limit(storage::Store& store, NoticeMaker maker,
                                                                       storage::AccountId account, std::string name,
                                                                       std::string why, std::int64_t now) {
    std::string text = text_of(name, why);
    storage::Result<std::monostate> told =
        co_await tell(store, std::move(maker), account, name, "Sending limit reached: " + name, std::move(text), now);
    co_return told;
}

asio::awaitable<storage::Result<std::monostate>> tell_of_log_ins(storage::Store& store, NoticeMaker maker,
                                                                 storage::Account account, std::int64_t now) {
    const storage::Result<std::vector<storage::LoginNetwork>> networks =
        co_await store.read(storage::login_networks_of(account.id, now));
    if (!networks) co_return std::unexpected(networks.error());
    std::string text = text_of_log_ins(account.name, *networks);
    storage::Result<std::monostate> told =
        co_await tell(store, std::move(maker), account.id, account.name, "Log-ins from many places: " + account.name,
                      std::move(text), now);
    co_return told;
}

}  // namespace server::delivery

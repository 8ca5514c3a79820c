// Tells an account's owner and the postmaster that it may send no more for now (storage/sending.h), and why.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <variant>

#include "server/delivery/notices/notice_maker.h"
#include "storage/accounts.h"
#include "storage/result.h"
#include "storage/store.h"

namespace server::delivery {

// Puts a message into their mailboxes, once a day at most. `why` is the refusal of the account's message. Refuses
// conflict if others told it meanwhile.
asio::awaitable<storage::Result<std::monostate>> tell_of_sending_limit(storage::Store& store, NoticeMaker maker,
                                                                       storage::AccountId account, std::string name,
                                                                       std::string why, std::int64_t now);

// The same of log-ins from many networks (storage/login_networks.h).
asio::awaitable<storage::Result<std::monostate>> tell_of_log_ins(storage::Store& store, NoticeMaker maker,
                                                                 storage::Account account, std::int64_t now);

}  // namespace server::delivery

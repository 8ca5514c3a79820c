// Email: RFC 8621 §4. Each part of it has a file of its own: email_get.cpp, email_changes.cpp, email_query.cpp,
// email_set.cpp, email_import.cpp.
#pragma once

#include <asio/awaitable.hpp>

#include "storage/emails.h"
#include "web/jmap/call.h"

namespace jmap {

asio::awaitable<Json> email_get(Call& call);
asio::awaitable<Json> email_changes(Call& call);
asio::awaitable<Json> email_query(Call& call);
asio::awaitable<Json> email_query_changes(Call& call);
asio::awaitable<Json> email_set(Call& call);
asio::awaitable<Json> email_import(Call& call);
asio::awaitable<Json> email_parse(Call& call);

// Who asks for whose emails.
storage::EmailAccess email_access(const Call& call, const CallAccount& account);

// The response of a /changes method over one of the store's; reads "sinceState" and "maxChanges".
using FindChanges = storage::Query<storage::ObjectChanges> (*)(storage::EmailAccess, std::string, std::size_t);
asio::awaitable<Json> changes_of(Call& call, FindChanges find);

}  // namespace jmap

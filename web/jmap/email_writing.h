// What Email/set, Email/import and Email/parse have in common: blobs, new messages, refusals. RFC 8621 §4.6, §4.8.
#pragma once

#include <asio/awaitable.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "storage/email_edits.h"
#include "storage/store_await.h"
#include "web/jmap/email.h"
#include "web/jmap/wire/set.h"

namespace jmap {

// The decoded octets of those blobs that exist; throws serverUnavailable if together they are more than `most`.
storage::Query<std::map<std::string, std::string>> load_blobs(storage::EmailAccess access, std::set<std::string> ids,
                                                              std::uint64_t most);

// A message that has arrived in the store, with flags and date.
asio::awaitable<storage::Result<storage::NewMessage>> stage_message(Call& call, const std::string& octets,
                                                                    storage::NamedFlags flags, std::int64_t date);

// As the store's write; throws LogInEnded.
template <class T>
asio::awaitable<storage::Result<T>> write_email(Call& call, storage::Operation<T> operation) {
    storage::Result<T> result = co_await call.context.store.write(std::move(operation));
    if (!result && result.error().reason == storage::Reason::logged_out) throw LogInEnded();
    co_return result;
}

// What a record is told of the store's refusal.
SetError set_error_of(const storage::Refusal& refusal);

// "mailboxIds", creation ids replaced; nullopt: that is no Id[Boolean], or a mailbox cannot be.
std::optional<std::vector<storage::MailboxId>> mailboxes_in(const Json& mailbox_ids, const CreationIds& created);

// "id", "blobId", "threadId", "size".
Json created_email(const storage::Email& email);

}  // namespace jmap

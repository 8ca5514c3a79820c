// One method call under way, as the methods see it; and what they have in common beyond wire/.
#pragma once

#include <asio/awaitable.hpp>
#include <string>
#include <utility>

#include "storage/result.h"
#include "storage/store_await.h"
#include "storage/types.h"
#include "web/jmap/context.h"
#include "web/jmap/wire/arguments.h"
#include "web/jmap/wire/creation_ids.h"
#include "web/jmap/wire/method_error.h"

namespace jmap {

// The account that a call is about (RFC 8620 §1.6.2).
struct CallAccount {
    std::string id_text;  // accountId
    storage::AccountId id;
};

class Call {
  public:
    // All of these outlive it.
    Call(const Context& asked_by, const Json& call_arguments, CreationIds& created)
        : context(asked_by), given(call_arguments), arguments(call_arguments), creation_ids(created) {}

    // Reads "accountId". Throws accountNotFound.
    CallAccount account();
    // What the store answers, or what its refusal becomes: throws MethodError, or LogInEnded.
    template <class T>
    asio::awaitable<T> read(storage::Query<T> query) {
        storage::Result<T> result = co_await context.store.read(std::move(query));
        co_return unwrap(std::move(result));
    }
    // The same where the answer waits for other accounts' turns: for what may take long.
    template <class T>
    asio::awaitable<T> read_long(storage::Query<T> query) {
        storage::Result<T> result = co_await context.store.read_long(std::move(query));
        co_return unwrap(std::move(result));
    }
    // A refusal is a record's own here (RFC 8620 §5.3), but for that of an ended log-in: throws LogInEnded.
    template <class T>
    asio::awaitable<storage::Result<T>> write(storage::Operation<T> operation) {
        storage::Result<T> result = co_await context.store.write(std::move(operation));
        if (!result) check_log_in(result.error());
        co_return result;
    }
    template <class T>
    static T unwrap(storage::Result<T> result) {
        if (!result) refused(result.error());
        return *std::move(result);
    }

    const Context& context;
    const Json& given;  // the arguments as a whole
    Arguments arguments;
    CreationIds& creation_ids;

  private:
    static void check_log_in(const storage::Refusal& refusal);
    [[noreturn]] static void refused(const storage::Refusal& refusal);
};

// The log-in is no longer valid: the whole request is answered so.
struct LogInEnded : std::exception {};

// The id of an account, and the account; nullopt: no account has it.
std::string account_id_text(storage::AccountId account);

}  // namespace jmap

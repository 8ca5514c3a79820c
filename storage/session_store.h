// The store as a session of an account sees it: everything runs only while its log-in is valid (log_in.h), and nothing
// before. A session has no other way to the store, so no command can forget the check.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "storage/log_in.h"
#include "storage/store.h"

namespace storage {

// A value, cheap to copy. Code that awaits read(), read_long() or write() includes store_await.h.
class SessionStore {
  public:
    // Of a session where no one is logged in: all of these refuse logged_out.
    SessionStore(Store& store) : store_(&store) {}  // NOLINT(google-explicit-constructor): sessions are given a store
    SessionStore(Store& store, const LogIn& log_in) : store_(&store), log_in_(log_in) {}

    void log_in(const LogIn& log_in) { log_in_ = log_in; }
    void log_out() { log_in_.reset(); }

    // As Store's, in the account's turn; but refuse logged_out once the log-in is no longer valid.
    template <class T>
    Awaitable<Result<T>> read(Query<T> query) const {
        const LogIn log_in = log_in_.value_or(LogIn{});
        return store_->read_for(log_in.account, while_valid(log_in, std::move(query)));
    }
    template <class T>
    Awaitable<Result<T>> read_long(Query<T> query) const {
        const LogIn log_in = log_in_.value_or(LogIn{});
        return store_->read_long(log_in.account, while_valid(log_in, std::move(query)));
    }
    template <class T>
    Awaitable<Result<T>> write(Operation<T> operation) const {
        return store_->write(while_valid(log_in_.value_or(LogIn{}), std::move(operation)));
    }
    // In the account's turn, but without any check: for what must be done when a session ends, however it ends.
    template <class T>
    Awaitable<Result<T>> write_unchecked(Operation<T> operation) const {
        operation.account = log_in_.value_or(LogIn{}).account;
        return store_->write(std::move(operation));
    }
    // A notice carries no data.
    Subscription subscribe(AccountId account, std::function<void(const Change&)> callback) const {
        return store_->subscribe(account, std::move(callback));
    }

    // Without any check: for content that arrives before it belongs to anyone.
    Store& unchecked() const { return *store_; }

  private:
    Store* store_;
    std::optional<LogIn> log_in_;
};

}  // namespace storage

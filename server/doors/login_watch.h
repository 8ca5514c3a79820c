// A changed password ends the sessions of its account, at every door and whoever changed it: told by the store's feed
// (another process's changes within a second). Which connections there are is connection_limit.h's; the page's log-ins
// are judged at each request (web/sessions.h).
#pragma once

#include <asio/any_io_executor.hpp>
#include <memory>

#include "protocols/services/event_log.h"
#include "server/doors/connection_limit.h"
#include "storage/store.h"

namespace server {

class LoginWatch {
  public:
    // All three outlive this, and the work on the executor that it began.
    LoginWatch(storage::Store& store, AccountConnectionLimit& connections, services::EventLog& log);
    ~LoginWatch();
    LoginWatch(const LoginWatch&) = delete;
    LoginWatch& operator=(const LoginWatch&) = delete;

    void start(const asio::any_io_executor& executor);  // of one thread
    void stop();                                        // looks no more

  private:
    struct State;
    std::shared_ptr<State> state_;
    storage::Subscription subscription_;
};

}  // namespace server

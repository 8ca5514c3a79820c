// A changed password, a removed app password, a suspension, or an administrator's wish ends sessions of an account, in
// all protocols and whichever process changed it: the store's feed reports changes (of other processes within a
// second). connection_limit.h knows the connections; browsers' log-ins are asked for in the store each time.
#pragma once

#include <asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "protocols/services/event_log.h"
#include "server/doors/connection_limit.h"
#include "storage/store.h"

namespace server {

class LoginWatch {
  public:
    // All three must outlive this, and the work that it started on the executor.
    // holder: this server's name in the store.
    LoginWatch(storage::Store& store, AccountConnectionLimit& connections, services::EventLog& log, std::string holder);
    ~LoginWatch();
    LoginWatch(const LoginWatch&) = delete;
    LoginWatch& operator=(const LoginWatch&) = delete;

    void start(const asio::any_io_executor& executor);  // single-threaded
    void stop();                                        // no more checks

  private:
    struct State;
    std::shared_ptr<State> state_;
    storage::Subscription subscription_;
};

}  // namespace server

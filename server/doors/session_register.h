// Writes down who is logged in, for `mailstead session list`: what has changed, every second, in one operation.
// Sessions that are over by then are never written. connection_limit.h knows the sessions, login_watch.h ends them.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <string>

#include "server/doors/connection_limit.h"
#include "storage/store.h"

namespace server {

class SessionRegister {
  public:
    // holder: this server's name in the store. Both references must outlive this.
    SessionRegister(storage::Store& store, AccountConnectionLimit& connections, std::string holder);

    // Background's work: how long to wait before the next time.
    asio::awaitable<std::chrono::seconds> write();
    // At the start and at the end: no session is open. Blocks. A failure is none: the next start does it again.
    void forget();

  private:
    storage::Store& store_;
    AccountConnectionLimit& connections_;
    const std::string holder_;
};

}  // namespace server

// When and from where app passwords are used: collected in memory, so that a log-in costs no write of its own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "protocols/locking/mutex.h"
#include "storage/app_passwords.h"

namespace server::auth {

// Thread-safe.
class AppPasswordUses {
  public:
    // A use that the store knows about already is left out: the same address, less than an hour ago.
    void note(const storage::AppPassword& password, std::int64_t now, const std::string& address);
    // What is to be written: the last use of each.
    std::vector<storage::AppPasswordUse> take();

  private:
    locking::Mutex mutex_;
    std::map<storage::AppPasswordId, storage::AppPasswordUse> uses_ GUARDED_BY(mutex_);
};

}  // namespace server::auth

// Allows one server per store: two would send each queued message twice. The command line may run beside it.
#pragma once

#include <filesystem>

namespace server {

class ServeLock {
  public:
    // Holds the data directory's `serve.lock` until destroyed or until the process ends in any way. Throws
    // std::runtime_error that names the server holding it.
    explicit ServeLock(const std::filesystem::path& directory);
    ~ServeLock();
    ServeLock(const ServeLock&) = delete;
    ServeLock& operator=(const ServeLock&) = delete;

  private:
    int file_ = -1;
};

}  // namespace server

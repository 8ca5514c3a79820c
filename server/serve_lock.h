// One server a store: two would send each queued message twice. The command line works beside it.
#pragma once

#include <filesystem>

namespace server {

class ServeLock {
  public:
    // Holds the data directory's `serve.lock` until destroyed or until the process ends, however it ends. Throws
    // std::runtime_error that names the server that holds it.
    explicit ServeLock(const std::filesystem::path& directory);
    ~ServeLock();
    ServeLock(const ServeLock&) = delete;
    ServeLock& operator=(const ServeLock&) = delete;

  private:
    int file_ = -1;
};

}  // namespace server

// flock(): the system takes it back from the dead, and containers that share a volume see it, too.
#include "server/serve_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace server {

namespace {

// What the holder wrote: its process id; empty while it is about to.
std::string holder_of(int file) {
    char text[24] = {};
    const ssize_t octets = pread(file, text, sizeof text - 1, 0);
    return octets > 0
               ? fmt::format(" (process {})", std::string_view(text).substr(0, std::string_view(text).find('\n')))
               : std::string();
}

}  // namespace

ServeLock::ServeLock(const std::filesystem::path& directory) {
    const std::string path = directory / "serve.lock";
    file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0) throw std::runtime_error(fmt::format("data: {}: {}", path, std::strerror(errno)));
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
        const int trouble = errno;
        const std::string holder = holder_of(file_);
        close(file_);
        if (trouble != EWOULDBLOCK) throw std::runtime_error(fmt::format("data: {}: {}", path, std::strerror(trouble)));
        throw std::runtime_error(fmt::format("data: another server{} runs on {}", holder, directory.native()));
    }
    const std::string own = fmt::format("{}\n", getpid());
    // For the words above alone: a disk that is full takes nothing of the lock.
    if (ftruncate(file_, 0) == 0) [[maybe_unused]]
        const auto written = pwrite(file_, own.data(), own.size(), 0);
}

ServeLock::~ServeLock() { close(file_); }

}  // namespace server

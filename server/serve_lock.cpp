// flock(): the kernel releases it when the process dies, and containers that share a volume see it too.
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

// The holder's process id; empty if it is just being written.
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
    file_ = open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file_ < 0) throw std::runtime_error(fmt::format("data: {}: {}", path, std::strerror(errno)));
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
        const int trouble = errno;
        const std::string holder = holder_of(file_);
        close(file_);
        if (trouble != EWOULDBLOCK) throw std::runtime_error(fmt::format("data: {}: {}", path, std::strerror(trouble)));
        throw std::runtime_error(fmt::format("data: another server{} runs on {}", holder, directory.native()));
    }
    const std::string own = fmt::format("{}\n", getpid());
    // Only for that error text: the lock works even if the disk is full.
    if (ftruncate(file_, 0) == 0) [[maybe_unused]]
        const auto written = pwrite(file_, own.data(), own.size(), 0);
}

ServeLock::~ServeLock() { close(file_); }

}  // namespace server

// Syncs and extends the write-ahead log. SQLite's locks are on other files, so opening it here is harmless.
#include "storage/engine/wal_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>
#include <vector>

namespace storage::engine {

WalFile::WalFile(const std::filesystem::path& database) {
    const std::string path = database.string() + "-wal";
    file_ = open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file_ < 0) throw std::system_error(errno, std::generic_category(), "cannot open " + path);
}

WalFile::~WalFile() {
    if (file_ >= 0) close(file_);
}

void WalFile::sync() {
    while (fdatasync(file_) != 0) {
        if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "cannot sync the store");
    }
}

void WalFile::extend(std::uint64_t octets) {
    const std::vector<char> zeros(256u << 10);
    for (std::uint64_t end = size(); end < octets;) {
        const std::size_t piece = std::min<std::uint64_t>(zeros.size(), octets - end);
        const ssize_t written = pwrite(file_, zeros.data(), piece, static_cast<off_t>(end));
        if (written <= 0) return;
        end += static_cast<std::uint64_t>(written);
    }
}

std::uint64_t WalFile::size() const {
    struct stat status{};
    return fstat(file_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

DiskSpace WalFile::disk_space() const {
    struct statvfs status{};
    constexpr std::uint64_t endless = std::numeric_limits<std::uint64_t>::max() / 2;
    if (fstatvfs(file_, &status) != 0) return {endless, endless};
    return {std::uint64_t{status.f_blocks} * status.f_frsize, std::uint64_t{status.f_bavail} * status.f_frsize};
}

}  // namespace storage::engine

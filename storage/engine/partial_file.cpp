// POSIX: link() and rename() are atomic, and durable once the directory is synced.
#include "storage/engine/partial_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace storage::engine {

PartialFile::PartialFile(std::filesystem::path name) : name_(std::move(name)), path_(name_.string() + ".partial") {
    // What lies there is left over, or has been put there to be written into: it is not.
    ::unlink(path_.c_str());
    file_ = ::open(path_.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
}

PartialFile::~PartialFile() {
    if (file_ < 0) return;
    if (!named_ && is_in_place()) ::unlink(path_.c_str());
    ::close(file_);
}

bool PartialFile::is_in_place() const {
    struct stat ours{};
    struct stat there{};
    return ::fstat(file_, &ours) == 0 && ::lstat(path_.c_str(), &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

bool PartialFile::give_name() {
    if (::fsync(file_) != 0 || !is_in_place() || ::link(path_.c_str(), name_.c_str()) != 0) return false;
    ::unlink(path_.c_str());
    named_ = true;
    return sync_directory_of(name_);
}

bool PartialFile::take_name() {
    if (::fsync(file_) != 0 || !is_in_place() || ::rename(path_.c_str(), name_.c_str()) != 0) return false;
    named_ = true;
    return sync_directory_of(name_);
}

bool sync_directory_of(const std::filesystem::path& file) {
    const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
    const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return false;
    const bool synced = ::fsync(directory) == 0;
    ::close(directory);
    return synced;
}

}  // namespace storage::engine

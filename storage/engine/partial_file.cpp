// POSIX: link() and rename() are atomic, and durable once the directory is synced.
#include "storage/engine/partial_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <system_error>

namespace storage::engine {

PartialFile::PartialFile(std::filesystem::path name) : name_(std::move(name)), path_(name_.string() + ".partial") {
    file_ = ::open(path_.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
}

PartialFile::~PartialFile() {
    if (file_ < 0) return;
    ::close(file_);
    std::error_code ignored;
    if (!named_) std::filesystem::remove(path_, ignored);
}

bool PartialFile::give_name() {
    if (::fsync(file_) != 0 || ::link(path_.c_str(), name_.c_str()) != 0) return false;
    ::unlink(path_.c_str());
    named_ = true;
    return sync_directory_of(name_);
}

bool PartialFile::take_name() {
    if (::fsync(file_) != 0 || ::rename(path_.c_str(), name_.c_str()) != 0) return false;
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

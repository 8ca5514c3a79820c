// A backup is written beside its final name and renamed when it is whole. The copying is storage/engine's.
#include "storage/upkeep/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <system_error>

#include "storage/engine/backup.h"
#include "storage/engine/error.h"

namespace storage {

namespace {

// A file that is removed again unless it got its final name.
class PartialFile {
  public:
    explicit PartialFile(std::filesystem::path path) : path_(std::move(path)) {
        file_ = ::open(path_.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
    }
    ~PartialFile() {
        if (file_ < 0) return;
        ::close(file_);
        std::error_code ignored;
        if (!named_) std::filesystem::remove(path_, ignored);
    }
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;

    bool is_open() const { return file_ >= 0; }
    const std::filesystem::path& path() const { return path_; }

    // Synced before and after, so that a crash leaves either no backup or a whole one.
    bool give_name(const std::filesystem::path& name) {
        if (::fsync(file_) != 0) return false;
        // link(), unlike rename(), never replaces a file that came to be meanwhile.
        if (::link(path_.c_str(), name.c_str()) != 0) return false;
        ::unlink(path_.c_str());
        named_ = true;
        const std::filesystem::path folder = name.has_parent_path() ? name.parent_path() : ".";
        const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0) return false;
        const bool synced = ::fsync(directory) == 0;
        ::close(directory);
        return synced;
    }

  private:
    std::filesystem::path path_;
    int file_ = -1;
    bool named_ = false;
};

Result<std::uint64_t> backup(engine::Connection& connection, const std::filesystem::path& target) {
    if (std::filesystem::exists(target)) return refuse(Reason::already_exists, "file exists: " + target.string());
    PartialFile partial(target.string() + ".partial");
    if (!partial.is_open()) return refuse(Reason::not_permitted, "cannot write " + target.string());
    try {
        engine::copy_database(connection, partial.path());
    } catch (const engine::DiskFull& full) {
        return refuse(Reason::storage_full, full.what());
    }
    if (!partial.give_name(target)) return refuse(Reason::not_permitted, "cannot write " + target.string());
    return std::filesystem::file_size(target);
}

}  // namespace

Query<std::uint64_t> backup_store(std::filesystem::path target) {
    return [=](engine::Connection& connection) { return backup(connection, target); };
}

}  // namespace storage

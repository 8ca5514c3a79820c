// A file that appears under its name only when it is whole. Leaves what is in it to others.
#pragma once

#include <filesystem>

namespace storage::engine {

// Made as `name`.partial, for its owner alone; removed again unless it got its name.
class PartialFile {
  public:
    explicit PartialFile(std::filesystem::path name);
    ~PartialFile();
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;

    bool is_open() const { return file_ >= 0; }  // false: it cannot be written there
    const std::filesystem::path& path() const { return path_; }

    // Synced before and after, so that a crash leaves either nothing or a whole file. False when that could not be
    // done. give_name never replaces a file that has the name; take_name does.
    bool give_name();
    bool take_name();

  private:
    std::filesystem::path name_;
    std::filesystem::path path_;
    int file_ = -1;
    bool named_ = false;
};

// Makes what was linked, renamed or removed in the file's directory last.
bool sync_directory_of(const std::filesystem::path& file);

}  // namespace storage::engine

// A file that appears under its name only when it is complete.
#pragma once

#include <filesystem>

namespace storage::engine {

// Created as `name`.partial, a new file that only its owner can read; removed unless it gets its name.
class PartialFile {
  public:
    explicit PartialFile(std::filesystem::path name);
    ~PartialFile();
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;

    bool is_open() const { return file_ >= 0; }  // false: it cannot be written there
    const std::filesystem::path& path() const { return path_; }

    // Syncs before and after, so that a crash leaves nothing or a complete file. False on failure, also if another file
    // has been put in this one's place. give_name never replaces an existing file of that name; take_name does.
    bool give_name();
    bool take_name();

  private:
    bool is_in_place() const;

    std::filesystem::path name_;
    std::filesystem::path path_;
    int file_ = -1;
    bool named_ = false;
};

// Makes links, renames and removals in the file's directory durable.
bool sync_directory_of(const std::filesystem::path& file);

}  // namespace storage::engine

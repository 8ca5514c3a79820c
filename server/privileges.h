// Giving root up once the ports are bound, and the data directory that the server then needs. POSIX.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace server {

// Creates the directory, accessible only to its owner, if it does not exist. If we are root and `user` is set, gives it
// and the store's files in it to that user, following no link that another than root could have put there. Throws
// std::runtime_error with a text for the administrator.
void prepare_data_directory(const std::filesystem::path& directory, const std::string& user);

// Becomes the user permanently, with the user's groups; does nothing if not root or if user is empty. Throws
// std::runtime_error.
void drop_privileges(const std::string& user);

// An open file or directory; closed with its owner.
class Descriptor {
  public:
    explicit Descriptor(int number = -1) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();
    explicit operator bool() const { return number_ >= 0; }
    int get() const { return number_; }

  private:
    int number_;
};

// Opens a directory (O_PATH) after creating what is missing of its path. Symbolic links in the path are followed only
// if they belong to `trusted`: whoever else may write to a directory on the way cannot lead us elsewhere. Throws
// std::runtime_error.
Descriptor open_without_foreign_links(const std::filesystem::path& directory, uid_t trusted);

// Gives a file in the directory to an owner, unless it is a link, no regular file, or has a second name.
void give_file(const Descriptor& directory, const std::string& name, uid_t owner, gid_t group);

}  // namespace server

// Dropping root once the ports are bound, and the data directory that the server then needs. POSIX.
#pragma once

#include <filesystem>
#include <string>

namespace server {

// Creates the directory, accessible only to its owner, if it does not exist. If we are root and `user` is set, gives it
// and the store's files in it to that user. Throws std::runtime_error with a text for the administrator.
void prepare_data_directory(const std::filesystem::path& directory, const std::string& user);

// Becomes the user permanently, with the user's groups; does nothing if not root or if user is empty. Throws
// std::runtime_error.
void drop_privileges(const std::string& user);

}  // namespace server

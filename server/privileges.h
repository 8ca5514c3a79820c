// Giving up root once the ports are bound, and the data directory that the server then needs. POSIX.
#pragma once

#include <filesystem>
#include <string>

namespace server {

// Makes the directory, for its owner alone, where it does not exist. As root with a user to become, it and the store's
// files in it are made that user's. Throws std::runtime_error in words for the administrator.
void prepare_data_directory(const std::filesystem::path& directory, const std::string& user);

// Becomes the user for good, with that user's groups; does nothing when not root or when user is empty. Throws
// std::runtime_error.
void drop_privileges(const std::string& user);

}  // namespace server

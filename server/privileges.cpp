// getpwnam, chown, setgroups, setgid, setuid, in that order.
#include "server/privileges.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace server {

namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

bool must_become(const std::string& user) { return !user.empty() && geteuid() == 0; }

const passwd& find_user(const std::string& user) {
    errno = 0;
    const passwd* found = getpwnam(user.c_str());  // at start there is only one thread
    if (!found) throw std::runtime_error(fmt::format("server.user: there is no user \"{}\"", user));
    return *found;
}

void give_to(const std::filesystem::path& path, const passwd& owner) {
    if (lchown(path.c_str(), owner.pw_uid, owner.pw_gid) != 0) fail(path.native());
}

// In containers the volume often belongs to another user.
void check_writable(const std::filesystem::path& directory) {
    if (access(directory.c_str(), R_OK | W_OK | X_OK) == 0) return;
    const std::string why = std::strerror(errno);
    struct stat status{};
    const bool known = stat(directory.c_str(), &status) == 0;
    throw std::runtime_error(fmt::format("data: {} cannot be written by uid {}{}: {}", directory.native(), geteuid(),
                                         known ? fmt::format(" (it is of uid {})", status.st_uid) : "", why));
}

}  // namespace

void prepare_data_directory(const std::filesystem::path& directory, const std::string& user) {
    std::error_code trouble;
    const bool made = std::filesystem::create_directories(directory, trouble);
    if (trouble) {
        throw std::runtime_error(
            fmt::format("data: {} cannot be made by uid {}: {}", directory.native(), geteuid(), trouble.message()));
    }
    if (made && chmod(directory.c_str(), 0700) != 0) fail(directory.native());
    if (!must_become(user)) {
        check_writable(directory);
        return;
    }
    const passwd& owner = find_user(user);
    give_to(directory, owner);
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        const std::string name = entry.path().filename();
        if (name.starts_with("mailstead.db") || name.starts_with("search.db") || name == "serve.lock") {
            give_to(entry.path(), owner);
        }
    }
}

void drop_privileges(const std::string& user) {
    if (!must_become(user)) return;
    const passwd& become = find_user(user);
    if (initgroups(user.c_str(), become.pw_gid) != 0) fail("initgroups");
    if (setgid(become.pw_gid) != 0) fail("setgid");
    if (setuid(become.pw_uid) != 0) fail("setuid");
    if (become.pw_uid != 0 && setuid(0) == 0) throw std::runtime_error("root could not be given up");
}

}  // namespace server

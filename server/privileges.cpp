// As root everything is done on descriptors that stand for what was looked at: the names belong to the service's user,
// who can exchange what is behind them at any time.
#include "server/privileges.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <list>
#include <stdexcept>
#include <utility>

namespace server {

namespace {

constexpr int most_links = 40;  // as the kernel's own limit (path_resolution(7))

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

struct stat status_of(const Descriptor& file, const std::string& name) {
    struct stat status{};
    if (fstat(file.get(), &status) != 0) fail(name);
    return status;
}

// What has this name in the directory, itself if it is a link; empty: there is nothing.
Descriptor look(const Descriptor& directory, const std::string& name) {
    return Descriptor(openat(directory.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

// The last one is for its owner alone; directories on the way are passed through by the owner.
void make_directory(const Descriptor& parent, const std::string& name, bool last) {
    const mode_t before = umask(022);
    const int made = mkdirat(parent.get(), name.c_str(), last ? 0700 : 0755);
    umask(before);
    if (made != 0 && errno != EEXIST) fail("data: " + name + " cannot be made");
}

std::filesystem::path target_of(const Descriptor& link, const std::string& name) {
    char text[PATH_MAX];
    const ssize_t octets = readlinkat(link.get(), "", text, sizeof text);
    if (octets < 0) fail(name);
    return std::string(text, static_cast<std::size_t>(octets));
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

void make_own_directory(const std::filesystem::path& directory) {
    std::error_code trouble;
    const bool made = std::filesystem::create_directories(directory, trouble);
    if (trouble) {
        throw std::runtime_error(
            fmt::format("data: {} cannot be made by uid {}: {}", directory.native(), geteuid(), trouble.message()));
    }
    if (made && chmod(directory.c_str(), 0700) != 0) fail(directory.native());
    check_writable(directory);
}

bool is_of_the_store(std::string_view name) {
    return name.starts_with("mailstead.db") || name.starts_with("search.db") || name == "serve.lock";
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
}

Descriptor::~Descriptor() {
    if (number_ >= 0) close(number_);
}

Descriptor open_without_foreign_links(const std::filesystem::path& directory, uid_t trusted) {
    const std::filesystem::path whole = std::filesystem::absolute(directory);
    std::list<std::string> left(whole.begin(), whole.end());
    Descriptor at;
    for (int links = 0; !left.empty();) {
        const std::string name = std::move(left.front());
        left.pop_front();
        if (name.empty()) continue;  // after a slash at the end
        if (name == "/") {
            at = Descriptor(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
            continue;
        }
        Descriptor next = look(at, name);
        if (!next && errno == ENOENT) {
            make_directory(at, name, left.empty());
            next = look(at, name);
        }
        if (!next) fail("data: " + whole.native() + ": " + name);
        const struct stat status = status_of(next, name);
        if (!S_ISLNK(status.st_mode)) {
            at = std::move(next);
            continue;
        }
        if (status.st_uid != trusted || ++links > most_links) {
            throw std::runtime_error(fmt::format("data: {}: the link {} is of uid {}, and is not followed for uid {}",
                                                 whole.native(), name, status.st_uid, trusted));
        }
        const std::filesystem::path target = target_of(next, name);
        left.insert(left.begin(), target.begin(), target.end());
    }
    if (!S_ISDIR(status_of(at, whole.native()).st_mode)) {
        throw std::runtime_error("data: " + whole.native() + " is no directory");
    }
    return at;
}

void give_file(const Descriptor& directory, const std::string& name, uid_t owner, gid_t group) {
    const Descriptor file = look(directory, name);
    if (!file) return;  // it has just been removed
    const struct stat status = status_of(file, name);
    // The second name may be one that the user could not otherwise write to.
    if (!S_ISREG(status.st_mode) || status.st_nlink != 1 || status.st_uid == owner) return;
    if (fchownat(file.get(), "", owner, group, AT_EMPTY_PATH) != 0) fail("data: " + name);
}

void prepare_data_directory(const std::filesystem::path& directory, const std::string& user) {
    if (!must_become(user)) return make_own_directory(directory);
    const passwd& owner = find_user(user);
    const Descriptor opened = open_without_foreign_links(directory, geteuid());
    if (status_of(opened, directory.native()).st_uid != owner.pw_uid &&
        fchownat(opened.get(), "", owner.pw_uid, owner.pw_gid, AT_EMPTY_PATH) != 0) {
        fail("data: " + directory.native());
    }
    std::error_code closed_to_us;  // without CAP_DAC_READ_SEARCH: it has been the user's for long
    for (const auto& entry : std::filesystem::directory_iterator(directory, closed_to_us)) {
        const std::string name = entry.path().filename();
        if (is_of_the_store(name)) give_file(opened, name, owner.pw_uid, owner.pw_gid);
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

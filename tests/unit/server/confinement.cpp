// Confinement, in child processes, since it is for good: what is left, and what is not.
#include "server/confinement.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>

#include <cerrno>
#include <fstream>
#include <functional>

#include "tests/unit/server/temporary_house.h"

using namespace server;
namespace fs = std::filesystem;

namespace {

struct Place {
    fs::path path;
    fs::path data;
    fs::path readable;
    Place() {
        std::string pattern = (fs::temp_directory_path() / "mailstead-unit-XXXXXX").string();
        path = mkdtemp(pattern.data());
        for (const char* name : {"data", "readable", "elsewhere"}) {
            fs::create_directory(path / name);
            std::ofstream(path / name / "file") << "x";
        }
        data = path / "data";
        readable = path / "readable";
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { fs::remove_all(path); }
};

// Whether this holds in a child that has confined itself to the place.
bool confined(const Place& place, const std::function<bool(const Confinement&)>& holds) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const Confinement done = confine(place.data, {place.readable, place.path / "missing"});
        _exit(holds(done) ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// 0, or the error of opening it so.
int fault_of_opening(const fs::path& path, int how) {
    const int file = open(path.c_str(), how, 0600);
    if (file < 0) return errno;
    close(file);
    return 0;
}

Config config_naming(const fs::path& certificate, const fs::path& ca_file) {
    Config config;
    config.tls.certificate = certificate;
    config.tls.key = certificate;
    config.queue.route.push_back({.domain = "*", .host = "relay.example", .ca_file = ca_file.string()});
    return config;
}

}  // namespace

TEST_CASE("every measure is taken, where the kernel has it") {
    const Place place;
    CHECK(confined(place, [](const Confinement& done) {
        const bool landlock = done.landlock == "yes" || done.landlock.starts_with("no: ");
        return done.no_new_privs == "yes" && done.undumpable == "yes" && done.seccomp == "yes" && landlock &&
               (done.capabilities == "yes") == (geteuid() != 0) && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
               prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
    }));
}

TEST_CASE("the data can be changed, what is readable can be read, all else is closed") {
    const Place place;
    const int elsewhere = open((place.path / "elsewhere" / "file").c_str(), O_RDONLY);
    CHECK(confined(place, [&](const Confinement& done) {
        if (done.landlock != "yes") return true;  // a kernel without it
        char octet = 0;
        return fault_of_opening(place.data / "file", O_RDWR | O_TRUNC) == 0 &&
               fault_of_opening(place.data / "new", O_RDWR | O_CREAT | O_EXCL) == 0 &&
               rename((place.data / "new").c_str(), (place.data / "newer").c_str()) == 0 &&
               link((place.data / "newer").c_str(), (place.data / "second").c_str()) == 0 &&
               unlink((place.data / "newer").c_str()) == 0 &&
               fault_of_opening(place.readable / "file", O_RDONLY) == 0 &&
               fault_of_opening(place.readable, O_RDONLY | O_DIRECTORY) == 0 &&
               fault_of_opening(place.readable / "file", O_RDWR) == EACCES &&
               fault_of_opening(place.readable / "new", O_RDWR | O_CREAT) == EACCES &&
               fault_of_opening(place.path / "elsewhere" / "file", O_RDONLY) == EACCES &&
               fault_of_opening("/etc/passwd", O_RDONLY) == EACCES &&
               symlink("/etc/passwd", (place.data / "link").c_str()) == -1 && errno == EACCES &&
               mkdir((place.data / "directory").c_str(), 0700) == -1 && errno == EACCES &&
               read(elsewhere, &octet, 1) == 1;  // open files stay open
    }));
    close(elsewhere);
}

TEST_CASE("other programs, other processes and the kernel's inside are out of reach; threads and forks are not") {
    const Place place;
    CHECK(confined(place, [](const Confinement&) {
        const char* const nothing[] = {nullptr};
        const auto refused = [](long result) { return result == -1 && errno == EPERM; };
        const pid_t parent = getppid();
        const pid_t child = fork();
        if (child == 0) _exit(0);
        int status = 1;
        return refused(execve("/bin/true", const_cast<char**>(nothing), const_cast<char**>(nothing))) &&
               refused(ptrace(PTRACE_ATTACH, parent, nullptr, nullptr)) && refused(unshare(CLONE_NEWUSER)) &&
               child > 0 && waitpid(child, &status, 0) == child && status == 0;
    }));
}

TEST_CASE("one line tells of all, a warning if something is missing") {
    struct Levels : KeptLog {
        void write(services::Level level, std::string_view area, std::string_view session, std::string_view event,
                   const Fields& fields) override {
            last = level;
            KeptLog::write(level, area, session, event, fields);
        }
        services::Level last{};
    } log;
    log_confinement(log, {"yes", "yes", "yes", "yes", "yes"});
    CHECK(log.last == services::Level::info);
    CHECK(log.lines.back() ==
          "confined no_new_privs=yes undumpable=yes without_capabilities=yes landlock=yes seccomp=yes");
    log_confinement(log, {"yes", "yes", "yes", "no: Function not implemented", "yes"});
    CHECK(log.last == services::Level::warn);
    CHECK(log.lines.back().contains("landlock=no: Function not implemented"));
}

TEST_CASE("the directories of the files that the config names are readable, by their names and where links lead") {
    const Place place;
    fs::create_symlink(place.path / "elsewhere" / "file", place.readable / "current.pem");
    const Config config = config_naming(place.readable / "current.pem", "");
    const auto environment = [&](const std::string& name) -> std::optional<std::string> {
        if (name == "SSL_CERT_FILE") return "/opt/trust/all.pem";
        if (name == "SSL_CERT_DIR") return "/opt/certs";
        return std::nullopt;
    };
    const Paths paths = readable_paths(config, "/srv/mailstead/mailstead.toml", environment);
    for (const fs::path& path : {place.readable, place.path / "elsewhere", fs::path("/srv/mailstead"),
                                 fs::path("/opt/trust"), fs::path("/opt/certs"), fs::path("/etc"), fs::path("/usr")}) {
        CAPTURE(path);
        CHECK(std::ranges::find(paths, path) != paths.end());
    }
    CHECK(std::ranges::find(paths, "/") == paths.end());
    CHECK_FALSE(first_outside(config, paths));
}

TEST_CASE("a file that a new config names elsewhere is named, with its key") {
    const Place place;
    const Paths paths{place.readable};
    CHECK_FALSE(
        first_outside(config_naming(place.readable / "renewed.pem", place.readable / "deep" / "ca.pem"), paths));
    CHECK(first_outside(config_naming(place.data / "file", ""), paths) ==
          "tls.certificate: " + (place.data / "file").string());
    CHECK(first_outside(config_naming(place.readable / "file", place.data / "ca.pem"), paths) ==
          "queue.route.ca_file: " + (place.data / "ca.pem").string());
    CHECK(first_outside(config_naming(place.readable / ".." / "elsewhere" / "file", ""), paths));
    fs::create_symlink(place.path / "elsewhere" / "file", place.readable / "link.pem");
    CHECK(first_outside(config_naming(place.readable / "link.pem", ""), paths));
}

// The data directory, reached for root: what others could have put there is not followed and not given away.
#include "server/privileges.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

using namespace server;
namespace fs = std::filesystem;

namespace {

struct Scratch {
    fs::path path;
    Scratch() {
        std::string pattern = (fs::temp_directory_path() / "mailstead-unit-XXXXXX").string();
        path = mkdtemp(pattern.data());
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() { fs::remove_all(path); }
};

struct stat status_of_path(const fs::path& path) {
    struct stat status{};
    REQUIRE(lstat(path.c_str(), &status) == 0);
    return status;
}

bool is_same(const Descriptor& opened, const fs::path& path) {
    struct stat status{};
    REQUIRE(fstat(opened.get(), &status) == 0);
    return status.st_ino == status_of_path(path).st_ino;
}

}  // namespace

TEST_CASE("what is missing of the path is made: the directory for its owner alone, the way to it for all") {
    const Scratch scratch;
    const fs::path directory = scratch.path / "a" / "b" / "data";
    const Descriptor opened = open_without_foreign_links(directory, geteuid());
    CHECK(is_same(opened, directory));
    CHECK((status_of_path(directory).st_mode & 0777) == 0700);
    CHECK((status_of_path(directory.parent_path()).st_mode & 0777) == 0755);
    CHECK(
        is_same(open_without_foreign_links(scratch.path / "a" / ".." / "a" / "b" / "data" / "", geteuid()), directory));
}

TEST_CASE("links in the path are followed if they are of the trusted user, and of nobody else") {
    const Scratch scratch;
    fs::create_directory(scratch.path / "real");
    fs::create_symlink("real", scratch.path / "relative");
    fs::create_symlink(scratch.path / "relative", scratch.path / "absolute");
    CHECK(is_same(open_without_foreign_links(scratch.path / "absolute", geteuid()), scratch.path / "real"));
    for (const char* link : {"relative", "absolute"}) {
        CHECK_THROWS_AS(open_without_foreign_links(scratch.path / link, geteuid() + 1), std::runtime_error);
        CHECK_THROWS_AS(open_without_foreign_links(scratch.path / link / "data", geteuid() + 1), std::runtime_error);
    }
    CHECK_FALSE(fs::exists(scratch.path / "real" / "data"));
    fs::create_symlink("circle", scratch.path / "circle");
    CHECK_THROWS_AS(open_without_foreign_links(scratch.path / "circle", geteuid()), std::runtime_error);
    std::ofstream(scratch.path / "file") << "x";
    CHECK_THROWS_AS(open_without_foreign_links(scratch.path / "file", geteuid()), std::runtime_error);
}

TEST_CASE("a file is given away, but no link, and nothing that has a second name") {
    const Scratch scratch;
    const uid_t other = geteuid() + 1;
    for (const char* name : {"plain", "target", "two-names"}) std::ofstream(scratch.path / name) << "x";
    fs::create_symlink("target", scratch.path / "link");
    fs::create_hard_link(scratch.path / "two-names", scratch.path / "second");
    const Descriptor directory = open_without_foreign_links(scratch.path, geteuid());
    for (const char* name : {"link", "two-names", "second", "missing"}) {
        CHECK_NOTHROW(give_file(directory, name, other, getegid()));
    }
    for (const char* name : {"link", "target", "two-names"}) {
        CHECK(status_of_path(scratch.path / name).st_uid == geteuid());
    }
    if (geteuid() == 0) {
        give_file(directory, "plain", other, getegid());
        CHECK(status_of_path(scratch.path / "plain").st_uid == other);
    } else {
        CHECK_THROWS_AS(give_file(directory, "plain", other, getegid()), std::runtime_error);
    }
}

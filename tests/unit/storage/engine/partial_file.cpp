// A file that appears when it is complete: what others have put in its place is neither written into nor named.
#include "storage/engine/partial_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/unit/storage/temporary_store.h"

using storage::engine::PartialFile;
namespace fs = std::filesystem;

namespace {

std::string content_of(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void put(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

TEST_CASE("a file that lies in the way, and what a link there leads to, keep their content") {
    const storage_test::TemporaryStore place;
    const fs::path name = place.directory() / "copy.db";
    const fs::path way = place.directory() / "copy.db.partial";
    put(place.directory() / "other", "other");
    const auto check_fresh = [&] {
        PartialFile partial(name);
        REQUIRE(partial.is_open());
        put(partial.path(), "ours");
        CHECK(partial.take_name());
        struct stat status{};
        REQUIRE(lstat(name.c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0600);
        CHECK(S_ISREG(status.st_mode));
        CHECK(content_of(name) == "ours");
        CHECK(content_of(place.directory() / "other") == "other");
    };
    fs::create_symlink("other", way);
    check_fresh();
    fs::create_hard_link(place.directory() / "other", way);
    check_fresh();
    put(way, "left over");
    fs::permissions(way, fs::perms::all);
    check_fresh();
}

TEST_CASE("a file that has been put in its place gets no name, and is not removed either") {
    const storage_test::TemporaryStore place;
    const fs::path name = place.directory() / "copy.db";
    {
        PartialFile partial(name);
        REQUIRE(partial.is_open());
        fs::remove(partial.path());
        put(partial.path(), "theirs");
        CHECK_FALSE(partial.give_name());
        CHECK_FALSE(partial.take_name());
    }
    CHECK_FALSE(fs::exists(name));
    CHECK(content_of(place.directory() / "copy.db.partial") == "theirs");
}

TEST_CASE("without a name it is gone at the end; give_name replaces nothing") {
    const storage_test::TemporaryStore place;
    const fs::path name = place.directory() / "copy.db";
    put(name, "there before");
    {
        PartialFile partial(name);
        REQUIRE(partial.is_open());
        CHECK_FALSE(partial.give_name());
    }
    CHECK(content_of(name) == "there before");
    CHECK_FALSE(fs::exists(place.directory() / "copy.db.partial"));
}

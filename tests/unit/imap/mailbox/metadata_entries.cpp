// The metadata entries that answer a GETMETADATA: RFC 5464 §4.2.1 (MAXSIZE), §4.2.2 (DEPTH).
#include <doctest/doctest.h>

#include "protocols/imap/mailbox/metadata_entries.h"

using imap::answer_metadata;
using Depth = imap::wire::GetMetadata::Depth;

namespace {

const std::vector<storage::MetadataEntry> annotations = {
    {"/private/A", "1"}, {"/private/a/b", "22"}, {"/private/a/b/c", "333"}, {"/private/ab", "4"}};

std::string told(std::vector<std::string> names, Depth depth, std::optional<std::uint32_t> max_size = std::nullopt) {
    const imap::MetadataQuestion question{std::move(names), depth, max_size};
    const imap::MetadataAnswer answer = answer_metadata(question, annotations);
    std::string out;
    for (const auto& [name, value] : answer.values) {
        out += std::string(name) + "=" + std::string(value.value_or("NIL")) + " ";
    }
    if (answer.longest_left_out != 0) out += "longest " + std::to_string(answer.longest_left_out);
    return out;
}

}  // namespace

TEST_CASE("entries by name, depth and size") {
    CHECK(told({"/private/a"}, Depth::zero) == "/private/a=1 ");
    CHECK(told({"/PRIVATE/a/B", "/private/x"}, Depth::zero) == "/PRIVATE/a/B=22 /private/x=NIL ");
    CHECK(told({"/private/a"}, Depth::one) == "/private/a=1 /private/a/b=22 ");
    CHECK(told({"/private/a"}, Depth::infinity) == "/private/a=1 /private/a/b=22 /private/a/b/c=333 ");
    CHECK(told({"/private"}, Depth::one) == "/private/A=1 /private/ab=4 ");
    CHECK(told({"/private/x"}, Depth::infinity).empty());
    CHECK(told({"/private/a", "/private/a/b"}, Depth::infinity) == "/private/a=1 /private/a/b=22 /private/a/b/c=333 ");
    CHECK(told({"/private/a"}, Depth::infinity, 1) == "/private/a=1 longest 3");
    CHECK(told({"/private/a", "/private/a/b"}, Depth::zero, 0) == "longest 2");
    CHECK(told({"/private/a/b/c"}, Depth::zero, 3) == "/private/a/b/c=333 ");
    // none twice, however often it is asked for
    CHECK(told({"/private/a", "/private/A", "/private/x", "/private/X"}, Depth::zero) ==
          "/private/a=1 /private/x=NIL ");
    CHECK(told({"/private/a", "/private/A"}, Depth::one, 1) == "/private/a=1 longest 2");
}

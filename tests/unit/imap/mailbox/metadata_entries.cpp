// The metadata entries that answer a GETMETADATA: RFC 5464 §4.2.1 (MAXSIZE), §4.2.2 (DEPTH); the memory for them.
#include <doctest/doctest.h>

#include <memory>

#include "../fixed_allowance.h"
#include "protocols/imap/mailbox/metadata_entries.h"
#include "tests/unit/storage/temporary_store.h"

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

TEST_CASE("entries count as the account's memory for as long as they are there") {
    storage_test::TemporaryStore house;
    const storage::AccountId alice = house.add_account("alice@example.org");
    const storage::MailboxId inbox = house.mailbox(alice, "INBOX");
    const std::string long_name = "/private/" + std::string(1'000, 'x');
    for (int i = 0; i < 10; ++i) {
        const storage::MetadataChange entry{long_name + std::to_string(i), std::string(10'000, 'y')};
        house.run(storage::set_metadata(alice, inbox, {entry}, {}));
    }
    const auto allowance = std::make_shared<test::FixedAllowance>(1'000'000);
    {
        const auto held = house.get(imap::hold_metadata(alice, inbox, 50'000, allowance));
        CHECK(held.entries.size() == 10);
        CHECK(held.octets > 50'000 + 10 * (2 * 1'000 + 10'000));
        CHECK(allowance->left <= 1'000'000 - held.octets);
    }
    CHECK(allowance->left == 1'000'000);
    allowance->left = 100'000;
    const auto refused = house.read(imap::hold_metadata(alice, inbox, 0, allowance));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason == storage::Reason::too_many);
    CHECK(allowance->left == 100'000);
    CHECK(imap::octets_to_answer({std::string(1'000, 'x'), std::string(2'000, 'x')}) >= 6'000);
}

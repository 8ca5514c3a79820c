// The secrets that seal return addresses, and senders that are too long for one.
#include "storage/return_addresses.h"

#include "storage/queue.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

std::vector<std::string> secrets_of(const std::vector<ReturnSecret>& kept) {
    std::vector<std::string> secrets;
    for (const ReturnSecret& one : kept) secrets.push_back(one.secret);
    return secrets;
}

}  // namespace

TEST_CASE("a secret for return addresses is renewed when it is old; an old one opens while what it sealed is valid") {
    TemporaryStore house;
    CHECK(house.get(return_secrets()).empty());
    const auto renew = [&](const char* fresh, std::int64_t at) {
        return secrets_of(house.run(renew_return_secret(fresh, at, at - 90, at - 30)));
    };
    using Secrets = std::vector<std::string>;
    CHECK(renew("one", 1'000) == Secrets{"one"});
    CHECK(renew("two", 1'090) == Secrets{"one"});  // not old enough: another process was first
    CHECK(renew("two", 1'091) == Secrets{"two", "one"});
    CHECK(renew("three", 1'182) == Secrets{"three", "two"});  // "two" was the newest for longer than one is valid
    CHECK(house.get(return_secrets()).front().created_at == 1'182);
}

TEST_CASE("a long sender is found by its token until it expires") {
    TemporaryStore house;
    const auto forward = [&](std::int64_t at, const LongSender& sender) {
        Acceptance acceptance;
        acceptance.content = house.staged("text");
        acceptance.received_at = at;
        acceptance.forwards.push_back({.reverse_path = "return@example.org",
                                       .envelope_id = {},
                                       .session = {},
                                       .long_sender = sender,
                                       .recipients = {{"x@remote.example", 0, ""}}});
        return house.run(accept_message(acceptance));
    };
    forward(now, {"token", "long@sender.example", now + 100});
    CHECK(house.get(find_long_sender("token", now + 99)) == "long@sender.example");
    CHECK(house.read(find_long_sender("token", now + 100)).error().reason == Reason::no_such_account);
    CHECK_FALSE(house.read(find_long_sender("other", now)));
    forward(now + 50, {"token", "long@sender.example", now + 150});  // sent on again: valid for longer
    CHECK(house.read(find_long_sender("token", now + 149)));
    forward(now + 150, {"another", "other@sender.example", now + 250});  // forgets what has expired
    CHECK_FALSE(house.read(find_long_sender("token", now)));
}

// Lists: who is a member, who is reached, and who is paused.
#include "storage/lists.h"

#include <algorithm>

#include "storage/queue.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace list_story {

namespace {

struct Lists : TemporaryStore {
    AccountId bob = add_account("bob@example.org");
    AccountId eve = add_account("eve@example.org");

    Result<std::monostate> add(const std::string& name, std::vector<std::string> members,
                               std::vector<std::string> owners = {"bob@example.org"}) {
        return write(add_to_list({.name = name, .members = std::move(members), .owners = std::move(owners)}, now));
    }
    std::vector<std::string> elsewhere(const std::string& name) {
        std::vector<std::string> found;
        for (const auto& member : get(resolve_list(name)).elsewhere) found.push_back(member.address);
        return found;
    }
    ListMember member(const std::string& address) {
        for (const ListMember& one : get(find_list("dev@example.org")).members) {
            if (one.address == address) return one;
        }
        return {};
    }
    void bounce(std::int64_t member, std::int64_t at) {
        Acceptance acceptance;
        acceptance.content = staged("report");
        acceptance.received_at = at;
        acceptance.bounced_members = {member};
        run(accept_message(acceptance));
    }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("lists that can and cannot be") {
    Lists house;
    CHECK(house.add("dev@example.org", {"eve@example.org", "Far@Elsewhere.test"}));
    CHECK(house.add("dev@example.org", {"far@elsewhere.test"}, {}));  // in another case: the same
    const MailingList dev = house.get(find_list("Dev@Example.org"));
    CHECK(dev.posting == ListPosting::members);
    REQUIRE(dev.members.size() == 3);
    CHECK(dev.members[1].address == "Far@Elsewhere.test");
    CHECK_FALSE(dev.members[2].receives);
    CHECK(dev.members[2].owner);
    CHECK(house.add("dev@example.org", {"bob@example.org"}, {}));
    CHECK(house.member("bob@example.org").receives);
    CHECK(house.member("bob@example.org").owner);

    const auto reason = [](const Result<std::monostate>& result) { return result.error().reason; };
    CHECK(reason(house.add("new@example.org", {}, {})) == Reason::invalid_name);  // nobody owns it
    CHECK(reason(house.add("bob@example.org", {})) == Reason::already_exists);
    CHECK(reason(house.add("dev@far.org", {})) == Reason::no_such_domain);
    CHECK(reason(house.add(std::string(31, 'a') + "@example.org", {})) == Reason::invalid_name);
    CHECK(reason(house.add("d\xC3\xA9v@example.org", {})) == Reason::invalid_name);
    CHECK(reason(house.add("a=b@example.org", {})) == Reason::invalid_name);
    CHECK(reason(house.add("dev@example.org", {"dev@example.org"}, {})) == Reason::invalid_name);
    for (const char* member : {"nobody", "a b@far.org", "a@far.org>", "a\r\nb@far.org", "\"a\r\nX: y\"@far.org"}) {
        CAPTURE(member);
        CHECK(reason(house.add("dev@example.org", {member}, {})) == Reason::invalid_name);
    }
    CHECK(reason(house.write(add_alias("dev@example.org", {"bob@example.org"}))) == Reason::already_exists);
    CHECK(reason(house.write(remove_from_list("dev@example.org", {"who@far.org"}))) == Reason::no_such_alias);
    CHECK(house.write(remove_from_list("dev@example.org", {"FAR@elsewhere.test"})));
    CHECK(house.write(remove_from_list("dev@example.org", {})));
    CHECK(reason(house.write(remove_from_list("dev@example.org", {}))) == Reason::no_such_alias);
    CHECK(house.get(list_lists()).empty());
}

TEST_CASE("an address that is a list, or leads to one; its owners have an address, too") {
    Lists house;
    REQUIRE(house.add("dev@example.org", {"eve@example.org"}, {"bob@example.org", "boss@far.org"}));
    REQUIRE(house.write(add_alias("all@example.org", {"dev@example.org", "eve@example.org"})));
    CHECK(house.get(resolve_recipient("dev+x@example.org")).lists == Names{"dev@example.org"});
    const ResolvedRecipient all = house.get(resolve_recipient("all@example.org"));
    CHECK(all.lists == Names{"dev@example.org"});
    CHECK(all.local.size() == 1);
    for (const char* address : {"dev-owner@example.org", "dev-bounces@example.org"}) {
        const ResolvedRecipient owners = house.get(resolve_recipient(address));
        CHECK(owners.local.size() == 1);
        CHECK(owners.remote == Names{"boss@far.org"});
        CHECK(owners.name == address);
    }
    CHECK_FALSE(house.read(resolve_recipient("other-owner@example.org")));
}

TEST_CASE("each member is reached once, behind aliases and lists too; lists of lists end") {
    Lists house;
    REQUIRE(house.write(add_alias("team@example.org", {"eve@example.org", "far@elsewhere.test"})));
    REQUIRE(house.add("inner@example.org", {"outer@example.org", "deep@elsewhere.test", "FAR@elsewhere.test"}));
    REQUIRE(house.add("outer@example.org", {"eve@example.org", "team@example.org", "eve+x@example.org",
                                            "inner@example.org", "ghost@example.org", "far@elsewhere.test"}));
    const ListDestinations reached = house.get(resolve_list("outer@example.org"));
    REQUIRE(reached.local.size() == 1);
    CHECK(reached.local[0].account_name == "eve@example.org");
    CHECK(house.elsewhere("outer@example.org") == Names{"far@elsewhere.test", "deep@elsewhere.test"});
    REQUIRE(reached.missing.size() == 1);
    CHECK(reached.missing[0].address == "ghost@example.org");
}

TEST_CASE("a member whose mail comes back three times in a row is paused, and can be let on again") {
    Lists house;
    REQUIRE(house.add("dev@example.org", {"far@elsewhere.test", "eve@example.org"}));
    const std::int64_t far = house.member("far@elsewhere.test").id;
    house.bounce(far, now);
    house.bounce(far, now + bounces_forgotten_after);
    CHECK(house.member("far@elsewhere.test").bounces == 2);
    house.bounce(far, now + 2 * bounces_forgotten_after + 1);  // a week without: from the beginning
    CHECK(house.member("far@elsewhere.test").bounces == 1);
    CHECK(house.get(untold_pauses()).empty());
    house.bounce(far, now + 2 * bounces_forgotten_after + 2);
    CHECK(house.elsewhere("dev@example.org") == Names{"far@elsewhere.test"});
    house.bounce(far, now + 2 * bounces_forgotten_after + 3);
    CHECK(house.member("far@elsewhere.test").paused_at == now + 2 * bounces_forgotten_after + 3);
    CHECK(house.elsewhere("dev@example.org").empty());
    CHECK(house.get(resolve_list("dev@example.org")).local.size() == 1);
    const std::vector<PausedMember> untold = house.get(untold_pauses());
    REQUIRE(untold.size() == 1);
    CHECK(untold[0].list == "dev@example.org");
    CHECK(untold[0].address == "far@elsewhere.test");
    house.run(mark_pause_told(far));
    house.bounce(far, now + 2 * bounces_forgotten_after + 4);  // of what was sent before
    CHECK(house.get(untold_pauses()).empty());
    house.run(resume_list_member("dev@example.org", "far@elsewhere.test"));
    CHECK(house.elsewhere("dev@example.org") == Names{"far@elsewhere.test"});
    CHECK(house.member("far@elsewhere.test").bounces == 0);
    CHECK_FALSE(house.write(resume_list_member("dev@example.org", "who@far.org")));
}

}  // namespace list_story

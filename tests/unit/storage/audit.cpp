// The audit: written with the change or not at all, bounded by age and by number, each kind by itself.
#include "storage/audit.h"

#include <algorithm>

#include "storage/domains.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

StoreOptions keeping(AuditOptions audit) {
    StoreOptions options;
    options.audit = audit;
    return options;
}

struct AuditedStore : TemporaryStore {
    explicit AuditedStore(AuditOptions audit = {.keep = std::chrono::hours(1), .rows = 100})
        : TemporaryStore(keeping(audit)) {}
    std::vector<AuditEntry> entries(AuditFilter filter = {}) { return read(read_audit(std::move(filter))).value(); }
    std::size_t count(AuditKind kind) {
        const std::vector<AuditEntry> all = entries();
        return static_cast<std::size_t>(std::ranges::count(all, kind, &AuditEntry::kind));
    }
    void note(std::vector<AuditEntry> several) { write(note_in_audit(std::move(several))).value(); }
};

AuditEntry entry(std::string action, std::string subject, std::int64_t at = now) {
    return {.at = at, .actor = "root", .action = std::move(action), .subject = std::move(subject)};
}

}  // namespace

TEST_CASE("a change and who made it are written together, or neither") {
    AuditedStore store;
    CHECK(store.write(audited(add_domain("here.test", now), entry("domain.add", "here.test"))));
    CHECK_FALSE(store.write(audited(add_domain("here.test", now), entry("domain.add", "again"))));
    CHECK(store.entries() == std::vector{entry("domain.add", "here.test")});
}

TEST_CASE("a store that keeps no audit notes nothing, and the change is made") {
    AuditedStore store({.keep = std::chrono::seconds(0)});
    CHECK(store.write(audited(add_domain("here.test", now), entry("domain.add", "here.test"))));
    store.note({entry("login", "bob")});
    CHECK(store.entries().empty());
    CHECK(store.read(list_domains()).value().size() == 1);
}

TEST_CASE("entries are read in their order, the newest that fit, by time and by whom they are about") {
    AuditedStore store;
    AuditEntry by_alice = entry("acl.set", "bob", now + 2);
    by_alice.actor = "alice";
    store.note({entry("account.add", "alice", now), entry("account.add", "bob", now + 1), by_alice});
    CHECK(store.entries({.since = now + 1}).size() == 2);
    CHECK(store.entries({.since = 0, .about = "alice"}) == std::vector{entry("account.add", "alice", now), by_alice});
    CHECK(store.entries({.since = 0, .about = "bob"}).size() == 2);
    CHECK(store.entries({.since = 0, .about = {}, .most = 1}) == std::vector{by_alice});
}

TEST_CASE("what a stranger gave is kept as text, and short") {
    AuditedStore store;
    AuditEntry strange = entry("login-failed", std::string("a\0b\xff\xc3\xa9", 6));
    strange.detail = std::string(100'000, 'x');
    store.note({strange});
    CHECK(store.entries().at(0).subject == "a?b?\xc3\xa9");
    CHECK(store.entries().at(0).detail.size() == 1'000);
}

TEST_CASE("what is too old is forgotten in slices, from the oldest on") {
    AuditedStore store;
    std::vector<AuditEntry> several;
    for (int i = 0; i < 25; ++i) several.push_back(entry("login", std::to_string(i), now + i));
    store.note(several);
    const std::int64_t later = now + 3600 + 20;  // the first 20 are older than an hour
    CHECK(store.write(trim_audit(later, 10)).value());
    CHECK(store.entries().size() == 15);
    CHECK(store.write(trim_audit(later, 10)).value());
    CHECK_FALSE(store.write(trim_audit(later, 10)).value());
    REQUIRE(store.entries().size() == 5);
    CHECK(store.entries().at(0).subject == "20");
}

TEST_CASE("each kind is bounded by itself: failures push out no changes") {
    AuditedStore store({.keep = std::chrono::hours(1), .rows = 3});
    std::vector<AuditEntry> several{entry("account.add", "bob")};
    for (int i = 0; i < 10; ++i) {
        several.push_back(entry("login-failed", std::to_string(i)));
        several.back().kind = AuditKind::failure;
    }
    store.note(several);
    CHECK_FALSE(store.write(trim_audit(now)).value());
    CHECK(store.count(AuditKind::change) == 1);
    CHECK(store.count(AuditKind::failure) == 3);
    CHECK(store.entries().back().subject == "9");
}

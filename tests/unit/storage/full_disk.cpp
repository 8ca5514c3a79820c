// A disk that is really full: content is refused, existing data stays, deleting works and makes room. In a child
// process with a small tmpfs; if mounting is not allowed there is nothing to test.
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "storage/store.h"
#include "storage/store_options.h"
#include "storage/upkeep/sweep.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

constexpr int cannot_mount = 77;

// Ends the child at the first failed condition.
void must(bool holds, int line) {
    if (holds) return;
    std::fprintf(stderr, "full_disk.cpp:%d: does not hold in the child\n", line);
    _exit(1);
}

std::string incompressible(std::uint64_t seed) {
    std::string octets(50'000, '\0');
    for (char& octet : octets) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        octet = static_cast<char>(seed >> 56);
    }
    return octets;
}

Result<Appended> put(Store& store, MailboxId inbox, std::uint64_t seed) {
    NewMessage message;
    message.content = TemporaryStore::staged(incompressible(seed));
    Operation<Appended> operation = append_messages(inbox, {message}, now, the_server);
    return store.write_now(std::move(operation));
}

// Fills the disk up to the reserve; returns how many messages there are.
std::uint32_t fill(const StoreOptions& options) {
    Store store(options);
    must(store.write_now(add_domain("example.org", now)).has_value(), __LINE__);
    const AccountId account = store.write_now(add_account("bob@example.org", {}, now)).value();
    const MailboxId inbox = store.read_now(find_mailbox(account, "INBOX")).value().id;
    std::uint32_t stored = 0;
    Result<Appended> appended = put(store, inbox, 0);
    while (appended) {
        ++stored;
        appended = put(store, inbox, stored);
    }
    must(appended.error().reason == Reason::storage_full, __LINE__);
    must(stored > 50, __LINE__);
    must(store.read_now(view_mailbox({inbox, the_server})).value().uids.count() == stored, __LINE__);
    return stored;
}

void fill_and_empty(const std::filesystem::path& directory) {
    StoreOptions options;
    options.path = directory / "mailstead.db";
    std::uint32_t stored = fill(options);
    {
        Store store(options);  // the log's content is in the database now
        const AccountId account = store.read_now(find_account("bob@example.org")).value().id;
        const MailboxId inbox = store.read_now(find_mailbox(account, "INBOX")).value().id;
        // Another program uses part of the reserve: flags and expunges still work.
        constexpr std::uintmax_t left = 640u << 10;
        const std::uintmax_t available = std::filesystem::space(directory).available;
        must(available > left, __LINE__);
        std::ofstream(directory / "other") << std::string(available - left, 'x');
        must(store.write_now(change_flags({inbox, the_server}, UidSet::all(), FlagEdit::add, {system_flag::seen, {}}))
                 .has_value(),
             __LINE__);
        UidSet half;
        half.insert(Uid{1}, Uid{stored / 2});
        must(store.write_now(expunge_messages({inbox, the_server}, half, Durability::synced)).has_value(), __LINE__);
        stored -= stored / 2;
        must(reason_of(put(store, inbox, 1000)) == Reason::storage_full, __LINE__);
        sweep_now(store);
        must(put(store, inbox, 2000).has_value(), __LINE__);
        must(put(store, inbox, 2001).has_value(), __LINE__);
        stored += 2;
    }
    Store again(options);
    const Result<std::vector<Account>> accounts = again.read_now(list_accounts());
    must(accounts.has_value() && accounts->size() == 1 && (*accounts)[0].messages == stored, __LINE__);
}

}  // namespace

TEST_CASE("on a full disk content is refused, and deleting makes room") {
    char pattern[] = "/tmp/mailstead-unit-XXXXXX";
    REQUIRE(::mkdtemp(pattern) != nullptr);
    const pid_t child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            mount("tmpfs", pattern, "tmpfs", 0, "size=24m") != 0) {
            _exit(cannot_mount);
        }
        try {
            fill_and_empty(pattern);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s\n", error.what());
            _exit(2);
        }
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    std::filesystem::remove_all(pattern);
    REQUIRE(WIFEXITED(status));
    if (WEXITSTATUS(status) == cannot_mount) return;
    CHECK(WEXITSTATUS(status) == 0);
}

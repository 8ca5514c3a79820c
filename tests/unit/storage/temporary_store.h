// A store in its own directory, deleted after the test, and helpers for what most tests need first.
#pragma once

#include <doctest/doctest.h>
#include <openssl/sha.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "storage/accounts.h"
#include "storage/domains.h"
#include "storage/mailboxes.h"
#include "storage/messages.h"
#include "storage/store.h"
#include "storage/store_options.h"

namespace storage_test {

inline constexpr std::int64_t now = 1'700'000'000;

class TemporaryStore {
  public:
    // `image`: a store's file to start from, instead of a new one.
    explicit TemporaryStore(storage::StoreOptions options = {}, const std::filesystem::path& image = {})
        : options_(std::move(options)) {
        char pattern[] = "/tmp/mailstead-unit-XXXXXX";
        if (::mkdtemp(pattern) == nullptr) throw std::runtime_error("no temporary directory");
        directory_ = pattern;
        options_.path = directory_ / "mailstead.db";
        if (!image.empty()) std::filesystem::copy_file(image, options_.path);
        store_ = std::make_unique<storage::Store>(options_);
    }
    ~TemporaryStore() {
        store_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }
    TemporaryStore(const TemporaryStore&) = delete;
    TemporaryStore& operator=(const TemporaryStore&) = delete;

    storage::Store& store() { return *store_; }
    const std::filesystem::path& directory() const { return directory_; }
    const std::filesystem::path& path() const { return options_.path; }
    void close() { store_.reset(); }
    void reopen() {
        store_.reset();
        store_ = std::make_unique<storage::Store>(options_);
    }

    template <class T>
    storage::Result<T> read(storage::Query<T> query) {
        return store_->read_now(std::move(query));
    }
    template <class T>
    storage::Result<T> write(storage::Operation<T> operation) {
        return store_->write_now(std::move(operation));
    }
    // The same; a refusal fails the test.
    template <class T>
    T get(storage::Query<T> query) {
        return must(read(std::move(query)));
    }
    template <class T>
    T run(storage::Operation<T> operation) {
        return must(write(std::move(operation)));
    }

    storage::AccountId add_account(const std::string& name) {
        const std::string domain = name.substr(name.find('@') + 1);
        (void)write(storage::add_domain(domain, now)).has_value();
        return run(storage::add_account(name, {.argon2id = "$argon2id$", .scram_sha_256 = {}}, now));
    }
    storage::MailboxId mailbox(storage::AccountId account, const std::string& name) {
        return get(storage::find_mailbox(account, name)).id;
    }
    storage::Uid append(storage::MailboxId mailbox, const std::string& octets, std::uint8_t flags = 0) {
        storage::NewMessage message;
        message.content = staged(octets);
        message.summary = "summary of " + octets;
        message.flags.system = flags;
        message.internal_date = now;
        return run(storage::append_messages(mailbox, {message}, now, storage::the_server)).placed.at(0).uid;
    }

    static storage::StagedBlob staged(const std::string& octets) {
        storage::StagedBlob blob;
        SHA256(reinterpret_cast<const unsigned char*>(octets.data()), octets.size(), blob.sha256.data());
        blob.size_octets = octets.size();
        blob.octets = std::make_shared<const std::string>(octets);
        return blob;
    }

  private:
    template <class T>
    static T must(storage::Result<T> result) {
        if (!result) throw std::runtime_error("refused: " + result.error().text);
        return *std::move(result);
    }

    storage::StoreOptions options_;
    std::filesystem::path directory_;
    std::unique_ptr<storage::Store> store_;
};

// The reason of a refusal; nullopt if there was none.
template <class T>
std::optional<storage::Reason> reason_of(const storage::Result<T>& result) {
    if (result) return std::nullopt;
    return result.error().reason;
}

}  // namespace storage_test

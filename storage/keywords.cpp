// Keyword names as numbers. Numbers are never reused: bitmaps in message rows rely on them.
#include "storage/keywords.h"

#include <utility>

#include "storage/normal_names.h"
#include "storage/store_options.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

std::optional<std::uint32_t> stored_number(Connection& connection, AccountId account, const std::string& name) {
    auto found = connection.statement("SELECT number FROM keyword WHERE account_id = ? AND name = ?");
    if (!found.bind(account, name).step()) return std::nullopt;
    return found.column<std::uint32_t>(0);
}

std::uint32_t next_number(Connection& connection, AccountId account) {
    auto last = connection.statement("SELECT coalesce(max(number) + 1, 0) FROM keyword WHERE account_id = ?");
    last.bind(account).step();
    return last.column<std::uint32_t>(0);
}

Result<std::uint32_t> new_number(Batch& batch, AccountId account, const std::string& name) {
    Connection& connection = batch.connection();
    const std::uint32_t number = next_number(connection, account);
    if (number >= batch.options().keywords_per_account) {
        return refuse(Reason::too_many, "the account has too many keywords");
    }
    connection.run("INSERT INTO keyword (account_id, number, name) VALUES (?, ?, ?)", account, number, name);
    return number;
}

}  // namespace

Result<KeywordSet> KeywordNumbers::set_of(const std::vector<std::string>& names) {
    KeywordSet keywords;
    for (const std::string& name : names) {
        Result<std::uint32_t> number = number_of(name);
        if (!number) return std::unexpected(std::move(number.error()));
        keywords.insert(*number);
    }
    return keywords;
}

Result<std::uint32_t> KeywordNumbers::number_of(const std::string& name) {
    std::string key = ascii_lower(name);  // keywords ignore case: spelling them differently costs nothing more
    const auto known = known_.find(key);
    if (known != known_.end()) return known->second;
    const std::optional<std::uint32_t> stored = stored_number(batch_.connection(), account_, name);
    Result<std::uint32_t> number = stored ? Result<std::uint32_t>(*stored) : new_number(batch_, account_, name);
    if (number) known_.emplace(std::move(key), *number);
    return number;
}

Result<KeywordSet> number_keywords(Batch& batch, AccountId account, const std::vector<std::string>& names) {
    return KeywordNumbers(batch, account).set_of(names);
}

KeywordSet known_keywords(Connection& connection, AccountId account, const std::vector<std::string>& names) {
    KeywordSet keywords;
    for (const std::string& name : names) {
        if (const auto number = stored_number(connection, account, name)) keywords.insert(*number);
    }
    return keywords;
}

Result<KeywordSet> KeywordTranslation::operator()(const KeywordSet& keywords) {
    if (from_ == to_) return keywords;
    KeywordSet set;
    for (const std::uint32_t number : keywords.numbers()) {
        if (number >= translated_.size() || !translated_[number].known) {
            Result<std::monostate> learned = learn(number);
            if (!learned) return std::unexpected(std::move(learned.error()));
        }
        if (const std::optional<std::uint32_t> other = translated_[number].number) set.insert(*other);
    }
    return set;
}

Result<std::monostate> KeywordTranslation::learn(std::uint32_t number) {
    if (number >= translated_.size()) translated_.resize(number + 1);
    auto found = batch_.connection().statement("SELECT name FROM keyword WHERE account_id = ? AND number = ?");
    if (found.bind(from_, number).step()) {
        const Result<std::uint32_t> given = numbers_.number_of(found.column<std::string>(0));
        if (!given) return std::unexpected(given.error());
        translated_[number].number = *given;
    }
    translated_[number].known = true;
    return std::monostate();
}

}  // namespace storage

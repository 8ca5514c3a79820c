// Keyword names as numbers. Numbers are never reused: bitmaps in message rows rely on them.
#include "storage/keywords.h"
#include "storage/store_options.h"

#include <optional>

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

std::optional<std::uint32_t> number_of(Connection& connection, AccountId account, const std::string& name) {
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

Result<KeywordSet> number_keywords(Batch& batch, AccountId account, const std::vector<std::string>& names) {
    KeywordSet keywords;
    for (const std::string& name : names) {
        std::optional<std::uint32_t> number = number_of(batch.connection(), account, name);
        if (!number) {
            Result<std::uint32_t> given = new_number(batch, account, name);
            if (!given) return std::unexpected(std::move(given.error()));
            number = *given;
        }
        keywords.insert(*number);
    }
    return keywords;
}

KeywordSet known_keywords(Connection& connection, AccountId account, const std::vector<std::string>& names) {
    KeywordSet keywords;
    for (const std::string& name : names) {
        if (const auto number = number_of(connection, account, name)) keywords.insert(*number);
    }
    return keywords;
}

Result<KeywordSet> translate_keywords(Batch& batch, AccountId from, const KeywordSet& keywords, AccountId to) {
    std::vector<std::string> names;
    for (const std::uint32_t number : keywords.numbers()) {
        auto found = batch.connection().statement("SELECT name FROM keyword WHERE account_id = ? AND number = ?");
        if (found.bind(from, number).step()) names.push_back(found.column<std::string>(0));
    }
    return number_keywords(batch, to, names);
}

}  // namespace storage

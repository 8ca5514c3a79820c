// An account's keywords and their numbers (RFC 9051 §2.3.2). For storage/*.cpp only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "storage/engine/batch.h"
#include "storage/types.h"

namespace storage {

// Numbers the keywords that one operation names for an account, each name once however many messages have it. Names new
// to the account get a number.
class KeywordNumbers {
  public:
    KeywordNumbers(engine::Batch& batch, AccountId account) : batch_(batch), account_(account) {}
    Result<KeywordSet> set_of(const std::vector<std::string>& names);  // refuses too_many
    Result<std::uint32_t> number_of(const std::string& name);          // refuses too_many

  private:
    engine::Batch& batch_;
    AccountId account_;
    std::unordered_map<std::string, std::uint32_t> known_;
};

// The set of these names, for a single message or one set for all. Refuses too_many.
Result<KeywordSet> number_keywords(engine::Batch& batch, AccountId account, const std::vector<std::string>& names);

// The set of those names that the account has numbers for.
KeywordSet known_keywords(engine::Connection& connection, AccountId account, const std::vector<std::string>& names);

// Gives the same keywords with another account's numbers, each keyword looked up once.
class KeywordTranslation {
  public:
    KeywordTranslation(engine::Batch& batch, AccountId from, AccountId to)
        : batch_(batch), from_(from), to_(to), numbers_(batch, to) {}
    Result<KeywordSet> operator()(const KeywordSet& keywords);  // refuses too_many

  private:
    struct Translated {
        bool known = false;
        std::optional<std::uint32_t> number;  // nullopt: a number without a name
    };
    Result<std::monostate> learn(std::uint32_t number);

    engine::Batch& batch_;
    AccountId from_;
    AccountId to_;
    KeywordNumbers numbers_;
    std::vector<Translated> translated_;  // by number
};

}  // namespace storage

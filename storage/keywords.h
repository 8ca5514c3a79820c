// An account's keywords and their numbers (RFC 9051 §2.3.2). For storage/*.cpp only.
#pragma once

#include <string>
#include <vector>

#include "storage/engine/batch.h"
#include "storage/types.h"

namespace storage {

// The set of these names; names new to the account get a number. Refuses too_many.
Result<KeywordSet> number_keywords(engine::Batch& batch, AccountId account, const std::vector<std::string>& names);

// The set of those names that the account has numbers for.
KeywordSet known_keywords(engine::Connection& connection, AccountId account, const std::vector<std::string>& names);

// The same keywords with another account's numbers. Refuses too_many.
Result<KeywordSet> translate_keywords(engine::Batch& batch, AccountId from, const KeywordSet& keywords, AccountId to);

}  // namespace storage

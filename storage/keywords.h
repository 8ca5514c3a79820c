// An account's keywords and their numbers (RFC 9051 §2.3.2). For storage/*.cpp only.
#pragma once

#include <string>
#include <vector>

#include "storage/engine/batch.h"
#include "storage/types.h"

namespace storage {

// The set of these names; those that the account does not know yet get a number. Refuses too_many.
Result<KeywordSet> number_keywords(engine::Batch& batch, AccountId account, const std::vector<std::string>& names);

// The set of those that the account knows.
KeywordSet known_keywords(engine::Connection& connection, AccountId account, const std::vector<std::string>& names);

// The same keywords with another account's numbers. Refuses too_many.
Result<KeywordSet> translate_keywords(engine::Batch& batch, AccountId from, const KeywordSet& keywords, AccountId to);

}  // namespace storage

// What an account answers while its owner is away (RFC 8621 §8), as the owner has set it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "storage/query.h"

namespace storage {

struct VacationResponse {
    bool enabled = false;
    std::optional<std::int64_t> from;  // Unix seconds; empty: at once
    std::optional<std::int64_t> to;    // exclusive; empty: without an end
    std::optional<std::string> subject;
    std::optional<std::string> text_body;
    std::optional<std::string> html_body;
    ModSeq changed_modseq;  // the account's MODSEQ then; 0: it was never set
};

Query<VacationResponse> find_vacation(AccountId account);
// Refuses no_such_account.
Operation<std::monostate> set_vacation(AccountId account, VacationResponse response);

}  // namespace storage

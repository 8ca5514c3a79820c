// One row for each account that has set it.
#include "storage/vacation.h"

#include <utility>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"

namespace storage {

Query<VacationResponse> find_vacation(AccountId account) {
    return [account](Snapshot& snapshot) -> Result<VacationResponse> {
        auto found = engine::connection_of(snapshot).statement(
            "SELECT enabled, from_at, to_at, subject, text_body, html_body, changed_modseq FROM vacation_response"
            " WHERE account_id = ?");
        if (!found.bind(account).step()) return VacationResponse{};
        return VacationResponse{.enabled = found.column<bool>(0),
                                .from = found.column<std::optional<std::int64_t>>(1),
                                .to = found.column<std::optional<std::int64_t>>(2),
                                .subject = found.column<std::optional<std::string>>(3),
                                .text_body = found.column<std::optional<std::string>>(4),
                                .html_body = found.column<std::optional<std::string>>(5),
                                .changed_modseq = found.column<ModSeq>(6)};
    };
}

Operation<std::monostate> set_vacation(AccountId account, VacationResponse response) {
    return {Durability::synced,
            [account, response = std::move(response)](engine::Batch& batch) -> std::optional<Result<std::monostate>> {
                if (batch.account(account) == nullptr) {
                    return refuse(Reason::no_such_account, "the account is gone");
                }
                batch.connection().run(
                    "INSERT INTO vacation_response (account_id, enabled, from_at, to_at, subject, text_body, html_body,"
                    " changed_modseq) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id) DO UPDATE SET"
                    " enabled = excluded.enabled, from_at = excluded.from_at, to_at = excluded.to_at,"
                    " subject = excluded.subject, text_body = excluded.text_body, html_body = excluded.html_body,"
                    " changed_modseq = excluded.changed_modseq",
                    account, response.enabled, response.from, response.to, response.subject, response.text_body,
                    response.html_body, batch.change_account(account));
                return std::monostate();
            }};
}

}  // namespace storage

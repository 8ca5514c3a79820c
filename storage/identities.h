// Identities: as what an account sends (RFC 8621 §6). Its own address is one, whether anything is stored of it or not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "storage/query.h"

namespace storage {

using IdentityId = Strong<struct IdentityTag, std::int64_t>;  // 0: of the account's own address

struct SenderIdentity {
    IdentityId id;
    std::string email;
    std::string name;
    std::string reply_to;  // the caller's text; empty: none. Likewise the next
    std::string bcc;
    std::string text_signature;
    std::string html_signature;
    ModSeq created_modseq;  // the account's MODSEQ then; 0: always
    ModSeq changed_modseq;
};
struct RemovedIdentity {
    IdentityId id;
    ModSeq created_modseq;
    ModSeq removed_modseq;
};
struct SenderIdentities {
    std::vector<SenderIdentity> identities;  // the own address first, then as they were added
    std::vector<RemovedIdentity> removed;    // in the order of their removal
    ModSeq complete_from;                    // what was removed up to this MODSEQ may be forgotten
};
// Refuses no_such_account.
Query<SenderIdentities> list_identities(AccountId account);

// Whether the account may send with that address is for the caller to ask. Refuses too_many above `most`.
Operation<IdentityId> add_identity(AccountId account, SenderIdentity identity, std::size_t most);
// Its texts, not its address. Refuses conflict if there is none with that id.
Operation<std::monostate> change_identity(AccountId account, SenderIdentity identity);
// Refuses conflict likewise, and not_permitted for the own address.
Operation<std::monostate> remove_identity(AccountId account, IdentityId id);

}  // namespace storage

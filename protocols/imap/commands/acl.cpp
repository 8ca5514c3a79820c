// Finding what a command about an access control list names. RFC 4314 §3, §4 ("a" right), §6 (in which order to refuse:
// who may not see the mailbox learns nothing of identifiers).
#include "protocols/imap/commands/acl.h"

#include <optional>
#include <string_view>
#include <utility>

#include "protocols/imap/session/session.h"
#include "protocols/sasl/saslprep.h"

namespace imap {

using storage::Result;

namespace {

// Made ready for comparison (RFC 4314 §3: SASLprep); nothing where that fails or leaves nothing: BAD.
std::optional<std::string> prepare_identifier(std::string_view identifier) {
    std::optional<std::string> prepared = sasl::saslprep(identifier);
    if (!prepared || prepared->empty() || *prepared == "-") return std::nullopt;
    return prepared;
}

// Refuses no_such_mailbox, not_permitted, no_such_account.
storage::Query<AclSubject> find_acl_subject(storage::AccountId account, std::string mailbox, std::string identifier) {
    return [account, mailbox = std::move(mailbox),
            identifier = std::move(identifier)](storage::engine::Connection& connection) -> Result<AclSubject> {
        Result<storage::Mailbox> found =
            storage::find_mailbox(account, mailbox, storage::right::administer)(connection);
        if (!found) return std::unexpected(std::move(found.error()));
        Result<storage::RightsEntry> entry = storage::resolve_identifier(identifier)(connection);
        if (!entry) return std::unexpected(std::move(entry.error()));
        return AclSubject{.mailbox = *std::move(found), .entry = *std::move(entry)};
    };
}

}  // namespace

asio::awaitable<std::optional<AclSubject>> Session::acl_subject(std::string mailbox, std::string_view identifier) {
    std::optional<std::string> prepared = prepare_identifier(identifier);
    if (!prepared) {
        answer_bad("That is no identifier");
        co_return std::nullopt;
    }
    Result<AclSubject> subject =
        co_await services_.store.read(find_acl_subject(account(), std::move(mailbox), *std::move(prepared)));
    if (subject) co_return *std::move(subject);
    answer_no(subject.error());
    co_return std::nullopt;
}

}  // namespace imap

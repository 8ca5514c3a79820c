// The one switch over all commands.
#include "protocols/imap/commands/dispatch.h"

#include <utility>
#include <variant>

#include "protocols/imap/commands/acl.h"
#include "protocols/imap/commands/connection.h"
#include "protocols/imap/commands/fetch.h"
#include "protocols/imap/commands/list.h"
#include "protocols/imap/commands/login.h"
#include "protocols/imap/commands/mailboxes.h"
#include "protocols/imap/commands/messages.h"
#include "protocols/imap/commands/metadata.h"
#include "protocols/imap/commands/quota.h"
#include "protocols/imap/commands/search.h"
#include "protocols/imap/commands/select.h"
#include "protocols/imap/commands/sort.h"
#include "protocols/imap/commands/status.h"
#include "protocols/imap/commands/store.h"
#include "protocols/imap/commands/updates.h"

namespace imap {

asio::awaitable<void> dispatch(Client& client, wire::AnyCommand& command) {
    return std::visit([&client](auto& body) { return run(client, std::move(body)); }, command);
}

}  // namespace imap

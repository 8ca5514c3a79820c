// Runs a session. RFC 3501 §3. The session is on the coroutine's frame: if that is destroyed, the session is too.
#include "protocols/imap/serve.h"

#include <memory>
#include <utility>

#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> serve(net::Stream stream, std::string session_id, const Options& options,
                            const Services& services) {
    Session session(std::move(stream), std::move(session_id), options, services);
    co_await session.converse();
}

}  // namespace imap

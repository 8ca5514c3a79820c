// The door's entry. RFC 3501 §3.
// Only makes the session, which owns the rest.
// The session lives on the coroutine's frame: when that goes, all goes.
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

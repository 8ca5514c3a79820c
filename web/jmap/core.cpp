// The methods of urn:ietf:params:jmap:core. RFC 8620 §4.
#include "web/jmap/core.h"

namespace jmap {

asio::awaitable<Json> core_echo(Call& call) { co_return call.given; }

}  // namespace jmap

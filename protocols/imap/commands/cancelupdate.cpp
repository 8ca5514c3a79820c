// CANCELUPDATE: nothing more is told of these searches. RFC 5267 §4.3.5.
#include <algorithm>

#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::CancelUpdate command) {
    const auto is_open = [this](const std::string& tag) {
        return std::ranges::find(contexts_, tag, &UpdateContext::tag) != contexts_.end();
    };
    if (!std::ranges::all_of(command.tags, is_open)) {
        answer_bad("Nothing is kept up to date under such a tag");
        co_return;
    }
    std::erase_if(contexts_, [&](const UpdateContext& context) {
        return std::ranges::find(command.tags, context.tag()) != command.tags.end();
    });
    answer_ok("No further updates");
    co_return;
}

}  // namespace imap

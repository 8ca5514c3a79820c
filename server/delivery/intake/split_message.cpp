// The parts are accepted one after the other: a crash in between makes the client send again, and some get it twice.
#include "server/delivery/intake/split_message.h"

#include <algorithm>
#include <utility>

namespace server::delivery {

using storage::Result;

bool SplitMessage::fits(std::size_t octets) const {
    return std::ranges::all_of(parts_, [&](const Part& part) { return part.message->fits(octets); });
}

void SplitMessage::append(std::string_view octets) {
    for (const Part& part : parts_) part.message->append(octets);
}

// A part that refuses it says so again at the end; the others go on.
asio::awaitable<Result<std::monostate>> SplitMessage::write(std::string_view octets) {
    bool taken = false;
    Result<std::monostate> refused;
    for (const Part& part : parts_) {
        Result<std::monostate> written = co_await part.message->write(octets);
        if (written) {
            taken = true;
        } else if (refused) {
            refused = std::move(written);
        }
    }
    co_return taken ? Result<std::monostate>() : refused;
}

void SplitMessage::give_up(std::string why) {
    for (const Part& part : parts_) part.message->give_up(why);
}

asio::awaitable<Result<services::IncomingMessage::Receipt>> SplitMessage::finish() {
    Result<Receipt> first = storage::refuse(storage::Reason::not_deliverable, "no part");
    bool accepted = false;
    for (const Part& part : parts_) {
        Result<Receipt> receipt = co_await part.message->finish();
        if (receipt && !accepted) {
            first = std::move(receipt);
            accepted = true;
            continue;
        }
        if (receipt) continue;
        if (!accepted && part.list.empty()) co_return receipt;  // it may come again: nobody has got anything yet
        if (&part == &parts_.front()) first = receipt;
        refused_.push_back({part.list, receipt.error()});
    }
    if (!accepted) co_return first;
    for (auto& [list, refusal] : refused_) co_await tell_(std::move(list), std::move(refusal));
    co_return first;
}

}  // namespace server::delivery

// UIDBATCHES: UID ranges of so many messages each, for a client that works through a mailbox in pieces. RFC 10022.
// Batches are counted from the newest message. Their ranges leave no UID out, from the last one given down to 1.
// Answered from what this client knows of the mailbox: the store is not asked. So any number of batches may be asked
// for at once (§3.1.7).
#include "protocols/imap/session/session.h"

namespace imap {

namespace {

constexpr std::uint32_t fewest = 500;  // messages in a batch (RFC 10022 §3.1.3.2)

}  // namespace

asio::awaitable<void> Session::run(wire::UidBatches command) {
    const auto [from, to] = command.batches.value_or(std::pair{std::uint32_t{1}, UINT32_MAX});
    if (from > to) {
        answer(wire::Condition::bad, "The range of batches is upside down", "CLIENTBUG");
        co_return;
    }
    if (command.size < fewest) {
        answer_no("A batch has 500 messages at least", "TOOFEW");
        co_return;
    }
    if (selected_->batches_again(command)) {
        answer_no("The mailbox has hardly changed since these batches were given", "LIMIT");
        co_return;
    }
    const storage::Uid last{selected_->uid_next().value - 1};
    say().uid_batches(tag_, selected_->numbers().batches(command.size, from, to, last));
    answer_ok("Those are the batches");
    co_return;
}

}  // namespace imap

// What the ids of a message are made of is kept with it: its content may be freed.
#include "storage/hidden_messages.h"

#include <limits>

namespace storage {

namespace {

// How many messages of a mailbox that is deleted are noted: some milliseconds.
constexpr std::uint32_t most_noted = 2'000;

}  // namespace

void note_hidden(engine::Connection& connection, AccountId account, MailboxId mailbox, Uid first, Uid last,
                 ModSeq modseq) {
    connection.run(
        "INSERT INTO hidden_message (account_id, modseq, mailbox_id, uid, blob_id, internal_date, thread_id, ids,"
        "   shown_modseq)"
        " SELECT account_id, ?, mailbox_id, uid, message.blob_id, internal_date, thread_id, ids, shown_modseq"
        " FROM message JOIN account_content ON account_content.blob_id = message.blob_id AND account_id = ?"
        " WHERE mailbox_id = ? AND uid BETWEEN ? AND ? AND flags & 8 = 0",
        modseq, account, mailbox, first, last);
}

void hide_mailbox(engine::Connection& connection, AccountId account, MailboxId mailbox, std::uint32_t messages,
                  ModSeq modseq) {
    if (messages > most_noted) {
        connection.run("UPDATE account SET hidden_floor = ? WHERE id = ?", modseq, account);
    } else {
        note_hidden(connection, account, mailbox, Uid{1}, Uid{std::numeric_limits<std::uint32_t>::max()}, modseq);
    }
}

}  // namespace storage

// The maildrop: the account's INBOX as it was when the session took its lock. RFC 1939 §4-6. Message numbers, sizes and
// unique-ids never change while the session lasts; what others do to INBOX meanwhile is not seen, but a message may
// turn out to be gone. Delete marks lie in the store (mark_writer.h) and die with the lock. What is said about it is
// the session's.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocols/pop3/mark_writer.h"
#include "protocols/pop3/options.h"
#include "protocols/pop3/wire/command.h"
#include "storage/pop3_marks.h"

namespace pop3 {

class Maildrop {
  public:
    struct Entry {
        std::uint64_t size_octets = 0;  // as it is stored
        storage::BlobId blob;
        storage::Uid uid;
        std::uint64_t text_octets = 0;  // as it is sent: what LIST, STAT and RETR tell (RFC 1939 §11)
        bool ascii_header = false;      // its header section is sent in ASCII
        bool marked = false;
    };

    Maildrop(storage::Store& store, const Options& options, std::string owner);
    Maildrop(const Maildrop&) = delete;
    Maildrop& operator=(const Maildrop&) = delete;

    // Takes the lock and looks. Where another session has it, waits for that one to leave, for options.maildrop_wait at
    // most: clients that log in again at once come before their last session has ended. Refuses in_use,
    // no_such_account; then the maildrop stays closed.
    // utf8: header sections with UTF-8 are sent as they are (RFC 6856 §2.1).
    asio::awaitable<storage::Result<std::monostate>> open(storage::AccountId account, bool utf8);
    bool is_open() const { return mailbox_.has_value(); }

    // ---- what is there. Numbers run from 1 to size(); those marked as deleted are still numbered.
    wire::MessageNumber size() const { return static_cast<wire::MessageNumber>(entries_.size()); }
    // Nothing if there is no such message, or it is marked as deleted.
    const Entry* find(wire::MessageNumber number) const;
    std::uint64_t count() const { return count_; }    // of those not marked
    std::uint64_t octets() const { return octets_; }  // of those not marked
    void append_unique_id(wire::MessageNumber number, std::string& out) const;

    // ---- content. Refuses no_such_message when someone else expunged it.
    // The first octets of a message: all of it if it is no longer than a chunk, and a header section that is sent in
    // ASCII whole. Reads the next small ones along when the client takes one after the other.
    asio::awaitable<storage::Result<std::string>> read_first(wire::MessageNumber number);
    asio::awaitable<storage::Result<std::string>> read(wire::MessageNumber number, std::uint64_t offset,
                                                       std::uint64_t length);

    // ---- marks
    void mark(wire::MessageNumber number);
    asio::awaitable<storage::Result<std::monostate>> unmark_all();
    // The UPDATE state: removes what is marked and gives the lock back, in one synced commit. Closed afterwards.
    asio::awaitable<storage::Result<storage::Expunged>> update();
    // Any other end: marks vanish, nothing is removed. Closed afterwards.
    asio::awaitable<void> release();

  private:
    struct Listing;
    asio::awaitable<storage::Result<storage::MailboxId>> lock(storage::AccountId account);
    storage::Query<Listing> list_messages(storage::MailboxId mailbox, bool utf8) const;
    std::vector<wire::MessageNumber> choose_ahead(wire::MessageNumber number);

    storage::Store& store_;
    const Options& options_;
    std::string owner_;
    std::optional<storage::MailboxId> mailbox_;
    std::uint32_t uid_validity_ = 0;
    std::vector<Entry> entries_;
    std::uint64_t count_ = 0;
    std::uint64_t octets_ = 0;
    MarkWriter marks_;
    std::map<wire::MessageNumber, std::string> ahead_;
    std::size_t ahead_count_ = 1;            // how many to read at once, growing while guesses are right
    wire::MessageNumber next_expected_ = 1;  // by a client that takes one after the other
};

}  // namespace pop3

// The maildrop: the account's INBOX at the moment when the session took its lock. RFC 1939 §4-6. Message numbers, sizes
// and unique-ids do not change during the session. Changes by others are not seen, but a message may turn out to be
// gone. Delete marks are kept in the store (mark_writer.h) and vanish with the lock.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocols/net/allowance.h"
#include "protocols/pop3/mark_writer.h"
#include "protocols/pop3/options.h"
#include "protocols/pop3/wire/command.h"
#include "storage/pop3_marks.h"

namespace pop3 {

class Maildrop {
  public:
    struct Entry {
        std::uint64_t size_octets = 0;  // as stored
        storage::BlobId blob;
        storage::Uid uid;
        std::uint64_t text_octets = 0;  // as sent: the size in LIST, STAT and RETR (RFC 1939 §11)
        bool ascii_header = false;      // its header section is sent in ASCII
        bool marked = false;
    };

    // allowance: of the connection, for the table of messages; nullptr: no limit.
    Maildrop(storage::SessionStore store, const Options& options, std::string owner,
             std::shared_ptr<net::Allowance> allowance);
    Maildrop(const Maildrop&) = delete;
    Maildrop& operator=(const Maildrop&) = delete;

    // Takes the lock and lists the messages. If another session holds the lock, waits up to options.maildrop_wait:
    // clients that reconnect at once come before their last session has ended. Refuses in_use, no_such_account,
    // too_many (the account has no memory left for the list); then the maildrop stays closed.
    // utf8: header sections with UTF-8 are sent as they are (RFC 6856 §2.1).
    asio::awaitable<storage::Result<std::monostate>> open(storage::LogIn log_in, bool utf8);
    bool is_open() const { return mailbox_.has_value(); }

    // ---- the messages. Numbers run from 1 to size(); those marked as deleted keep their numbers.
    wire::MessageNumber size() const { return static_cast<wire::MessageNumber>(entries_.size()); }
    // nullptr if there is no such message, or it is marked as deleted.
    const Entry* find(wire::MessageNumber number) const;
    std::uint64_t count() const { return count_; }    // of those not marked
    std::uint64_t octets() const { return octets_; }  // of those not marked
    void append_unique_id(wire::MessageNumber number, std::string& out) const;

    // ---- content. Refuses no_such_message if someone else has expunged it.
    // The beginning of a message: all of it if it is not longer than a chunk; a header section to be sent in ASCII
    // always whole. Also reads the next small messages if the client reads them in order.
    asio::awaitable<storage::Result<std::string>> read_first(wire::MessageNumber number);
    asio::awaitable<storage::Result<std::string>> read(wire::MessageNumber number, std::uint64_t offset,
                                                       std::uint64_t length);

    // ---- marks
    void mark(wire::MessageNumber number);
    asio::awaitable<storage::Result<std::monostate>> unmark_all();
    // The UPDATE state: removes marked messages and releases the lock. Closed afterwards. If it fails, the lock is
    // still held, and some of the messages may be removed.
    asio::awaitable<storage::Result<storage::Expunged>> update();
    // Any other end: marks are dropped, nothing is removed. Closed afterwards.
    asio::awaitable<void> release();

  private:
    struct Listing;
    asio::awaitable<storage::Result<storage::MailboxId>> lock(storage::AccountId account);
    storage::Query<std::optional<Listing>> list_messages(storage::Access access, bool utf8, std::size_t most) const;
    asio::awaitable<storage::Result<std::optional<Listing>>> read_list(bool utf8);
    std::vector<wire::MessageNumber> choose_ahead(wire::MessageNumber number);

    storage::SessionStore store_;
    const Options& options_;
    std::string owner_;
    std::optional<storage::MailboxId> mailbox_;
    storage::AccountId account_;
    std::shared_ptr<net::Allowance> allowance_;
    net::Hold memory_{net::Resource::memory};  // for the entries
    std::uint32_t uid_validity_ = 0;
    std::vector<Entry> entries_;
    std::uint64_t count_ = 0;
    std::uint64_t octets_ = 0;
    MarkWriter marks_;
    std::map<wire::MessageNumber, std::string> ahead_;
    std::size_t ahead_count_ = 1;            // how many to read at once; grows while the client reads in order
    wire::MessageNumber next_expected_ = 1;  // if the client reads in order
};

}  // namespace pop3

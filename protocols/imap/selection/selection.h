// The selected mailbox, if there is one, and how its messages are named to the client: numbers or UIDs, flags with
// their keywords, FETCH responses. RFC 3501 §3, §7.2.6, §7.4.2; RFC 7162; RFC 9586. mailbox/selected_mailbox.h has the
// client's view of it; changes/changes.h reports changes.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/connection/connection.h"
#include "protocols/imap/mailbox/selected_mailbox.h"
#include "protocols/imap/selection/update_contexts.h"
#include "protocols/imap/wire/response/fetch.h"
#include "protocols/net/allowance.h"
#include "storage/messages.h"
#include "storage/types.h"

namespace imap {

class Selection {
  public:
    explicit Selection(const Connection& connection);

    explicit operator bool() const { return mailbox_ != nullptr; }
    SelectedMailbox& operator*() const { return *mailbox_; }
    SelectedMailbox* operator->() const { return mailbox_.get(); }
    bool is(storage::MailboxId mailbox) const { return mailbox_ && mailbox_->id() == mailbox; }
    // Of the mailbox's owner, indexed by number; empty ones are not for this client (storage::list_keywords).
    const std::vector<std::string>& keywords() const { return keywords_; }
    UpdateContexts& contexts() { return contexts_; }
    const UpdateContexts& contexts() const { return contexts_; }

    void open(std::unique_ptr<SelectedMailbox> mailbox, std::vector<std::string> keywords);
    void close();
    // Counts all of this, and `more` octets that a command needs meanwhile, as the account's memory. False: so much is
    // not to be had, and what was counted before stays. Call it after what makes it grow, and again at the end.
    bool hold(std::uint64_t more = 0);

    // ---- messages named by a command
    // The UIDs of these messages; answers BAD if a number does not exist.
    std::optional<storage::UidSet> resolve(const wire::SequenceSet& set, bool uid);
    bool refuse_read_only();  // in a mailbox opened by EXAMINE: answers NO, and returns true
    // MESSAGELIMIT (RFC 9738 §3): reduces the messages to the newest ones that one command may handle; returns whether
    // it did. Then the command's OK says so.
    bool limit(storage::UidSet& targets);
    bool is_over_limit(const storage::UidSet& targets) const;
    // If the limit has left out messages of an all-or-nothing command: answers NO, and returns true.
    bool refuse_over_limit(std::string_view text);

    // ---- responses about its messages
    // Makes sure that keywords() has the names of all of these; writes FLAGS if there are new ones.
    asio::awaitable<void> learn_keywords(const storage::KeywordSet& used);
    std::vector<std::string_view> keyword_names(const storage::KeywordSet& keywords) const;
    bool is_recent(storage::Uid uid) const;
    void say_flags();  // FLAGS and PERMANENTFLAGS
    wire::FetchWriter begin_fetch(std::uint32_t number, storage::Uid uid);
    // One message's flags, and its MODSEQ if enabled, as an untagged FETCH.
    struct FlagItems {
        bool uid = false;
        bool flags = true;
    };
    void say_flags_of(std::uint32_t number, const storage::FlagChange::Changed& message, FlagItems items);
    void say_vanished_earlier(const storage::UidSet& uids);
    void say_highest_modseq(storage::ModSeq modseq, std::string_view why);
    void enable_condstore();

    // Takes the effects of this client's own command.
    void take_in_own(storage::ModSeqStep step, const storage::UidSet& changed, const storage::UidSet& vanished);

  private:
    void set_keywords(std::vector<std::string> keywords);

    Connection connection_;
    std::unique_ptr<SelectedMailbox> mailbox_;
    std::vector<std::string> keywords_;
    std::size_t keywords_octets_ = 0;
    UpdateContexts contexts_;
    net::Hold memory_;
};

// These UIDs as ranges for a response.
std::vector<wire::NumberRange> ranges_of(const storage::UidSet& uids);

}  // namespace imap

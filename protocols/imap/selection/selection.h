// The mailbox that the client has selected, if it has, and how its messages are named to it: numbers or UIDs, flags
// with their keywords, FETCH responses. RFC 3501 §3, §7.2.6, §7.4.2; RFC 7162; RFC 9586. What the client believes of
// the mailbox is mailbox/selected_mailbox.h's; what has changed in it, and when that is told, changes/changes.h's.
#pragma once

#include <asio/awaitable.hpp>
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
#include "storage/messages.h"
#include "storage/types.h"

namespace imap {

class Selection {
  public:
    explicit Selection(const Connection& connection) : connection_(connection), contexts_(connection) {}

    explicit operator bool() const { return mailbox_ != nullptr; }
    SelectedMailbox& operator*() const { return *mailbox_; }
    SelectedMailbox* operator->() const { return mailbox_.get(); }
    bool is(storage::MailboxId mailbox) const { return mailbox_ && mailbox_->id() == mailbox; }
    // Of the mailbox's owner, by number.
    const std::vector<std::string>& keywords() const { return keywords_; }
    UpdateContexts& contexts() { return contexts_; }
    const UpdateContexts& contexts() const { return contexts_; }

    void open(std::unique_ptr<SelectedMailbox> mailbox, std::vector<std::string> keywords);
    void close();

    // ---- what a command names
    // The UIDs of these messages; answers BAD where there is none of such a number.
    std::optional<storage::UidSet> resolve(const wire::SequenceSet& set, bool uid);
    bool refuse_read_only();  // answers NO, and true, in a mailbox opened by EXAMINE
    // MESSAGELIMIT (RFC 9738 §3): leaves the newest of these messages where they are more than one command may work on,
    // and returns whether they were; the command's OK tells it then.
    bool limit(storage::UidSet& targets);
    bool is_over_limit(const storage::UidSet& targets) const;
    // Answers NO, and true, where the limit has left messages out of what is all or nothing.
    bool refuse_over_limit(std::string_view text);

    // ---- what is said of its messages
    // Makes sure that every keyword of these flags has its name in keywords(); says FLAGS when there are new ones.
    asio::awaitable<void> learn_keywords(const std::vector<const storage::Flags*>& flags);
    std::vector<std::string_view> keyword_names(const storage::KeywordSet& keywords) const;
    bool is_recent(storage::Uid uid) const;
    void say_flags();  // FLAGS and PERMANENTFLAGS
    wire::FetchWriter begin_fetch(std::uint32_t number, storage::Uid uid);
    // One message's flags, and its MODSEQ where that is enabled, as an untagged FETCH.
    struct FlagItems {
        bool uid = false;
        bool flags = true;
    };
    void say_flags_of(std::uint32_t number, const storage::FlagChange::Changed& message, FlagItems items);
    void say_vanished_earlier(const storage::UidSet& uids);
    void say_highest_modseq(storage::ModSeq modseq, std::string_view why);
    void enable_condstore();

    // What this client's own command has come to in it.
    void take_in_own(storage::ModSeqStep step, const storage::UidSet& changed, const storage::UidSet& vanished);

  private:
    Connection connection_;
    std::unique_ptr<SelectedMailbox> mailbox_;
    std::vector<std::string> keywords_;
    UpdateContexts contexts_;
};

// These UIDs, as a response names them.
std::vector<wire::NumberRange> ranges_of(const storage::UidSet& uids);

}  // namespace imap

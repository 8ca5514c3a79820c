// One client's conversation, from greeting to goodbye: reads commands, lets each commands/*.cpp do its own, and answers
// in order. RFC 3501 §3 (states), §5.5 (pipelining), §7 (responses); RFC 9051 where it is clearer. Octets ↔ values are
// wire/'s; what the client believes of its mailbox is selected_mailbox.h's; the store is asked by name.
//
// To add a command: a Session::run here, its body in commands/*.cpp. A tagged answer is kept until the changes of the
// mailbox have been told (sync), since they must come first.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/mailbox/mailbox_watch.h"
#include "protocols/imap/mailbox/selected_mailbox.h"
#include "protocols/imap/options.h"
#include "protocols/imap/search/update_context.h"
#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/parse/receiver.h"
#include "protocols/imap/wire/response/fetch.h"
#include "protocols/imap/wire/response/response.h"
#include "protocols/net/stream.h"
#include "protocols/services/authenticator.h"
#include "protocols/services/event_log.h"
#include "storage/accounts.h"
#include "storage/mailboxes.h"
#include "storage/store.h"

namespace sasl {
struct Mechanism;
}

namespace imap {

class MailboxLister;
struct AccountState;
struct AclSubject;
struct Listed;
struct MailboxNames;
struct News;
struct Notification;
struct SearchFault;
struct SearchFind;
struct SearchProgram;
class Searcher;

class Session {
  public:
    Session(net::Stream stream, std::string id, const Options& options, const Services& services);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // The whole conversation. Throws nothing.
    asio::awaitable<void> converse();

  private:
    // ---- the commands, one commands/*.cpp each
    asio::awaitable<void> run(wire::Capability command);
    asio::awaitable<void> run(wire::Noop command);
    asio::awaitable<void> run(wire::Logout command);
    asio::awaitable<void> run(wire::Id command);
    asio::awaitable<void> run(wire::StartTls command);
    asio::awaitable<void> run(wire::Authenticate command);
    asio::awaitable<void> run(wire::Login command);
    asio::awaitable<void> run(wire::Enable command);
    asio::awaitable<void> run(wire::Select command);
    asio::awaitable<void> run(wire::Create command);
    asio::awaitable<void> run(wire::Delete command);
    asio::awaitable<void> run(wire::Rename command);
    asio::awaitable<void> run(wire::Subscribe command);
    asio::awaitable<void> run(wire::Unsubscribe command);
    asio::awaitable<void> run(wire::List command);
    asio::awaitable<void> run(wire::Lsub command);
    asio::awaitable<void> run(wire::Namespace command);
    asio::awaitable<void> run(wire::GetQuota command);
    asio::awaitable<void> run(wire::GetQuotaRoot command);
    asio::awaitable<void> run(wire::SetQuota command);
    asio::awaitable<void> run(wire::GetMetadata command);
    asio::awaitable<void> run(wire::SetMetadata command);
    asio::awaitable<void> run(wire::SetAcl command);
    asio::awaitable<void> run(wire::DeleteAcl command);
    asio::awaitable<void> run(wire::GetAcl command);
    asio::awaitable<void> run(wire::ListRights command);
    asio::awaitable<void> run(wire::MyRights command);
    asio::awaitable<void> run(wire::Status command);
    asio::awaitable<void> run(wire::Append command);
    asio::awaitable<void> run(wire::Replace command);
    asio::awaitable<void> run(wire::Idle command);
    asio::awaitable<void> run(wire::Notify command);
    asio::awaitable<void> run(wire::Compress command);
    asio::awaitable<void> run(wire::Unauthenticate command);
    asio::awaitable<void> run(wire::Check command);
    asio::awaitable<void> run(wire::Close command);
    asio::awaitable<void> run(wire::Unselect command);
    asio::awaitable<void> run(wire::Expunge command);
    asio::awaitable<void> run(wire::UidBatches command);
    asio::awaitable<void> run(wire::Search command);
    asio::awaitable<void> run(wire::Esearch command);
    asio::awaitable<void> run(wire::Sort command);
    asio::awaitable<void> run(wire::Thread command);
    asio::awaitable<void> run(wire::CancelUpdate command);
    asio::awaitable<void> run(wire::Fetch command);
    asio::awaitable<void> run(wire::Store command);
    asio::awaitable<void> run(wire::Copy command);
    asio::awaitable<void> run(wire::Move command);

    // ---- the loop (session.cpp)
    asio::awaitable<void> loop();
    asio::awaitable<void> idle_line();
    asio::awaitable<void> receive();
    asio::awaitable<wire::Event> read_line_event();
    asio::awaitable<void> take_literal(wire::NeedLiteral literal);
    asio::awaitable<void> skip_octets(std::uint64_t octets);
    asio::awaitable<void> execute(wire::Command command);
    asio::awaitable<void> run_guarded(wire::Command& command);
    // Answers a command that will not be done, once what it has announced is dropped.
    asio::awaitable<void> refuse(wire::Condition condition, std::string_view text, std::string_view code = {});
    asio::awaitable<void> conclude(wire::Event event);
    void reject(const wire::Rejected& rejected);
    void count_bad();
    void greet();
    void end(std::string reason);                        // after what is being answered
    void end(std::string reason, std::string_view bye);  // with "* BYE bye"
    std::uint8_t state() const;                          // one bit of wire::state

    // ---- answers (session/answers.cpp). Tagged ones are kept in reply_ until the command's end.
    void answer_ok(std::string_view text, std::string_view code = {});
    void answer_no(std::string_view text, std::string_view code = {});
    void answer_no(const storage::Refusal& refusal);
    // The same for a target mailbox that the client might create: TRYCREATE (RFC 3501 §7.1).
    void answer_no_target(const storage::Refusal& refusal);
    void answer_bad(std::string_view text);
    void answer(wire::Condition condition, std::string_view text, std::string_view code);
    wire::ResponseWriter say();  // untagged, at once
    std::string capabilities() const;
    void answer_capability_ok(std::string_view text);  // OK [CAPABILITY ...]

    // ---- changes (session/sync.cpp)
    void watch(storage::AccountId owner, storage::MailboxId mailbox);
    void unselect();
    bool stale() const;
    // Reads what has changed, if anything has, and tells it.
    asio::awaitable<void> sync(bool expunges_allowed);
    // The same at a command's end, and how far the client has come, where that is in doubt.
    asio::awaitable<void> catch_up(bool expunges_allowed);
    asio::awaitable<void> take_in_changes();
    // What this client's own command has come to in the selected mailbox.
    void take_in_own(storage::ModSeqStep step, const storage::UidSet& changed, const storage::UidSet& vanished);
    void take_in_deletion();
    asio::awaitable<void> claim_recent();
    // What a signal has announced, at a moment of the server's choice: while idling, or once NOTIFY asks for it.
    asio::awaitable<void> push();
    asio::awaitable<void> pace();                            // before a push
    bool has_news() const;                                   // that no signal announces any more
    bool listens() const;                                    // between commands, too
    bool keeps_to_uids(const wire::Command& command) const;  // what has changed is not told behind it
    bool names_known(const wire::Command& command) const;    // of such a command: nor in front of it
    bool tells_selected() const;                             // changes of the selected mailbox are wanted
    // News of the other mailboxes that NOTIFY names (session/notify.cpp).
    asio::awaitable<void> tell_news();
    asio::awaitable<void> look_for_news();
    asio::awaitable<void> tell(std::shared_ptr<const News> news, std::shared_ptr<const AccountState> state);
    asio::awaitable<void> tell_names(std::shared_ptr<const News> news, std::shared_ptr<const AccountState> state);
    void overflow_notifications();
    void watch_owners(Notification& notification);
    void caused(const std::string& name);  // by this client itself: no news to it
    void caused_renaming(const std::string& from, const std::string& to);
    void caused(storage::MailboxId mailbox, const storage::UidSet& uids, storage::ModSeqStep step);
    // Makes sure that every keyword of these flags has its name in keywords_; tells FLAGS when there are new ones.
    asio::awaitable<void> learn_keywords(const std::vector<const storage::Flags*>& flags);
    asio::awaitable<void> tell(Updates updates);
    void tell_standing();
    void tell_flags();  // FLAGS and PERMANENTFLAGS
    // One message's flags, and its MODSEQ where that is enabled, as an untagged FETCH.
    struct FlagItems {
        bool uid = false;
        bool flags = true;
    };
    void tell_flags_of(std::uint32_t number, const storage::FlagChange::Changed& message, FlagItems items);
    void tell_opening(const storage::MailboxView& view);  // what SELECT says
    // LIST with this mailbox's name, and OLDNAME where the client asked by a name that is not its normal form.
    asio::awaitable<void> tell_name(const storage::Mailbox& mailbox, std::string_view asked);
    bool is_recent(storage::Uid uid) const { return !rev2_ && selected_->is_recent(uid); }
    // FETCH responses that the client did not ask for carry the UID (RFC 9051 §7.5.2, RFC 7162 §3.2.4, RFC 5465 §5.1).
    bool tells_uids() const { return !uid_only_ && (rev2_ || condstore_ || notification_); }
    wire::FetchWriter say_fetch(std::uint32_t number, storage::Uid uid);
    // Answers BAD to message numbers after ENABLE UIDONLY, and offers it to this account no more: a client of its
    // breaks its promise (CLIENTS.md 15).
    asio::awaitable<void> refuse_numbers(std::string_view command);
    asio::awaitable<void> tell_resync(const wire::QuickResync& resync, const storage::UidSet& vanished);
    asio::awaitable<void> tell_vanished_since(wire::SequenceSet messages, storage::ModSeq since);
    void tell_vanished_earlier(const storage::UidSet& uids);
    void tell_highest_modseq(storage::ModSeq modseq, std::string_view why);
    std::vector<std::string_view> keyword_names(const storage::KeywordSet& keywords) const;

    // ---- what several commands need
    storage::AccountId account() const { return identity_->account; }
    // Authenticated: what follows from it, and the answer.
    void logged_in(services::Identity identity, std::string_view mechanism);
    void turn_away(const services::Identity& identity, const storage::Refusal& refusal);
    void login_failed(const storage::Refusal& refusal);
    services::LoginAttempt attempt(std::string user, std::string_view mechanism) const;
    bool plaintext_login_allowed() const;
    bool offers(const sasl::Mechanism& mechanism) const;
    // The UIDs that the client names; answers BAD where it names message numbers that are not there.
    std::optional<storage::UidSet> resolve(const wire::SequenceSet& set, bool uid);
    // Leaves the newest of these messages where they are more than one command may work on, and returns whether they
    // were; answer_ok tells it then.
    bool limit_messages(storage::UidSet& targets);
    bool limit_is_near(const storage::UidSet& targets) const;  // there are more than one command may work on
    // The same for UID EXPUNGE, where those that are not \Deleted do not count.
    asio::awaitable<void> limit_deleted(storage::UidSet& targets);
    bool refuse_over_limit(std::string_view text);  // answers NO, and true, where the limit has left messages out
    std::string limit_code() const;
    bool refuse_read_only();  // answers NO, and true, in a mailbox opened by EXAMINE
    asio::awaitable<void> transfer(wire::SequenceSet messages, bool uid, std::string mailbox, bool move);
    asio::awaitable<std::vector<Listed>> choose(std::shared_ptr<MailboxLister> lister);  // LIST's and LSUB's mailboxes
    asio::awaitable<void> tell_status(const storage::Mailbox& mailbox, const std::vector<wire::StatusItem>& items);
    asio::awaitable<void> tell_metadata(const Listed& listed, const std::vector<std::string>& names);
    // What QUOTA names: the resources that are limited (RFC 9208 §4.2.1). None: there is no quota root.
    static std::vector<wire::QuotaResource> limited_resources(const storage::Account& owner);
    // What SETACL and its like name (acl.h); nothing where that has been refused.
    asio::awaitable<std::optional<AclSubject>> acl_subject(std::string mailbox, std::string_view identifier);
    asio::awaitable<std::uint32_t> count_recent(const storage::Mailbox& mailbox);
    asio::awaitable<void> tell_change(const storage::FlagChange& change, bool uid, bool with_flags);
    void enable_condstore();
    void enable_utf8();

    // ---- what is answered of searches (session/search.cpp); finding is searcher.h's
    Searcher start_search();
    // For the selected mailbox: a program that can be run; nothing where it cannot, which has been answered.
    std::shared_ptr<const SearchProgram> prepare(const wire::Search& command, const Searcher& searcher);
    void refuse_search(const SearchFault& fault);
    // The ESEARCH response that RETURN asks for, and what "$" stands for from now on.
    void tell_returns(const wire::Search& command, const SelectedMailbox& mailbox, const std::vector<SearchFind>& finds,
                      bool with_modseq);
    asio::awaitable<void> answer_found(std::string_view text, bool uid);
    asio::awaitable<void> search_mailboxes(const wire::Search& command, Searcher& searcher, bool selected_too,
                                           std::vector<storage::Mailbox> others);

    // ---- results that are kept up to date (session/contexts.cpp): RFC 5267 §4.3
    // Answers BAD, and true, where the tag is that of a context already.
    bool refuse_tag_reuse(const wire::Search& command);
    // Keeps what was asked up to date from now on, or says that it will not be.
    void open_context(wire::Search asked, std::vector<wire::SortCriterion> criteria,
                      const std::vector<SearchFind>& finds);
    asio::awaitable<std::vector<ContextChange>> judge_contexts();
    asio::awaitable<void> tell_updates(bool expunges_allowed);
    // What NOTIFY and UPDATE want to be fetched of new messages, as these have changed the contexts.
    asio::awaitable<void> tell_arrivals(const std::vector<ContextChange>& changes);
    asio::awaitable<void> tell_arrivals(storage::UidSet uids, std::vector<wire::FetchItem> items);
    void drop_contexts();

    friend class Fetcher;   // fetch/fetcher.h: FETCH's answers, batch by batch
    friend class Appender;  // append/appender.h: APPEND's messages, literal by literal

    net::Stream stream_;
    const Options& options_;
    const Services& services_;
    services::SessionLog log_;
    wire::Receiver receiver_;
    std::optional<services::Identity> identity_;
    std::unique_ptr<services::ConnectionSlot> connection_slot_;  // among the account's connections
    std::unique_ptr<SelectedMailbox> selected_;
    std::vector<UpdateContext> contexts_;  // of the selected mailbox
    storage::UidSet changed_;              // not yet judged for them
    storage::UidSet vanished_;
    storage::UidSet arrived_;            // told by EXISTS; what is to be fetched of them is not
    storage::UidSet own_;                // those of them that this client has put there itself
    std::vector<std::string> keywords_;  // of the selected mailbox's owner, by number

    std::unique_ptr<net::Signal> signal_;  // since the first SELECT
    std::shared_ptr<MailboxWatch> watch_;  // of the selected mailbox: its changes raise the signal
    storage::Subscription subscription_;
    std::shared_ptr<Notification> notification_;  // since the first NOTIFY
    bool stale_ = false;                          // changes were announced and could not be read yet
    bool held_back_ = false;                      // a HIGHESTMODSEQ below what we know was told

    std::string tag_;                         // of the command at hand
    std::optional<storage::Uid> limited_to_;  // it works on no message below
    std::string reply_;                       // its tagged answer, complete
    std::optional<std::string> idle_tag_;
    std::chrono::steady_clock::time_point pushed_at_{};  // while idling: when the client was told something last
    bool ended_ = false;
    bool tells_changes_ = true;  // the command at hand ends with what has changed; SELECT's answer is complete as it is
    bool literal_open_ = false;  // a literal's size has been announced and not all of it written
    bool condstore_ = false;     // FETCH responses carry MODSEQ (RFC 7162 §3.1)
    bool qresync_ = false;       // VANISHED instead of EXPUNGE (RFC 7162 §3.2)
    bool rev2_ = false;          // IMAP4rev2 (RFC 9051): ESEARCH for SEARCH, LIST at SELECT, UID in FETCH, no \Recent
    bool offers_uid_only_ = false;  // to this account
    bool uid_only_ = false;         // UIDONLY (RFC 9586): UIDFETCH and VANISHED, and no message numbers from the client
    bool utf8_accept_ = false;      // UTF8=ACCEPT (RFC 6855)
    bool utf8_ = false;             // either of them: mailbox names and quoted strings are UTF-8
    unsigned failed_logins_ = 0;
    unsigned bad_in_a_row_ = 0;
    unsigned commands_ = 0;
    std::string reason_;  // why it ended, for the log
    std::chrono::steady_clock::time_point started_;
};

}  // namespace imap

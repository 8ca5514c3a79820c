// One incoming message, from the first octet of its content to the commit.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/binary.h"
#include "protocols/mime/summary.h"
#include "protocols/net/allowance.h"
#include "protocols/services/event_log.h"
#include "server/delivery/intake/header_section.h"
#include "server/delivery/intake/intake.h"
#include "server/delivery/intake/judge.h"
#include "server/delivery/intake/routing.h"
#include "server/delivery/notices/notice_maker.h"
#include "server/delivery/story.h"
#include "storage/blobs.h"
#include "storage/store.h"

namespace server::delivery {

// The look-ups about the client; nullptr if such mail is not judged.
std::shared_ptr<ClientInquiry> begin_inquiry(const Sources& sources, const IntakeOptions& options,
                                             const services::IntakeEnvelope& envelope, std::int64_t now,
                                             const asio::any_io_executor& executor);

// What an IncomingMessage uses; all of it must outlive the message.
struct IntakeServices {
    storage::Store& store;
    services::Directory& directory;
    services::EventLog& log;
    const Sources& sources;  // may be empty: nothing is judged
};

class IncomingMessage : public services::IncomingMessage {
  public:
    IncomingMessage(IntakeServices house, std::shared_ptr<const IntakeOptions> options,
                    services::IntakeEnvelope envelope, std::int64_t now, std::string list = {});

    bool fits(std::size_t octets) const override;
    void append(std::string_view octets) override;
    asio::awaitable<storage::Result<std::monostate>> write(std::string_view octets) override;
    void give_up(std::string why) override;
    asio::awaitable<storage::Result<Receipt>> finish() override;

  private:
    using Done = storage::Result<std::monostate>;
    asio::awaitable<Done> take(std::string_view octets);
    bool stage_more();
    Done hold();
    asio::awaitable<Done> begin_content();
    std::unexpected<storage::Refusal> over(std::string_view key, storage::Reason reason, std::string text) const;
    asio::awaitable<Done> check_authors(const HeaderFacts& facts);
    asio::awaitable<storage::Result<bool>> is_own(const std::string& address);
    asio::awaitable<storage::Result<bool>> is_anothers(const std::string& address);
    asio::awaitable<Done> put_body(std::string_view octets);
    asio::awaitable<Done> put(std::string_view octets);
    asio::awaitable<void> begin_judging();
    asio::awaitable<Done> end_judging();
    asio::awaitable<Done> put_judged(const Verdicts& verdicts);
    asio::awaitable<Done> decide_for_all(const Verdicts& verdicts);
    bool is_enforced_for(const services::IntakeRecipient& recipient,
                         const std::map<std::string, bool>& by_domain) const;
    asio::awaitable<storage::Result<std::vector<storage::AccountId>>> accounts_that_filed(
        const std::vector<std::string>& speakers);
    bool spare(const services::IntakeRecipient& recipient, bool observes, const std::vector<storage::AccountId>& filed);
    Done check_proof(const Verdicts& verdicts) const;
    bool is_spooled() const { return judge_ || binary_; }
    asio::awaitable<Done> put_spooled();
    asio::awaitable<Done> put_converted(std::string_view octets);
    asio::awaitable<Done> end_conversion();
    void log_verdicts(const Verdicts& verdicts) const;
    Done lend_no_name(storage::Acceptance& acceptance) const;
    bool adds_fields(const HeaderFacts& facts) const;
    std::string fields_to_add(const HeaderFacts& facts) const;
    asio::awaitable<storage::Result<Receipt>> accept();
    asio::awaitable<storage::Result<storage::Accepted>> store(storage::Acceptance acceptance, const LeftOut& left_out);
    storage::TraceText story_of(const LeftOut& left_out) const;
    asio::awaitable<void> look_at_quotas_again();
    using Made = storage::Result<std::vector<storage::Acceptance>>;
    asio::awaitable<Made> notices(const LeftOut& left_out);
    asio::awaitable<Done> add_success_notices(std::vector<storage::Acceptance>& made);
    asio::awaitable<Done> add_failure_notices(std::vector<storage::Acceptance>& made, const LeftOut& left_out);
    asio::awaitable<Done> check_list(const HeaderFacts& facts);
    asio::awaitable<Done> add_members(storage::Acceptance& acceptance);
    asio::awaitable<Done> add_leavers(storage::Acceptance& acceptance);
    asio::awaitable<Done> check_leaver();
    bool is_bounce() const;
    void keep_report(std::string_view octets);
    Done leave_out_loops(const HeaderFacts& facts);
    LeftOut left_out(std::uint64_t octets) const;
    asio::awaitable<storage::Result<Forwarding>> forwarding();
    ReportedMessage reported_message() const;
    asio::awaitable<void> tell_of_limit(storage::Refusal refusal);
    NoticeMaker notice_maker();
    void settle_smtputf8(storage::NewQueueMessage& remote) const;
    bool has_local_recipients() const;
    storage::AccountId blob_account() const;
    asio::awaitable<void> note_refusal(const storage::Refusal& why);
    void log_left_out(const LeftOut& left_out) const;
    void log_aliases() const;
    void log(services::Level level, std::string_view event, services::EventLog::Fields fields) const;

    IntakeServices house_;
    std::shared_ptr<const IntakeOptions> options_;
    services::IntakeEnvelope envelope_;
    const std::int64_t now_;
    const std::string id_;
    HeaderCollector header_;
    storage::BlobWriter blob_;
    net::Hold memory_;  // for what is kept of the message until it is complete
    net::Hold staged_;
    std::uint64_t staged_most_ = 64u << 10;  // octets of content that this is enough for; so little is not staged
    mime::Summarizer summarizer_;
    std::string header_section_;           // for notices; empty if none will be made
    std::vector<LeftOut::Member> looped_;  // aliases that have sent it on before
    std::size_t notices_ = 0;              // made in this acceptance
    std::uint64_t size_octets_ = 0;        // of the content as received
    Names names_;
    bool needs_proof_ = false;                       // a list takes its members' mail by From
    std::unique_ptr<Judge> judge_;                   // mail from outside: its content is put together at its end
    std::unique_ptr<mime::BinaryConverter> binary_;  // of a binary message: so is its content
    std::uint64_t converted_octets_ = 0;
    storage::Spool spool_;             // its body until then,
    std::string trace_fields_;         // what stands before the verdicts,
    std::string fields_;               // and what stands behind them
    std::vector<std::string> checks_;  // what was found out, for the trace
    Decision decision_;
    std::vector<std::string> unproven_;             // domains of authors that nothing speaks for,
    bool may_be_proven_ = false;                    // as far as the DNS has told
    std::set<storage::MailboxId> spared_;           // by it: they get the message as others get theirs
    std::string list_id_;                           // of the other list that it came from; empty: none, or unclear
    std::optional<storage::ListMail> list_mail_{};  // it, and who spoke for it
    std::vector<std::string> judged_authors_;       // domains of the authors that were judged; empty: none was
    std::string author_;     // the only one that From names, if it asks to leave lists; empty: that is not clear
    std::string automatic_;  // why it may not: a program has written it
    std::vector<std::string> left_;  // lists that its author has left by it
    bool given_up_ = false;
    const std::string list_;                   // that it goes to; empty: to none
    std::string report_;                       // its beginning, if it is a bounce of a list's mail
    bool begun_ = false;                       // the header section is finished
    std::optional<storage::Refusal> refusal_;  // if set, content is refused and nothing is kept
};

}  // namespace server::delivery

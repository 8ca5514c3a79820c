// Finding messages, for SEARCH and its kin: which of a mailbox match, and what is read of them to put them in order.
// RFC 9051 §6.4.4, RFC 5256 §3; searches that are kept up to date: RFC 5267 §4.3. A mailbox is the selected one, or
// another as who selects it now would see it. The store's reader threads judge batch by batch, so that no snapshot is
// held for long. What is answered of what is found is commands/search_answers.h's.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocols/imap/mailbox/selected_mailbox.h"
#include "protocols/imap/options.h"
#include "protocols/imap/search/match.h"
#include "protocols/imap/search/message_scan.h"
#include "protocols/imap/search/program.h"
#include "protocols/imap/search/table_memory.h"
#include "protocols/imap/search/update_context.h"
#include "protocols/imap/wire/command.h"
#include "protocols/net/allowance.h"
#include "protocols/net/stream.h"

namespace imap {

// Runs one searching command. Exists only during that command.
class Searcher {
  public:
    // Reports to the client that `done` of `goal` messages were examined (RFC 9585).
    using TellProgress = std::function<asio::awaitable<void>(std::uint32_t done, std::uint32_t goal)>;
    using LookAtPeer = std::function<net::PeerState()>;
    // `account`: who searches, and takes turns with others. `allowance`: of the connection. All that takes long throws
    // net::PeerGone once the peer is gone, if it can be looked at.
    Searcher(const Options& options, const Services& services, storage::AccountId account,
             std::shared_ptr<net::Allowance> allowance, TellProgress tell_progress, LookAtPeer look_at_peer = {});

    // `keywords` are those of the mailbox's owner, indexed by number. The searcher holds memory for the program, and
    // for what is found by it, until it prepares another one.
    std::expected<SearchProgram, SearchFault> prepare(const wire::Search& command, const SelectedMailbox& mailbox,
                                                      std::span<const std::string> keywords);
    using Found = std::expected<std::vector<SearchMatch>, SearchFault>;
    // All matches, ascending.
    asio::awaitable<Found> find(const SelectedMailbox& mailbox, std::shared_ptr<const SearchProgram> program);
    // The matches among a few messages, without progress reports.
    asio::awaitable<Found> find_among(const wire::Search& command, const SelectedMailbox& mailbox,
                                      std::span<const std::string> keywords, const storage::UidSet& messages);
    // How the results of a search of the selected mailbox change after these messages have changed or vanished;
    // nullopt: that cannot be found out.
    asio::awaitable<std::optional<ContextChange>> judge(const UpdateContext& context, const SelectedMailbox& mailbox,
                                                        std::span<const std::string> keywords,
                                                        const storage::UidSet& changed,
                                                        const storage::UidSet& vanished);

    // The matches in the order of SORT's criteria: the keys are read, in two halves at once, and sorted outside the
    // network thread; or a known order of the mailbox is used.
    asio::awaitable<std::expected<std::vector<SearchMatch>, TableFault>> sort(
        const SelectedMailbox& mailbox, const std::vector<wire::SortCriterion>& criteria,
        std::vector<SearchMatch> found);

    // Shows these messages to `lower` and `upper`, half of them to each, ascending, on the store's reader threads.
    asio::awaitable<void> scan(const SelectedMailbox& mailbox, storage::UidSet uids, bool with_summary,
                               TakeScanned lower, TakeScanned upper);

    // If several mailboxes are searched one after the other: the number of messages in all of them, and in one that is
    // done.
    void expect(std::uint32_t messages) { goal_ = messages; }
    void pass(std::uint32_t messages) { before_ += messages; }

  private:
    asio::awaitable<std::vector<SearchMatch>> match(const SelectedMailbox& mailbox,
                                                    std::shared_ptr<const SearchProgram> program,
                                                    storage::UidSet targets, bool tells_progress);
    // Counts so many more matches.
    bool has_room_for(std::size_t matches);
    Found room_or(std::vector<SearchMatch> matches) const;
    asio::awaitable<void> scan_half(const SelectedMailbox& mailbox, storage::UidSet uids, bool with_summary,
                                    TakeScanned take, bool tells_progress);
    void expect_peer() const;
    asio::awaitable<void> tell_progress(const MessageNumbers& numbers, const storage::UidSet& targets,
                                        storage::Uid done);
    // The results of a SORT with the added ones. Refuses no_such_mailbox.
    asio::awaitable<storage::Result<std::vector<storage::Uid>>> sorted(const UpdateContext& context,
                                                                       storage::Access access,
                                                                       const ContextChange& change);

    const Options& options_;
    const Services& services_;
    storage::AccountId account_;
    std::shared_ptr<net::Allowance> allowance_;
    net::Hold memory_;
    std::uint64_t octets_ = 0;  // of the program and its matches
    bool out_of_room_ = false;  // memory was refused: the matches are not all
    TellProgress tell_progress_;
    LookAtPeer look_at_peer_;
    std::int64_t told_at_;      // the last report, or the beginning
    bool probed_ = false;       // a report was sent to see whether the peer is there
    std::uint32_t before_ = 0;  // messages of the mailboxes already done
    // Messages of all mailboxes; nullopt: there is one, and its examined messages count.
    std::optional<std::uint32_t> goal_;
};

}  // namespace imap

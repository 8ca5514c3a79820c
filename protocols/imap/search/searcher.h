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

namespace imap {

// One searching command at work. Lives as long as that.
class Searcher {
  public:
    // Tells the client that `done` of `goal` messages have been looked at (RFC 9585).
    using TellProgress = std::function<asio::awaitable<void>(std::uint32_t done, std::uint32_t goal)>;
    Searcher(const Options& options, const Services& services, TellProgress tell_progress);

    // `keywords` are those of the mailbox's owner, by number.
    std::expected<SearchProgram, SearchFault> prepare(const wire::Search& command, const SelectedMailbox& mailbox,
                                                      std::span<const std::string> keywords) const;
    // All that match, ascending.
    asio::awaitable<std::vector<SearchMatch>> find(const SelectedMailbox& mailbox,
                                                   std::shared_ptr<const SearchProgram> program);
    // Those of a few messages that match, asked without a word to the client.
    asio::awaitable<std::vector<SearchMatch>> find_among(const wire::Search& command, const SelectedMailbox& mailbox,
                                                         std::span<const std::string> keywords,
                                                         const storage::UidSet& messages);
    // What becomes of the results of a search of the selected mailbox, where these messages have changed or vanished.
    asio::awaitable<ContextChange> judge(const UpdateContext& context, const SelectedMailbox& mailbox,
                                         std::span<const std::string> keywords, const storage::UidSet& changed,
                                         const storage::UidSet& vanished);

    // What was found, in the order of the criteria, as SORT has it: its keys are read, in two halves at once, and
    // sorted off the network thread, or an order of the mailbox is known from before.
    asio::awaitable<std::expected<std::vector<SearchMatch>, TableFault>> sort(
        const SelectedMailbox& mailbox, const std::vector<wire::SortCriterion>& criteria,
        std::vector<SearchMatch> found);

    // Shows these messages to `lower` and `upper`, each a half of them, ascending, on the store's reader threads.
    asio::awaitable<void> scan(const SelectedMailbox& mailbox, storage::UidSet uids, bool with_summary,
                               TakeScanned lower, TakeScanned upper);

    // Where several mailboxes are searched, one after the other: how many messages there are in all, and in one that is
    // done.
    void expect(std::uint32_t messages) { goal_ = messages; }
    void pass(std::uint32_t messages) { before_ += messages; }

  private:
    asio::awaitable<std::vector<SearchMatch>> match(const SelectedMailbox& mailbox,
                                                    std::shared_ptr<const SearchProgram> program,
                                                    storage::UidSet targets, bool tells_progress);
    asio::awaitable<void> scan_half(const SelectedMailbox& mailbox, storage::UidSet uids, bool with_summary,
                                    TakeScanned take, bool tells_progress);
    asio::awaitable<void> tell_progress(const MessageNumbers& numbers, const storage::UidSet& targets,
                                        storage::Uid done);
    // The results of a SORT, with what is added. Refuses no_such_mailbox.
    asio::awaitable<storage::Result<std::vector<storage::Uid>>> sorted(const UpdateContext& context,
                                                                       storage::MailboxId mailbox,
                                                                       const ContextChange& change);

    const Options& options_;
    const Services& services_;
    TellProgress tell_progress_;
    std::int64_t told_at_;      // or when it began
    std::uint32_t before_ = 0;  // messages of the mailboxes that are done
    // Messages of all its mailboxes; nothing: one is searched, and those that are looked at there count.
    std::optional<std::uint32_t> goal_;
};

}  // namespace imap

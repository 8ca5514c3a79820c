// Shared by SEARCH, SORT, THREAD and ESEARCH: starting a search, and its responses. searcher.h finds the messages.
#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/search/answer.h"
#include "protocols/imap/search/searcher.h"
#include "protocols/imap/wire/command.h"

namespace imap {

// A searcher that reports its progress to the client.
Searcher start_search(Client& client);

// A search of the selected mailbox, ready to run.
struct PreparedSearch {
    std::shared_ptr<const SearchProgram> program;  // nullptr: it cannot be run, which has been answered
    std::optional<wire::Search> kept;              // what is to be kept up to date (update_context.h: frozen)
};
PreparedSearch prepare_search(Client& client, const wire::Search& command, Searcher& searcher);
void refuse_search(Client& client, const SearchFault& fault);

// known_finds() in the account's turns on this thread: a search may find all messages of a large mailbox, and many
// searches may end at once.
asio::awaitable<std::vector<SearchFind>> number_finds(Client& client, const MessageNumbers& numbers,
                                                      std::span<const SearchMatch> matches);

// Writes the ESEARCH response for RETURN, and sets the new value of "$". False: that does not fit into the account's
// memory, which has been answered.
bool say_returns(Client& client, const wire::Search& command, const SelectedMailbox& mailbox,
                 const std::vector<SearchFind>& finds, bool with_modseq);

// Keeps the search up to date from now on, or reports that it will not be.
void keep_up_to_date(Client& client, wire::Search search, std::vector<wire::SortCriterion> criteria,
                     const std::vector<SearchFind>& finds);

// OK for a search of the selected mailbox.
asio::awaitable<void> answer_found(Client& client, std::string_view text, bool uid);

}  // namespace imap

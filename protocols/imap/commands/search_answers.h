// Shared by SEARCH, SORT, THREAD and ESEARCH: starting a search, and its responses. searcher.h finds the messages.
#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <string_view>
#include <vector>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/search/answer.h"
#include "protocols/imap/search/searcher.h"
#include "protocols/imap/wire/command.h"

namespace imap {

// A searcher that reports its progress to the client.
Searcher start_search(Client& client);

// A program for the selected mailbox; nullptr if it cannot be run, which has then been answered.
std::shared_ptr<const SearchProgram> prepare_search(Client& client, const wire::Search& command,
                                                    const Searcher& searcher);
void refuse_search(Client& client, const SearchFault& fault);

// Writes the ESEARCH response for RETURN, and sets the new value of "$".
void say_returns(Client& client, const wire::Search& command, const SelectedMailbox& mailbox,
                 const std::vector<SearchFind>& finds, bool with_modseq);

// OK for a search of the selected mailbox.
asio::awaitable<void> answer_found(Client& client, std::string_view text, bool uid);

}  // namespace imap

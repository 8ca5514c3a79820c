// What SEARCH, SORT, THREAD and ESEARCH have in common: how one begins and what is answered. Finding is searcher.h's.
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

// One that tells the client how far it has come.
Searcher start_search(Client& client);

// For the selected mailbox: a program that can be run; nothing where it cannot, which has been answered.
std::shared_ptr<const SearchProgram> prepare_search(Client& client, const wire::Search& command,
                                                    const Searcher& searcher);
void refuse_search(Client& client, const SearchFault& fault);

// The ESEARCH response that RETURN asks for, and what "$" stands for from now on.
void say_returns(Client& client, const wire::Search& command, const SelectedMailbox& mailbox,
                 const std::vector<SearchFind>& finds, bool with_modseq);

// OK to a search of the selected mailbox.
asio::awaitable<void> answer_found(Client& client, std::string_view text, bool uid);

}  // namespace imap

// Commands as one line of text, so that tables can say what a line from an RFC means; and a client whose octets reach
// the receiver as a session would hand them on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/wire/parse/receiver.h"

namespace imap_test {

// "SELECT INBOX read-only"; without tag. Strings stand in quotes where they are not plain words.
std::string describe(const imap::wire::AnyCommand& command);
std::string describe(const imap::wire::SearchKey& key);

// What came of octets: for each event "tag: command", "tag BAD text", "skip 5", "append 5 …", "literal 3+".
// Literals are given as asked for. The octets are cut into pieces at `cuts`.
std::vector<std::string> receive(std::string_view octets, const std::vector<std::size_t>& cuts = {},
                                 const imap::wire::ReceiverLimits& limits = {}, bool utf8 = false);
// Events, one on a line.
std::string joined(const std::vector<std::string>& events);

}  // namespace imap_test

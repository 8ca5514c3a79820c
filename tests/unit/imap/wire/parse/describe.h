// Commands as one line of text, for tables of parsed lines; and a client that passes octets to the receiver like a
// session.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/wire/parse/receiver.h"

namespace imap_test {

// "SELECT INBOX read-only"; without tag. Strings are in quotes unless they are plain words.
std::string describe(const imap::wire::AnyCommand& command);
std::string describe(const imap::wire::SearchKey& key);

// The events for these octets: "tag: command", "tag BAD text", "skip 5", "append 5 …", "literal 3+". Literals are given
// when asked for. The octets are cut into pieces at `cuts`.
std::vector<std::string> receive(std::string_view octets, const std::vector<std::size_t>& cuts = {},
                                 const imap::wire::ReceiverLimits& limits = {}, bool utf8 = false);
// Events, one on a line.
std::string joined(const std::vector<std::string>& events);

}  // namespace imap_test

// A message's story for the trace: where it came from, for whom, what it calls itself, where it goes. Only what an
// administrator needs: no subject, no text. Pure; storage/trace.h keeps it, `mailstead trace` shows it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "protocols/services/intake.h"
#include "server/delivery/intake/header_section.h"
#include "storage/trace.h"

namespace server::delivery {

// What a message calls itself, without what surrounds it: "1@example.org", "alice@example.org".
struct Names {
    std::string message_id;  // or empty
    std::vector<std::string> authors;
};
// At most a few authors.
Names names_of(const HeaderFacts& facts);

// Facts: area, session, client, helo, with, tls, user (who submitted it), from (the reverse-path, or <>), wants (of
// TLS).
void tell_origin(storage::TraceText& story, const services::IntakeEnvelope& envelope);

// Facts: to, and after it where that leads: account (here), forward (elsewhere), missing (a member that does not
// exist). Of more than `most` recipients: others (how many).
void tell_recipients(storage::TraceText& story, const services::IntakeEnvelope& envelope, std::size_t most);

// Facts: message-id, author, size.
void tell_content(storage::TraceText& story, const Names& names, std::uint64_t octets);

}  // namespace server::delivery

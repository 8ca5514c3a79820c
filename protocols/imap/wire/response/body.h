// ENVELOPE, BODY and BODYSTRUCTURE from a stored summary. RFC 9051 §7.5.2. For response/fetch.cpp.
#pragma once

#include <string>

#include "protocols/mime/summary_view.h"

namespace imap::wire {

// Appends the parenthesized list. utf8: see FetchWriter.
void append_envelope(std::string& out, const mime::EnvelopeView& envelope, bool utf8);

// extensions: BODYSTRUCTURE; else BODY.
void append_body(std::string& out, const mime::PartView& part, bool extensions, bool utf8);

}  // namespace imap::wire

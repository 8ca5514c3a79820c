// FETCH responses: "* 12 FETCH (" items ")". RFC 9051 §7.5.2; MODSEQ: RFC 7162; BINARY: RFC 3516.
// ENVELOPE and BODYSTRUCTURE are written directly from the stored summary, without allocations.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/object_id.h"
#include "protocols/mime/summary_view.h"

namespace imap::wire {

// How a FETCH response names its message: by number, or by UID, as "* 25996 UIDFETCH" (RFC 9586 §3.3).
enum class FetchName : std::uint8_t { number, uid };

// Writes one FETCH response: items in any order, then end(). To stream a section's octets, announce them by literal(),
// send what `out` holds, send the octets, and continue writing.
class FetchWriter {
  public:
    // Begins the response. Views out, which must outlive it; out may be emptied between calls. utf8: the session has
    // enabled UTF8=ACCEPT or IMAP4rev2; otherwise ENVELOPE and BODYSTRUCTURE stay ASCII: raw 8-bit text in them is sent
    // as encoded words (CLIENTS.md 8).
    FetchWriter(std::string& out, std::uint32_t message, bool utf8, FetchName by = FetchName::number);
    // Writes only a run of items, for items() of another writer.
    FetchWriter(std::string& out, bool utf8) : out_(out), utf8_(utf8) {}

    void items(std::string_view run) { item(run); }

    void uid(std::uint32_t uid);
    void flags(std::uint8_t system, bool recent, std::span<const std::string_view> keywords);
    void internal_date(const DateTime& when);
    void rfc822_size(std::uint64_t octets);
    void mod_seq(std::uint64_t mod_seq);
    void email_id(const EmailId& email);
    void thread_id(const ThreadId& thread);
    void save_date(const DateTime& when);
    void preview(std::optional<std::string_view> text);  // UTF-8
    void envelope(const mime::SummaryView& summary);
    void body(const mime::SummaryView& summary);            // BODY: without extension data
    void body_structure(const mime::SummaryView& summary);  // BODYSTRUCTURE: with all of it

    // "BODY[1.HEADER]<0>", "RFC822.TEXT", "BINARY[2]<0>", "BINARY.SIZE[2]": the item's name as the client wrote it.
    // Then call one of the following, or number() for BINARY.SIZE, for its value.
    void name(const FetchItem& item);
    void nil();                                         // no such section
    void text(std::string_view octets);                 // all of it, as a literal
    void literal(std::uint64_t octets, bool literal8);  // its announcement; literal8: may contain NUL (BINARY only)
    void number(std::uint64_t number);

    void end();

  private:
    void item(std::string_view name);

    std::string& out_;
    bool utf8_;
    bool first_ = true;
};

}  // namespace imap::wire

// FETCH responses, item by item. RFC 9051 §7.5.2.
#include "protocols/imap/wire/response/fetch.h"

#include <array>
#include <utility>

#include "protocols/imap/wire/response/body.h"
#include "protocols/imap/wire/response/response.h"

namespace imap::wire {
namespace {

void append_part_number(std::string& out, std::span<const std::uint32_t> part) {
    bool first = true;
    for (const std::uint32_t number : part) {
        if (!first) out += '.';
        first = false;
        append_number(out, number);
    }
}

// SP header-list
void append_fields(std::string& out, std::span<const std::string> fields, bool utf8) {
    char before = '(';
    out += ' ';
    for (const std::string& field : fields) {
        out += before;
        append_astring(out, field, utf8);
        before = ' ';
    }
    out += ')';
}

// section, as the client wrote it
void append_section(std::string& out, const Section& section, bool utf8) {
    using Text = Section::Text;
    constexpr std::array<std::string_view, 6> names = {"",     "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT",
                                                       "TEXT", "MIME"};
    out += '[';
    append_part_number(out, section.part);
    if (!section.part.empty() && section.text != Text::content) out += '.';
    out += names[static_cast<std::size_t>(section.text)];
    if (section.text == Text::header_fields || section.text == Text::header_fields_not) {
        append_fields(out, section.fields, utf8);
    }
    out += ']';
}

std::string_view item_name(FetchItem::Kind kind) {
    using Kind = FetchItem::Kind;
    switch (kind) {
        case Kind::uid:
            return "UID";
        case Kind::flags:
            return "FLAGS";
        case Kind::internal_date:
            return "INTERNALDATE";
        case Kind::rfc822_size:
            return "RFC822.SIZE";
        case Kind::envelope:
            return "ENVELOPE";
        case Kind::body:
        case Kind::body_section:
            return "BODY";
        case Kind::body_structure:
            return "BODYSTRUCTURE";
        case Kind::mod_seq:
            return "MODSEQ";
        case Kind::rfc822:
            return "RFC822";
        case Kind::rfc822_header:
            return "RFC822.HEADER";
        case Kind::rfc822_text:
            return "RFC822.TEXT";
        case Kind::binary:
            return "BINARY";
        case Kind::binary_size:
            return "BINARY.SIZE";
        case Kind::email_id:
            return "EMAILID";
        case Kind::thread_id:
            return "THREADID";
        case Kind::save_date:
            return "SAVEDATE";
        case Kind::preview:
            return "PREVIEW";
    }
    return "";
}

}  // namespace

FetchWriter::FetchWriter(std::string& out, std::uint32_t message, bool utf8, FetchName by) : out_(out), utf8_(utf8) {
    out_ += "* ";
    append_number(out_, message);
    out_ += by == FetchName::uid ? " UIDFETCH (" : " FETCH (";
}

void FetchWriter::item(std::string_view name) {
    if (!first_) out_ += ' ';
    first_ = false;
    out_ += name;
}

void FetchWriter::uid(std::uint32_t uid) {
    item("UID ");
    append_number(out_, uid);
}

void FetchWriter::flags(std::uint8_t system, bool recent, std::span<const std::string_view> keywords) {
    item("FLAGS (");
    append_flags(out_, system, recent, keywords);
    out_ += ')';
}

void FetchWriter::internal_date(const DateTime& when) {
    item("INTERNALDATE ");
    append_date_time(out_, when);
}

void FetchWriter::rfc822_size(std::uint64_t octets) {
    item("RFC822.SIZE ");
    append_number(out_, octets);
}

void FetchWriter::mod_seq(std::uint64_t mod_seq) {
    item("MODSEQ (");
    append_number(out_, mod_seq);
    out_ += ')';
}

void FetchWriter::email_id(const EmailId& email) {
    item("EMAILID ");
    append_email_id(out_, email);
}

void FetchWriter::thread_id(const ThreadId& thread) {
    item("THREADID ");
    append_thread_id(out_, thread);
}

void FetchWriter::save_date(const DateTime& when) {
    item("SAVEDATE ");
    append_date_time(out_, when);
}

void FetchWriter::preview(std::optional<std::string_view> text) {
    item("PREVIEW ");
    append_nstring(out_, text, utf8_);
}

void FetchWriter::envelope(const mime::SummaryView& summary) {
    item("ENVELOPE ");
    append_envelope(out_, summary.envelope(), utf8_);
}

void FetchWriter::body(const mime::SummaryView& summary) {
    item("BODY ");
    append_body(out_, summary.root(), false, utf8_);
}

void FetchWriter::body_structure(const mime::SummaryView& summary) {
    item("BODYSTRUCTURE ");
    append_body(out_, summary.root(), true, utf8_);
}

void FetchWriter::name(const FetchItem& asked) {
    using Kind = FetchItem::Kind;
    item(item_name(asked.kind));
    if (asked.kind == Kind::body_section || asked.kind == Kind::binary || asked.kind == Kind::binary_size) {
        append_section(out_, asked.section, utf8_);
    }
    if (asked.partial) {
        out_ += '<';
        append_number(out_, asked.partial->offset);
        out_ += '>';
    }
    out_ += ' ';
}

void FetchWriter::nil() { out_ += "NIL"; }

void FetchWriter::text(std::string_view octets) {
    literal(octets.size(), false);
    out_ += octets;
}

void FetchWriter::literal(std::uint64_t octets, bool literal8) {
    if (literal8) out_ += '~';
    out_ += '{';
    append_number(out_, octets);
    out_ += "}\r\n";
}

void FetchWriter::number(std::uint64_t number) { append_number(out_, number); }

void FetchWriter::end() { out_ += ")\r\n"; }

}  // namespace imap::wire

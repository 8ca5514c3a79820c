// Here speed matters: clients ask for envelopes and structures of whole mailboxes. RFC 9051 §7.5.2, §9.
#include "protocols/imap/wire/response/body.h"

#include <optional>
#include <string_view>

#include "protocols/base/text.h"
#include "protocols/imap/wire/response/response.h"
#include "protocols/mime/encoded_word.h"

namespace imap::wire {
namespace {

class BodyWriter {
  public:
    BodyWriter(std::string& out, bool extensions, bool utf8) : out_(out), extensions_(extensions), utf8_(utf8) {}

    void envelope(const mime::EnvelopeView& envelope) {
        out_ += '(';
        nstring(envelope.date);
        out_ += ' ';
        nstring(envelope.subject);
        for (const mime::AddressCursor& addresses :
             {envelope.from, envelope.sender, envelope.reply_to, envelope.to, envelope.cc, envelope.bcc}) {
            out_ += ' ';
            address_list(addresses);
        }
        out_ += ' ';
        nstring(envelope.in_reply_to);
        out_ += ' ';
        nstring(envelope.message_id);
        out_ += ')';
    }

    void part(const mime::PartView& part) {
        out_ += '(';
        if (part.kind == mime::PartKind::multipart) {
            multipart(part);
        } else {
            single(part);
        }
        out_ += ')';
    }

  private:
    // Text of a header field. Raw 8-bit text (allowed by RFC 6532, and common from old senders) is sent in a form that
    // the session can read: UTF-8, or encoded words (CLIENTS.md 8). Existing words are decoded first: raw octets may be
    // inside them, and clients would show nested words undecoded.
    void string(std::string_view text) {
        if (append_plain_string(out_, text)) return;
        if (base::is_ascii(text) || (utf8_ && base::is_utf8(text))) return append_string(out_, text, utf8_);
        const std::string readable = mime::decode_encoded_words(text);
        append_string(out_, utf8_ ? readable : mime::encode_unstructured(readable), utf8_);
    }

    void nstring(std::optional<std::string_view> text) {
        if (text) {
            string(*text);
        } else {
            out_ += "NIL";
        }
    }

    void nil_if_empty(std::string_view text) {
        if (text.empty()) {
            out_ += "NIL";
        } else {
            string(text);
        }
    }

    // "(" 1*address ")" / nil
    void address_list(mime::AddressCursor addresses) {
        const std::size_t start = out_.size();
        while (const std::optional<mime::AddressView> address = addresses.next()) {
            if (out_.size() == start) out_ += '(';
            one_address(*address);
        }
        out_ += out_.size() == start ? "NIL" : ")";
    }

    // "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")". A NIL host would mean a group, so an address without
    // a domain has an empty one.
    void one_address(const mime::AddressView& address) {
        using Kind = mime::Address::Kind;
        out_ += '(';
        if (address.kind == Kind::mailbox) {
            nil_if_empty(address.name);
            out_ += ' ';
            nil_if_empty(address.route);
            out_ += ' ';
            string(address.local);
            out_ += ' ';
            string(address.domain);
        } else {
            out_ += "NIL NIL ";
            if (address.kind == Kind::group_start) {
                string(address.name);
            } else {
                out_ += "NIL";
            }
            out_ += " NIL";
        }
        out_ += ')';
    }

    // body-fld-param = "(" string SP string *(SP string SP string) ")" / nil. Text without a charset is US-ASCII
    // (RFC 2045 §5.2, RFC 2046 §4.1.2), and that is written out, as clients expect.
    void parameters(mime::ParameterCursor parameters, bool of_text = false) {
        const std::size_t start = out_.size();
        bool has_charset = !of_text;
        while (const std::optional<mime::ParameterView> parameter = parameters.next()) {
            out_ += out_.size() == start ? '(' : ' ';
            string(parameter->name);
            out_ += ' ';
            string(parameter->value);
            has_charset = has_charset || parameter->name == "charset" || parameter->name == "charset*";
        }
        if (!has_charset) {
            out_ += out_.size() == start ? '(' : ' ';
            out_ += R"("charset" "us-ascii")";
        }
        out_ += out_.size() == start ? "NIL" : ")";
    }

    // body-fld-dsp = "(" string SP body-fld-param ")" / nil
    void disposition(const mime::PartView& part) {
        if (!part.disposition) {
            out_ += "NIL";
            return;
        }
        out_ += '(';
        string(*part.disposition);
        out_ += ' ';
        parameters(part.disposition_parameters);
        out_ += ')';
    }

    // body-fld-lang = nstring / "(" string *(SP string) ")"
    void languages(mime::TextCursor languages) {
        const std::size_t start = out_.size();
        while (const std::optional<std::string_view> language = languages.next()) {
            out_ += out_.size() == start ? '(' : ' ';
            string(*language);
        }
        out_ += out_.size() == start ? "NIL" : ")";
    }

    // SP body-fld-dsp SP body-fld-lang SP body-fld-loc
    void common_extensions(const mime::PartView& part) {
        out_ += ' ';
        disposition(part);
        out_ += ' ';
        languages(part.languages);
        out_ += ' ';
        nstring(part.location);
    }

    // body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
    void multipart(const mime::PartView& whole) {
        const std::size_t start = out_.size();
        mime::PartCursor children = whole.children;
        while (const std::optional<mime::PartView> child = children.next()) part(*child);
        if (out_.size() == start) empty_text();
        out_ += ' ';
        string(whole.subtype);
        if (!extensions_) return;
        out_ += ' ';
        parameters(whole.parameters);
        common_extensions(whole);
    }

    // For a damaged summary: the grammar requires a part.
    void empty_text() { out_ += R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0))"; }

    // body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]
    void single(const mime::PartView& part) {
        string(part.type);
        out_ += ' ';
        string(part.subtype);
        out_ += ' ';
        const bool is_text = base::iequals(part.type, "text");
        parameters(part.parameters, is_text);
        out_ += ' ';
        nstring(part.id);
        out_ += ' ';
        nstring(part.description);
        out_ += ' ';
        string(part.encoding);
        out_ += ' ';
        append_number(out_, part.size_octets());
        // RFC 3501 §9 knows only message/rfc822: its clients take message/global (RFC 9051 §9, media-message) as a
        // leaf.
        const bool nested = part.kind == mime::PartKind::message && (utf8_ || part.subtype != "global");
        if (nested) nested_message(part);
        if (nested || is_text) {
            out_ += ' ';
            append_number(out_, part.lines);
        }
        if (!extensions_) return;
        out_ += ' ';
        nstring(part.md5);
        common_extensions(part);
    }

    // SP envelope SP body
    void nested_message(const mime::PartView& message) {
        out_ += ' ';
        envelope(message.envelope());
        out_ += ' ';
        mime::PartCursor children = message.children;
        if (const std::optional<mime::PartView> child = children.next()) {
            part(*child);
        } else {
            empty_text();
        }
    }

    std::string& out_;
    bool extensions_;
    bool utf8_;
};

}  // namespace

void append_envelope(std::string& out, const mime::EnvelopeView& envelope, bool utf8) {
    BodyWriter(out, false, utf8).envelope(envelope);
}

void append_body(std::string& out, const mime::PartView& part, bool extensions, bool utf8) {
    BodyWriter(out, extensions, utf8).part(part);
}

}  // namespace imap::wire

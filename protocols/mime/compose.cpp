// New messages. RFC 5322 §3.6 (fields), RFC 2045, RFC 2046 §5.1 (multipart), RFC 2387 (related).
// Delivery status notifications are in compose_report.cpp.
#include "protocols/mime/compose.h"

#include <algorithm>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/charset.h"
#include "protocols/mime/compose_parts.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/lexical.h"
#include "protocols/mime/parameter.h"
#include "protocols/mime/transfer_encoding.h"

namespace mime {
namespace {

void add_addresses(std::string& out, std::string_view name, const std::vector<Address>& list, bool utf8) {
    if (!list.empty()) out += fold_field(name, render_addresses(list, utf8));
}

void add_ids(std::string& out, std::string_view name, const std::vector<std::string>& ids) {
    std::string value;
    for (const std::string& id : ids) value += (value.empty() ? "" : " ") + id;
    if (!value.empty()) out += fold_field(name, value);
}

bool is_field_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) { return c > 32 && c < 127 && c != ':'; });
}

std::string unstructured(std::string_view text, bool utf8) {
    return utf8 ? to_utf8(text, "utf-8") : encode_unstructured(text);
}

// Line ends become CRLF.
std::string with_crlf(std::string_view text) {
    std::string out;
    out.reserve(text.size() + text.size() / 32);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool crlf = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
        if (crlf) ++i;
        if (crlf || text[i] == '\n' || text[i] == '\r') {
            out += "\r\n";
        } else {
            out += text[i];
        }
    }
    if (!out.empty() && !out.ends_with('\n')) out += "\r\n";
    return out;
}

// 7bit as in RFC 2045 §2.7, with short lines, and nothing that a transport could change.
bool is_plain_seven_bit(std::string_view text) {
    constexpr std::size_t longest_line = 100;
    std::size_t column = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n') {
            column = 0;
            continue;
        }
        if ((c & 0x80) != 0 || (c < ' ' && c != '\t' && c != '\r') || ++column > longest_line) return false;
        if (column == 1 && text.substr(i).starts_with("From ")) return false;
    }
    return true;
}

// A body part with the shortest of the text encodings that fits.
std::string text_part(std::string_view subtype, std::string_view text) {
    const std::string body = with_crlf(to_utf8(text, "utf-8"));
    std::string out = "Content-Type: text/" + std::string(subtype) + "; charset=utf-8\r\n";
    if (is_plain_seven_bit(body)) return out + "Content-Transfer-Encoding: 7bit\r\n\r\n" + body;
    std::string quoted = encode_quoted_printable(body);
    if (quoted.size() <= body.size() / 2 * 3) {
        return out + "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted;
    }
    return out + "Content-Transfer-Encoding: base64\r\n\r\n" + encode_base64_lines(body);
}

bool is_media_type(std::string_view type) {
    const std::size_t slash = type.find('/');
    if (slash == 0 || slash == std::string_view::npos || slash + 1 == type.size()) return false;
    const auto is_token = [](std::string_view text) { return std::ranges::all_of(text, is_token_octet); };
    // A composite type must not be base64 (RFC 2045 §6.4).
    return is_token(type.substr(0, slash)) && is_token(type.substr(slash + 1)) &&
           !base::istarts_with(type, "multipart/") && !base::istarts_with(type, "message/");
}

// The name parameter of Content-Type: encoded words there violate RFC 2047 §5, but many clients know only them.
std::string name_parameter(std::string_view filename) {
    if (base::is_ascii(filename)) return render_parameter("name", filename);
    return "; name=" + quote(encode_unstructured(filename));
}

std::string attachment_part(const Attachment& attachment) {
    std::string type_value = is_media_type(attachment.type) ? attachment.type : "application/octet-stream";
    std::string disposition = attachment.content_id ? "inline" : "attachment";
    if (!attachment.filename.empty()) {
        const std::string filename = to_utf8(attachment.filename, "utf-8");
        type_value += name_parameter(filename);
        disposition += render_parameter("filename", filename);
    }
    std::string out = fold_field("Content-Type", type_value);
    out += "Content-Transfer-Encoding: base64\r\n";
    out += fold_field("Content-Disposition", disposition);
    if (attachment.content_id) out += fold_field("Content-ID", '<' + *attachment.content_id + '>');
    return out + "\r\n" + encode_base64_lines(attachment.content);
}

std::string html_part(const NewMessage& message, Boundaries& boundaries) {
    std::vector<std::string> parts = {text_part("html", message.html)};
    for (const Attachment& attachment : message.attachments) {
        if (attachment.content_id) parts.push_back(attachment_part(attachment));
    }
    if (parts.size() == 1) return std::move(parts.front());
    return multipart("related", "; type=\"text/html\"", parts, boundaries.next());
}

std::string readable_part(const NewMessage& message, Boundaries& boundaries) {
    if (message.html.empty()) return text_part("plain", message.text);
    const std::string boundary = boundaries.next();
    return multipart("alternative", "", {text_part("plain", message.text), html_part(message, boundaries)}, boundary);
}

}  // namespace

Boundaries::Boundaries(std::string_view random) : stem_("=_") {
    // "=_" never occurs in quoted-printable or base64.
    for (const char c : random.substr(0, 20)) append_hex(stem_, c);
}

std::string Boundaries::next() { return stem_ + '.' + std::to_string(++count_); }

std::string multipart(std::string_view subtype, std::string_view parameters, const std::vector<std::string>& parts,
                      std::string_view boundary) {
    std::string out = fold_field("Content-Type", "multipart/" + std::string(subtype) + std::string(parameters) +
                                                     "; boundary=" + quote(boundary));
    out += "\r\n";
    for (const std::string& part : parts) {
        out += "--" + std::string(boundary) + "\r\n";
        out += part;
        out += "\r\n";
    }
    return out + "--" + std::string(boundary) + "--\r\n";
}

std::string compose_text_part(std::string_view text) { return text_part("plain", text); }

std::string compose_head(const MessageHead& head) {
    std::string out = fold_field("Date", render_date_time(head.date));
    add_addresses(out, "From", head.from, head.utf8);
    add_addresses(out, "Reply-To", head.reply_to, head.utf8);
    add_addresses(out, "To", head.to, head.utf8);
    add_addresses(out, "Cc", head.cc, head.utf8);
    add_addresses(out, "Bcc", head.bcc, head.utf8);
    out += fold_field("Subject", unstructured(head.subject, head.utf8));
    if (!head.message_id.empty()) out += fold_field("Message-ID", '<' + head.message_id + '>');
    add_ids(out, "In-Reply-To", head.in_reply_to);
    add_ids(out, "References", head.references);
    for (const auto& [name, text] : head.more) {
        if (is_field_name(name)) out += fold_field(name, unstructured(text, head.utf8));
    }
    return out + "MIME-Version: 1.0\r\n";
}

std::string compose(const NewMessage& message, std::string_view random) {
    Boundaries boundaries(random);
    std::vector<std::string> attached;
    for (const Attachment& attachment : message.attachments) {
        const bool in_html = attachment.content_id && !message.html.empty();
        if (!in_html) attached.push_back(attachment_part(attachment));
    }
    std::string out = compose_head(message.head);
    if (attached.empty()) return out + readable_part(message, boundaries);
    const std::string boundary = boundaries.next();
    attached.insert(attached.begin(), readable_part(message, boundaries));
    return out + multipart("mixed", "", attached, boundary);
}

}  // namespace mime

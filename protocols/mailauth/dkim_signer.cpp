#include "protocols/mailauth/dkim_signer.h"

#include <algorithm>
#include <cstddef>

#include "protocols/base/base64.h"

namespace mailauth {

namespace {

struct SignedField {
    std::string_view name;
    bool once_more = false;
};

// Received, Return-Path and what mailboxes add are left out: they change on the way (RFC 6376 §5.4).
// List-Unsubscribe-Post: RFC 8058 §4 wants it signed.
constexpr SignedField signed_fields[] = {
    {"from", true},
    {"to", true},
    {"subject", true},
    {"date", true},
    {"message-id", true},
    {"sender"},
    {"reply-to"},
    {"cc"},
    {"mime-version"},
    {"content-type"},
    {"content-transfer-encoding"},
    {"in-reply-to"},
    {"references"},
    {"auto-submitted"},
    {"list-id"},
    {"list-help"},
    {"list-unsubscribe"},
    {"list-unsubscribe-post"},
    {"list-subscribe"},
    {"list-post"},
    {"list-owner"},
    {"list-archive"},
};

constexpr std::size_t signature_line_octets = 76;

// A field that is written tag by tag, folded between and, where that is allowed, within them.
class FoldedSignature {
  public:
    explicit FoldedSignature(std::string_view name) : text_(name), column_(name.size()) { text_ += ':'; }

    // On the same line if there is room, with a space before it.
    void add(std::string_view piece) {
        if (column_ + 1 + piece.size() > signature_line_octets) {
            fold();
        } else {
            text_ += ' ';
            ++column_;
        }
        append(piece);
    }

    // As a list, whose items are not cut.
    void add_list(std::string_view tag, std::span<const std::string> items, char separator) {
        std::string piece(tag);
        for (const std::string& item : items) {
            const bool is_last = &item == &items.back();
            piece += item;
            if (!is_last) piece += separator;
            if (&item == &items.front()) {
                add(piece + (is_last ? ";" : ""));
            } else {
                append_or_fold(piece + (is_last ? ";" : ""));
            }
            piece.clear();
        }
    }

    // As base64, cut anywhere.
    void add_cut(std::string_view tag, std::string_view octets) {
        fold();
        append(tag);
        const std::string text = base::encode_base64(octets);
        for (std::size_t at = 0; at < text.size();) {
            if (column_ == signature_line_octets) fold();
            const std::size_t part = std::min(text.size() - at, signature_line_octets - column_);
            append(std::string_view(text).substr(at, part));
            at += part;
        }
    }

    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    void fold() {
        text_ += "\r\n\t";
        column_ = 1;
    }

    void append_or_fold(std::string_view piece) {
        if (column_ + piece.size() > signature_line_octets) fold();
        append(piece);
    }

    void append(std::string_view piece) {
        text_ += piece;
        column_ += piece.size();
    }

    std::string text_;
    std::size_t column_;
};

// All of the field but the value of b=, which is its last tag.
FoldedSignature unsigned_field(const DkimSigningKey& key, std::span<const std::string> names,
                               std::string_view body_hash, std::int64_t now) {
    FoldedSignature field("DKIM-Signature");
    field.add("v=1;");
    field.add("a=" + std::string(to_string(key.key.algorithm())) + ";");
    field.add("c=relaxed/relaxed;");
    field.add("d=" + key.domain + ";");
    field.add("s=" + key.selector + ";");
    field.add("t=" + std::to_string(now) + ";");
    field.add_list("h=", names, ':');
    field.add("bh=" + base::encode_base64(body_hash) + ";");
    return field;
}

}  // namespace

DkimSigner::DkimSigner(std::string_view header_section) {
    const HeaderFields fields(header_section);
    can_sign_ = fields.complete();
    for (const SignedField& field : signed_fields) {
        const std::size_t times = fields.named(field.name).size() + (field.once_more ? 1 : 0);
        names_.insert(names_.end(), times, std::string(field.name));
    }
    hash_fields(fields_, fields, names_, Canonicalization::relaxed);
    body_.want(Canonicalization::relaxed, std::nullopt);
}

std::string DkimSigner::finish(std::span<const DkimSigningKey> keys, std::int64_t now) {
    body_.finish();
    std::string fields;
    if (!can_sign_) return fields;
    const std::string body_hash = body_.hash(Canonicalization::relaxed, std::nullopt).digest;
    for (const DkimSigningKey& key : keys) {
        FoldedSignature field = unsigned_field(key, names_, body_hash, now);
        std::string canonical;
        append_canonical_field(canonical, field.text() + "\r\n\tb=", Canonicalization::relaxed);
        canonical.resize(canonical.size() - 2);
        Sha256 hash(fields_);
        hash.update(canonical);
        field.add_cut("b=", key.key.sign(hash.digest()));
        fields += field.text() + "\r\n";
    }
    return fields;
}

}  // namespace mailauth

// Properties are header fields or parts; each field may be given once, in whatever form (RFC 8621 §4.6).
#include "web/jmap/mail/email_compose.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "protocols/base/text.h"
#include "protocols/mime/address.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/parameter.h"
#include "protocols/mime/transfer_encoding.h"
#include "web/jmap/mail/header_forms.h"
#include "web/jmap/wire/types.h"

namespace jmap {
namespace {

constexpr std::size_t longest_line = 998;  // RFC 5322 §2.1.1
constexpr std::size_t most_depth = 20;     // of subParts

constexpr const char* store_properties[] = {"mailboxIds", "keywords", "receivedAt"};
constexpr const char* body_lists_given[] = {"textBody", "htmlBody", "attachments"};
constexpr const char* part_properties[] = {"partId", "blobId",   "size",        "type",     "charset", "name",
                                           "cid",    "language", "disposition", "location", "subParts"};

template <class List>
bool lists(const List& list, std::string_view name) {
    return std::ranges::any_of(list, [&](const std::string_view one) { return one == name; });
}

// Some property is wrong.
struct Wrong {
    std::string property;
    std::string why;
};

const std::string& text_in(const Json& value, const std::string& property) {
    if (!value.is_string()) throw Wrong{property, "is no String"};
    return value.get_ref<const std::string&>();
}

// A line that a client wrote: only folds may be in it.
const std::string& raw_value(const Json& value, const std::string& property) {
    const std::string& raw = text_in(value, property);
    for (std::size_t at = 0; at < raw.size(); ++at) {
        const bool fold = raw.compare(at, 2, "\r\n") == 0 && at + 2 < raw.size() && base::is_space(raw[at + 2]);
        if (fold) {
            ++at;
        } else if (raw[at] == '\r' || raw[at] == '\n' || raw[at] == '\0') {
            throw Wrong{property, "has a line end that is no fold"};
        }
    }
    return raw;
}

mime::Address address_in(const Json& value, const std::string& property) {
    if (!value.is_object()) throw Wrong{property, "an EmailAddress is an object"};
    mime::Address address;
    if (const auto name = value.find("name"); name != value.end() && !name->is_null()) {
        address.name = text_in(*name, property);
    }
    const auto email = value.find("email");
    if (email == value.end()) throw Wrong{property, "an EmailAddress has an email"};
    const std::string& text = text_in(*email, property);
    const std::size_t at = text.rfind('@');
    address.local = text.substr(0, at);
    if (at != std::string::npos) address.domain = text.substr(at + 1);
    return address;
}

void expect_array(const Json& value, const std::string& property) {
    if (!value.is_array()) throw Wrong{property, "is no array"};
}

std::vector<mime::Address> addresses_in(const Json& value, const std::string& property) {
    std::vector<mime::Address> addresses;
    expect_array(value, property);
    for (const Json& one : value) addresses.push_back(address_in(one, property));
    return addresses;
}

std::vector<mime::Address> groups_in(const Json& value, const std::string& property) {
    std::vector<mime::Address> addresses;
    expect_array(value, property);
    for (const Json& group : value) {
        if (!group.is_object() || !group.contains("addresses")) throw Wrong{property, "is no EmailAddressGroup"};
        const Json name = group.value("name", Json());
        if (!name.is_null()) {
            mime::Address start;
            start.kind = mime::Address::Kind::group_start;
            start.name = text_in(name, property);
            addresses.push_back(std::move(start));
        }
        std::ranges::move(addresses_in(group["addresses"], property), std::back_inserter(addresses));
        if (!name.is_null()) addresses.push_back({.kind = mime::Address::Kind::group_end});
    }
    return addresses;
}

// "<a> <b>", with what is between them.
std::string bracketed(const Json& value, const std::string& property, std::string_view between) {
    std::string text;
    expect_array(value, property);
    for (const Json& one : value) {
        const std::string& inner = text_in(one, property);
        const bool clean = std::ranges::none_of(
            inner, [](char c) { return c == '<' || c == '>' || c == ' ' || static_cast<unsigned char>(c) < 0x20; });
        if (inner.empty() || !clean) throw Wrong{property, "cannot be in angle brackets"};
        text += (text.empty() ? "<" : std::string(between) + "<") + inner + ">";
    }
    return text;
}

// The lines of a field.
std::string field_of(const std::string& name, HeaderForm form, const Json& value, const std::string& property) {
    switch (form) {
        case HeaderForm::raw:
            return name + ":" + raw_value(value, property) + "\r\n";
        case HeaderForm::text:
            return mime::fold_field(name, mime::encode_unstructured(text_in(value, property)));
        case HeaderForm::addresses:
            return mime::fold_field(name, mime::render_addresses(addresses_in(value, property)));
        case HeaderForm::grouped_addresses:
            return mime::fold_field(name, mime::render_addresses(groups_in(value, property)));
        case HeaderForm::message_ids:
            return mime::fold_field(name, bracketed(value, property, " "));
        case HeaderForm::urls:
            return mime::fold_field(name, bracketed(value, property, ", "));
        case HeaderForm::date:
            break;
    }
    const std::optional<mime::DateTime> date = parse_date(text_in(value, property));
    if (!date) throw Wrong{property, "is no Date"};
    return mime::fold_field(name, mime::render_date_time(*date));
}

// The fields of one header section, each name once.
class FieldList {
  public:
    void add(const HeaderProperty& property, const Json& value, const std::string& given) {
        claim(property.field, given);
        if (value.is_null()) return;
        if (!property.all) {
            text += field_of(property.field, property.form, value, given);
            return;
        }
        expect_array(value, given);
        for (const Json& one : value) text += field_of(property.field, property.form, one, given);
    }
    void claim(const std::string& field, const std::string& given) {
        if (!names.insert(base::lower(field)).second) throw Wrong{given, "this header field is given twice"};
    }

    std::string text;
    std::set<std::string> names;  // in lower case
};

bool is_seven_bit(std::string_view text) {
    std::size_t line = 0;
    for (const char c : text) {
        line = c == '\n' ? 0 : line + 1;
        if (c == '\0' || c == '\r' || (c & 0x80) != 0 || line > longest_line) return false;
    }
    return true;
}

std::string with_crlf(std::string_view text) {
    std::string lines;
    for (const char c : text) {
        if (c == '\n' && !lines.ends_with('\r')) lines += '\r';
        lines += c;
    }
    return lines;
}

class Composition {
  public:
    Composition(const Json& email, const ComposeMaterial& material) : email_(email), material_(material) {}

    std::string run() {
        FieldList head;
        for (const auto& [property, value] : email_.items()) {
            if (lists(store_properties, property) || lists(body_lists_given, property) || property == "bodyValues" ||
                property == "bodyStructure") {
                continue;
            }
            std::optional<HeaderProperty> field = convenience_property(property);
            if (!field) field = parse_header_property(property);
            if (!field) throw Wrong{property, "cannot be set"};
            if (base::istarts_with(field->field, "Content-")) throw Wrong{property, "is a part's"};
            head.add(*field, value, property);
        }
        if (!head.names.contains("message-id")) head.text += "Message-ID: <" + material_.message_id + ">\r\n";
        if (!head.names.contains("date")) head.text += "Date: " + mime::render_date_time(material_.now) + "\r\n";
        if (!head.names.contains("mime-version")) head.text += "MIME-Version: 1.0\r\n";
        const bool structured = email_.contains("bodyStructure");
        const std::string body =
            structured ? part(email_["bodyStructure"], "bodyStructure", &head.names, 0) : body_of_lists();
        return head.text + body;
    }

    std::set<std::string> missing_blobs;

  private:
    std::string body_of_lists() {
        std::string text = only_part("textBody", "text/plain");
        std::string html = only_part("htmlBody", "text/html");
        std::vector<std::string> embedded;
        std::vector<std::string> attached;
        if (email_.contains("attachments")) {
            expect_array(email_["attachments"], "attachments");
            for (const Json& one : email_["attachments"]) {
                const bool is_embedded = !html.empty() && one.is_object() && one.contains("cid") &&
                                         one["cid"].is_string() && one.value("disposition", Json()) == "inline";
                (is_embedded ? embedded : attached).push_back(part(one, "attachments", nullptr, 0));
            }
        }
        if (!embedded.empty()) {
            embedded.insert(embedded.begin(), std::move(html));
            html = multipart("multipart/related", "", embedded);
        }
        std::string body = !text.empty() && !html.empty() ? multipart("multipart/alternative", "", {text, html})
                           : html.empty()                 ? text
                                                          : html;
        if (attached.empty()) return body.empty() ? "\r\n" : body;
        if (!body.empty()) attached.insert(attached.begin(), std::move(body));
        return multipart("multipart/mixed", "", attached);
    }

    std::string only_part(const char* list, const char* type) {
        const auto given = email_.find(list);
        if (given == email_.end() || given->is_null()) return {};
        if (email_.contains("bodyStructure")) throw Wrong{list, "there is a bodyStructure"};
        if (!given->is_array() || given->size() != 1) throw Wrong{list, "has not exactly one part"};
        const Json& one = given->front();
        if (!one.is_object() || one.value("type", Json(type)) != type) throw Wrong{list, "is of another type"};
        Json typed = one;
        typed["type"] = type;
        return part(typed, list, nullptr, 0);
    }

    // Header fields, blank line, content. `taken`: fields that the message's own header section has.
    std::string part(const Json& json, const std::string& property, const std::set<std::string>* taken,
                     std::size_t depth) {
        if (!json.is_object() || depth > most_depth) throw Wrong{property, "is no EmailBodyPart"};
        const auto text_or = [&](const char* name, std::string otherwise) {
            const auto found = json.find(name);
            if (found == json.end() || found->is_null()) return otherwise;
            return text_in(*found, property);
        };
        FieldList fields;
        if (taken != nullptr) fields.names = *taken;
        for (const auto& [name, value] : json.items()) {
            if (lists(part_properties, name)) continue;
            const std::optional<HeaderProperty> field = parse_header_property(name);
            if (!field || base::iequals(field->field, "Content-Transfer-Encoding")) {
                throw Wrong{property + "/" + name, "cannot be set"};
            }
            fields.add(*field, value, property + "/" + name);
        }
        const bool has_parts = json.contains("subParts") && !json["subParts"].is_null();
        const std::string type = base::lower(text_or("type", has_parts ? "multipart/mixed" : "text/plain"));
        check_type(type, property);
        if (has_parts != type.starts_with("multipart/")) throw Wrong{property, "multipart/* alone has subParts"};
        add_content_fields(json, property, fields, text_or);
        if (!has_parts) return leaf(json, property, type, fields, text_or);
        std::vector<std::string> parts;
        expect_array(json["subParts"], property);
        for (const Json& child : json["subParts"]) {
            parts.push_back(part(child, property, nullptr, depth + 1));
        }
        return multipart(type, fields.text, parts);
    }

    static void check_type(std::string_view type, const std::string& property) {
        const bool clean = std::ranges::all_of(type, [](char c) {
            return base::is_alpha(c) || base::is_digit(c) ||
                   std::string_view("/!#$&-^_.+").find(c) != std::string::npos;
        });
        if (!clean || std::ranges::count(type, '/') != 1 || type.starts_with('/') || type.ends_with('/')) {
            throw Wrong{property, "the type is none"};
        }
    }

    template <class TextOr>
    static void add_content_fields(const Json& json, const std::string& property, FieldList& fields,
                                   const TextOr& text_or) {
        const std::string name = text_or("name", "");
        const std::string disposition = text_or("disposition", name.empty() ? "" : "attachment");
        if (!disposition.empty()) {
            fields.claim("Content-Disposition", property);
            if (!std::ranges::all_of(disposition, [](char c) { return base::is_alpha(c) || c == '-'; })) {
                throw Wrong{property, "the disposition is none"};
            }
            const std::string filename = name.empty() ? "" : mime::render_parameter("filename", name);
            fields.text += mime::fold_field("Content-Disposition", disposition + filename);
        }
        if (const std::string cid = text_or("cid", ""); !cid.empty()) {
            fields.add({.field = "Content-ID", .form = HeaderForm::message_ids}, Json::array({cid}), property);
        }
        if (const std::string location = text_or("location", ""); !location.empty()) {
            fields.add({.field = "Content-Location", .form = HeaderForm::text}, location, property);
        }
        const Json language = json.value("language", Json());
        if (language.is_null()) return;
        std::string tags;
        expect_array(language, property);
        for (const Json& tag : language) tags += (tags.empty() ? "" : ", ") + text_in(tag, property);
        fields.add({.field = "Content-Language", .form = HeaderForm::text}, tags, property);
    }

    template <class TextOr>
    std::string leaf(const Json& json, const std::string& property, const std::string& type, FieldList& fields,
                     const TextOr& text_or) {
        const std::string part_id = text_or("partId", "");
        const std::string blob_id = text_or("blobId", "");
        if (part_id.empty() == blob_id.empty()) throw Wrong{property, "has a partId or a blobId"};
        if (!part_id.empty() && (json.contains("charset") || json.contains("size"))) {
            throw Wrong{property, "charset and size are the server's with a partId"};
        }
        const std::string charset = part_id.empty() ? text_or("charset", "") : "utf-8";
        fields.claim("Content-Type", property);
        std::string content_type = type;
        if (!charset.empty()) content_type += mime::render_parameter("charset", charset);
        const std::string name = text_or("name", "");
        if (!name.empty()) content_type += mime::render_parameter("name", name);
        fields.text += mime::fold_field("Content-Type", content_type);
        return fields.text + (part_id.empty() ? blob_content(blob_id, type) : text_content(value_of(part_id)));
    }

    const std::string& value_of(const std::string& part_id) {
        const auto given = email_.find("bodyValues");
        if (given == email_.end() || !given->is_object() || !given->contains(part_id)) {
            throw Wrong{"bodyValues", "there is none for " + part_id};
        }
        const Json& value = (*given)[part_id];
        if (!value.is_object() || !value.contains("value")) throw Wrong{"bodyValues", "is no EmailBodyValue"};
        for (const char* flag : {"isEncodingProblem", "isTruncated"}) {
            if (value.value(flag, Json(false)) != false) throw Wrong{"bodyValues", std::string(flag) + " is true"};
        }
        return text_in(value["value"], "bodyValues");
    }

    static std::string text_content(const std::string& text) {
        const bool seven_bit = is_seven_bit(text);
        return std::string("Content-Transfer-Encoding: ") + (seven_bit ? "7bit" : "quoted-printable") + "\r\n\r\n" +
               (seven_bit ? with_crlf(text) : mime::encode_quoted_printable(text));
    }

    // RFC 2046 §5.2.1: a message is not encoded.
    std::string blob_content(const std::string& blob_id, const std::string& type) {
        const auto found = material_.blobs.find(blob_id);
        if (found == material_.blobs.end()) {
            missing_blobs.insert(blob_id);
            return {};
        }
        if (type == "message/rfc822" || type == "message/global") {
            return std::string("Content-Transfer-Encoding: ") + (base::is_ascii(found->second) ? "7bit" : "8bit") +
                   "\r\n\r\n" + with_crlf(found->second);
        }
        return "Content-Transfer-Encoding: base64\r\n\r\n" + mime::encode_base64_lines(found->second);
    }

    std::string multipart(const std::string& type, const std::string& fields, const std::vector<std::string>& parts) {
        const std::string boundary = "=_" + material_.random + "_" + std::to_string(++boundaries_);
        std::string text = fields + "Content-Type: " + type + ";\r\n boundary=\"" + boundary + "\"\r\n\r\n";
        for (const std::string& one : parts) text += "--" + boundary + "\r\n" + one + "\r\n";
        return text + "--" + boundary + "--\r\n";
    }

    const Json& email_;
    const ComposeMaterial& material_;
    std::size_t boundaries_ = 0;
};

void collect_blobs(const Json& value, std::set<std::string>& ids, std::size_t depth) {
    if (depth > 2 * most_depth + 4) return;
    if (value.is_object() && value.contains("blobId") && value["blobId"].is_string()) {
        ids.insert(value["blobId"].get<std::string>());
    }
    if (!value.is_structured()) return;
    for (const Json& inner : value) collect_blobs(inner, ids, depth + 1);
}

// RFC 8621 §4.1.1.
bool is_keyword(std::string_view text) {
    constexpr std::string_view excluded = "(){]%*\"\\";
    return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [&](char c) {
        return c > 0x20 && c < 0x7f && excluded.find(c) == std::string_view::npos;
    });
}

}  // namespace

std::set<std::string> blob_ids_in(const Json& email) {
    std::set<std::string> ids;
    for (const char* list : {"textBody", "htmlBody", "attachments", "bodyStructure"}) {
        if (email.contains(list)) collect_blobs(email[list], ids, 0);
    }
    return ids;
}

std::expected<std::string, SetError> compose_email(const Json& email, const ComposeMaterial& material) {
    Composition composition(email, material);
    try {
        for (const char* list : body_lists_given) {
            if (email.contains("bodyStructure") && email.contains(list)) throw Wrong{list, "there is a bodyStructure"};
        }
        std::string message = composition.run();
        if (composition.missing_blobs.empty()) return message;
        return std::unexpected(
            SetError{.type = "blobNotFound", .description = "", .extra = {{"notFound", composition.missing_blobs}}});
    } catch (const Wrong& wrong) {
        return std::unexpected(invalid_properties({wrong.property}, wrong.why));
    }
}

std::optional<storage::NamedFlags> flags_of(const Json& keywords) {
    constexpr std::pair<std::string_view, std::uint8_t> system[] = {{"$seen", storage::system_flag::seen},
                                                                    {"$answered", storage::system_flag::answered},
                                                                    {"$flagged", storage::system_flag::flagged},
                                                                    {"$draft", storage::system_flag::draft}};
    if (!keywords.is_object()) return std::nullopt;
    storage::NamedFlags flags;
    for (const auto& [name, value] : keywords.items()) {
        if (value != true || !is_keyword(name)) return std::nullopt;
        const auto* known =
            std::ranges::find_if(system, [&](const auto& one) { return base::iequals(one.first, name); });
        if (known != std::end(system)) {
            flags.system |= known->second;
        } else {
            flags.keywords.push_back(name);
        }
    }
    return flags;
}

std::optional<mime::DateTime> parse_date(std::string_view text) {
    if (const auto utc = parse_utc_date(text)) return mime::DateTime{.unix_seconds = *utc, .zone_minutes = 0};
    if (text.size() < 6) return std::nullopt;
    const std::string_view zone = text.substr(text.size() - 6);
    const auto hours = base::parse_number<unsigned>(zone.substr(1, 2));
    const auto minutes = base::parse_number<unsigned>(zone.substr(4));
    const auto local = parse_utc_date(std::string(text.substr(0, text.size() - 6)) + "Z");
    if ((zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || !hours || !minutes || !local) return std::nullopt;
    if (*hours > 23 || *minutes > 59) return std::nullopt;
    const int offset = static_cast<int>(*hours * 60 + *minutes) * (zone[0] == '-' ? -1 : 1);
    return mime::DateTime{.unix_seconds = *local - std::int64_t{60} * offset, .zone_minutes = offset};
}

}  // namespace jmap

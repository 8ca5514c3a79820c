// What message lists ask for comes from the summary alone: header fields that it keeps, preview, hasAttachment.
#include "web/jmap/mail/email_object.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/header.h"
#include "protocols/mime/message_text.h"
#include "protocols/mime/summary.h"
#include "storage/object_id_text.h"
#include "web/jmap/mail/body_parts.h"
#include "web/jmap/mail/body_values.h"
#include "web/jmap/wire/method_error.h"
#include "web/jmap/wire/types.h"

namespace jmap {
namespace {

constexpr const char* default_email_list[] = {
    "id",        "blobId",     "threadId",      "mailboxIds", "keywords",   "size",     "receivedAt", "messageId",
    "inReplyTo", "references", "sender",        "from",       "to",         "cc",       "bcc",        "replyTo",
    "subject",   "sentAt",     "hasAttachment", "preview",    "bodyValues", "textBody", "htmlBody",   "attachments"};
constexpr std::size_t of_the_store = 7;  // the first ones

constexpr const char* further_properties[] = {"headers", "bodyStructure"};

constexpr const char* default_body_properties[] = {"partId",  "blobId",      "size", "name",     "type",
                                                   "charset", "disposition", "cid",  "language", "location"};
constexpr const char* other_body_properties[] = {"headers", "subParts"};

constexpr std::size_t most_section_octets = std::size_t{1} << 20;

template <class List>
bool contains(const List& list, std::string_view name) {
    return std::ranges::any_of(list, [&](const std::string_view one) { return one == name; });
}

constexpr std::pair<std::uint8_t, const char*> system_keywords[] = {
    {storage::system_flag::seen, "$seen"},
    {storage::system_flag::answered, "$answered"},
    {storage::system_flag::flagged, "$flagged"},
    {storage::system_flag::draft, "$draft"},
};

// Makes one Email; reads each thing at most once, and nothing that is not asked for.
class EmailMaker {
  public:
    EmailMaker(const EmailRequest& request, const ShownMessage& message)
        : request_(request),
          message_(message),
          summary_(request.needs_summary() ? mime::readable_summary(message.summary, *message.read, anew_)
                                           : std::string_view()) {}

    Json make() {
        Json object = Json::object();
        for (const std::string& property : request_.properties) object[property] = value_of(property);
        return object;
    }

  private:
    Json value_of(const std::string& property) {
        if (property == "blobId") return message_.blob_id;
        if (property == "size") return message_.size_octets;
        if (property == "preview") return summary_.preview();
        if (property == "hasAttachment") return summary_.has_attachment();
        if (property == "headers") return all_headers(header_section());
        if (property == "bodyStructure") return part_object(structure(), true);
        if (property == "textBody") return part_list(lists().text);
        if (property == "htmlBody") return part_list(lists().html);
        if (property == "attachments") return part_list(lists().attachments);
        if (property == "bodyValues") return body_values();
        if (const auto convenience = convenience_property(property)) return field_property(*convenience);
        if (const auto field = parse_header_property(property)) return field_property(*field);
        return message_.email ? stored_property(property, *message_.email) : Json();
    }

    Json stored_property(const std::string& property, const storage::Email& email) const {
        if (property == "id") return email.id;
        if (property == "threadId") return email.thread_id;
        if (property == "receivedAt") return utc_date(email.received_at);
        if (property == "keywords") return keywords_object(email.flags(), message_.keywords);
        Json mailboxes = Json::object();
        for (const storage::EmailPlace& place : email.places) {
            mailboxes[storage::mailbox_id_text(place.mailbox)] = true;
        }
        return mailboxes;
    }

    std::string_view charset() const { return summary_.envelope().charset; }

    Json field_property(const HeaderProperty& property) {
        const std::optional<std::string_view> kept = summary_.list_fields();
        const bool is_kept = kept && mime::is_list_field(property.field);
        return header_property(is_kept ? *kept : header_section(), property, charset());
    }

    std::string_view header_section() {
        if (!header_) header_ = mime::read_range(*message_.read, limited({0, summary_.header_octets()}));
        return *header_;
    }

    static mime::OctetRange limited(mime::OctetRange range) {
        return {range.offset, std::min<std::uint64_t>(range.size, most_section_octets)};
    }

    const BodyPart& structure() {
        if (!structure_) structure_ = body_structure(summary_);
        return *structure_;
    }

    const BodyLists& lists() {
        if (!lists_) lists_ = body_lists(structure());
        return *lists_;
    }

    Json part_list(const std::vector<const BodyPart*>& parts) {
        Json list = Json::array();
        for (const BodyPart* part : parts) list.push_back(part_object(*part, false));
        return list;
    }

    Json part_object(const BodyPart& part, bool recursive) {
        Json object = Json::object();
        for (const std::string& property : request_.body_properties) {
            if (property != "subParts") object[property] = part_value(part, property);
        }
        // §4.1.4: only bodyStructure has them, and there they are what it is for.
        if (!recursive || !part.is_multipart()) {
            if (contains(request_.body_properties, "subParts")) object["subParts"] = nullptr;
            return object;
        }
        object["subParts"] = Json::array();
        for (const BodyPart& child : part.sub_parts) object["subParts"].push_back(part_object(child, true));
        return object;
    }

    Json part_value(const BodyPart& part, const std::string& property) {
        const auto text_or_null = [](const auto& text) { return text ? Json(std::string(*text)) : Json(); };
        if (property == "partId") return part.is_multipart() ? Json() : Json(part.id());
        if (property == "blobId") return part.is_multipart() ? Json() : Json(part_blob_id(part));
        if (property == "size") return part.is_multipart() ? Json(0) : Json(decoded_size(part, *message_.read));
        if (property == "name") return text_or_null(part.name);
        if (property == "type") return part.type;
        if (property == "charset") return text_or_null(part.charset());
        if (property == "disposition") return text_or_null(part.disposition);
        if (property == "cid") return content_id(part);
        if (property == "language") return languages(part);
        if (property == "location") return text_or_null(part.view.location);
        const std::string section = mime::read_range(*message_.read, limited(part.view.header()));
        if (property == "headers") return all_headers(section);
        const auto field = parse_header_property(property);
        return field ? header_property(section, *field, charset()) : Json();
    }

    std::string part_blob_id(const BodyPart& part) const {
        std::string text = message_.blob_id;
        for (const std::uint32_t number : part.number) text += "-" + std::to_string(number);
        return text;
    }

    static Json content_id(const BodyPart& part) {
        if (!part.view.id) return {};
        std::string_view rest = *part.view.id;
        const std::optional<std::string_view> id = mime::take_message_id(rest);
        if (id) return std::string(id->substr(1, id->size() - 2));
        return std::string(base::trim(*part.view.id));
    }

    static Json languages(const BodyPart& part) {
        Json list = Json::array();
        mime::TextCursor languages = part.view.languages;
        while (const std::optional<std::string_view> one = languages.next()) list.push_back(std::string(*one));
        return list.empty() ? Json() : list;
    }

    Json body_values() {
        std::vector<const BodyPart*> parts;
        if (request_.text_values) parts = lists().text;
        if (request_.html_values) parts.insert(parts.end(), lists().html.begin(), lists().html.end());
        if (request_.all_values) add_leaves(structure(), parts);
        Json values = Json::object();
        for (const BodyPart* part : parts) {
            if (!part->is_text() || values.contains(part->id())) continue;
            values[part->id()] = body_value(*part, *message_.read, request_.value_octets);
        }
        return values;
    }

    static void add_leaves(const BodyPart& part, std::vector<const BodyPart*>& parts) {
        if (!part.is_multipart()) parts.push_back(&part);
        for (const BodyPart& child : part.sub_parts) add_leaves(child, parts);
    }

    const EmailRequest& request_;
    const ShownMessage& message_;
    std::string anew_;  // the summary, if it had to be made again
    mime::SummaryView summary_;
    std::optional<std::string> header_;
    std::optional<BodyPart> structure_;
    std::optional<BodyLists> lists_;
};

bool is_of_the_store(std::string_view property) {
    return contains(std::span(default_email_list).first(of_the_store), property);
}

}  // namespace

bool EmailRequest::needs_summary() const { return !std::ranges::all_of(properties, is_of_the_store); }

bool EmailRequest::needs_content() const {
    return std::ranges::any_of(properties, [](const std::string& property) {
        const bool cheap = is_of_the_store(property) || property == "preview" || property == "hasAttachment";
        return !cheap && !convenience_property(property);
    });
}

bool is_email_property(std::string_view property) {
    return contains(default_email_list, property) || contains(further_properties, property) ||
           parse_header_property(property);
}

bool is_body_property(std::string_view property) {
    return contains(default_body_properties, property) || contains(other_body_properties, property) ||
           parse_header_property(property);
}

std::span<const char* const> default_email_properties() { return default_email_list; }
std::span<const char* const> default_parse_properties() { return std::span(default_email_list).subspan(of_the_store); }

EmailRequest read_email_request(Arguments& arguments, std::vector<std::string> properties, std::size_t most) {
    EmailRequest request{.properties = std::move(properties), .body_properties = {}};
    const auto body_properties = arguments.strings_or_null("bodyProperties");
    if (body_properties) {
        request.body_properties = *body_properties;
    } else {
        request.body_properties.assign(std::begin(default_body_properties), std::end(default_body_properties));
    }
    for (const std::string& property : request.body_properties) {
        if (!is_body_property(property)) throw invalid_arguments("bodyProperties: " + property);
    }
    request.text_values = arguments.boolean("fetchTextBodyValues", false);
    request.html_values = arguments.boolean("fetchHTMLBodyValues", false);
    request.all_values = arguments.boolean("fetchAllBodyValues", false);
    const std::uint64_t asked = arguments.unsigned_or_null("maxBodyValueBytes").value_or(0);
    request.value_octets = asked == 0 ? most : std::min<std::uint64_t>(asked, most);
    return request;
}

Json email_object(const EmailRequest& request, const ShownMessage& message) {
    return EmailMaker(request, message).make();
}

Json keywords_object(const storage::Flags& flags, std::span<const std::string> names) {
    Json keywords = Json::object();
    for (const auto& [flag, name] : system_keywords) {
        if ((flags.system & flag) != 0) keywords[name] = true;
    }
    for (const std::uint32_t number : flags.keywords.numbers()) {
        if (number < names.size()) keywords[base::lower(names[number])] = true;
    }
    return keywords;
}

}  // namespace jmap

// The envelope. RFC 9051 §7.5.2; message ids: RFC 5322 §3.6.4.
// Encoded words stay raw: the caller decodes them for display.
#include "protocols/mime/envelope.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"

namespace mime {
namespace {

void keep_first(std::optional<std::string>& kept, std::string_view value) {
    if (!kept) kept = unfold(value);
}

bool append(std::vector<Address>& list, std::string_view value, std::size_t max_addresses) {
    AddressList more = parse_address_list(value, max_addresses - std::min(max_addresses, list.size()));
    std::ranges::move(more.addresses, std::back_inserter(list));
    return more.cut;
}

struct TextField {
    std::string_view name;
    std::optional<std::string> Envelope::* member;
};
constexpr TextField text_fields[] = {{"date", &Envelope::date},
                                     {"subject", &Envelope::subject},
                                     {"in-reply-to", &Envelope::in_reply_to},
                                     {"message-id", &Envelope::message_id}};

struct ListField {
    std::string_view name;
    std::vector<Address> Envelope::* member;
};
constexpr ListField list_fields[] = {
    {"from", &Envelope::from}, {"sender", &Envelope::sender}, {"reply-to", &Envelope::reply_to},
    {"to", &Envelope::to},     {"cc", &Envelope::cc},         {"bcc", &Envelope::bcc}};

void read_field(const HeaderField& field, Envelope& envelope, std::size_t max_addresses) {
    std::string_view value = field.value;
    std::string utf8;
    if (!base::is_utf8(value)) value = utf8 = field_to_utf8(value, envelope.charset);
    for (const TextField& known : text_fields) {
        if (base::iequals(field.name, known.name)) return keep_first(envelope.*known.member, value);
    }
    for (const ListField& known : list_fields) {
        if (!base::iequals(field.name, known.name)) continue;
        if (append(envelope.*known.member, value, max_addresses)) envelope.cut = true;
        return;
    }
}

std::string without_white_space(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') out += c;
    }
    return out;
}

}  // namespace

Envelope parse_envelope(std::string_view header_section, std::string_view charset, std::size_t max_addresses) {
    Envelope envelope;
    envelope.charset = charset;
    HeaderReader reader(header_section);
    while (const std::optional<HeaderField> field = reader.next()) read_field(*field, envelope, max_addresses);
    if (envelope.sender.empty()) envelope.sender = envelope.from;
    if (envelope.reply_to.empty()) envelope.reply_to = envelope.from;
    return envelope;
}

std::optional<std::string_view> take_message_id(std::string_view& value) {
    for (;;) {
        value.remove_prefix(std::min(value.find('<'), value.size()));
        const std::size_t end = value.find_first_of("<>", 1);
        if (end == std::string_view::npos) break;
        const std::string_view id = value.substr(0, end + 1);
        value.remove_prefix(id.ends_with('>') ? end + 1 : end);
        if (id.ends_with('>')) return id;
    }
    value = {};
    return std::nullopt;
}

std::string normal_message_id(std::string_view id) {
    if (id.starts_with('<')) id.remove_prefix(1);
    if (id.ends_with('>')) id.remove_suffix(1);
    if (id.find_first_of("\" \t\r\n") == std::string_view::npos) return std::string(id);
    std::string normal;
    bool quoted = false;
    for (std::size_t i = 0; i < id.size(); ++i) {
        if (id[i] == '"') {
            quoted = !quoted;
        } else if (quoted && id[i] == '\\' && i + 1 < id.size()) {
            normal += id[++i];
        } else if (id[i] != ' ' && id[i] != '\t' && id[i] != '\r' && id[i] != '\n') {
            normal += id[i];
        }
    }
    return normal;
}

std::vector<std::string> parse_message_ids(std::string_view value, std::size_t max_ids) {
    std::deque<std::string_view> found;  // the first, and the last ones
    while (const std::optional<std::string_view> id = take_message_id(value)) {
        found.push_back(*id);
        if (found.size() > max_ids) found.erase(found.begin() + (max_ids > 1 ? 1 : 0));
    }
    std::vector<std::string> ids;
    for (const std::string_view id : found) ids.push_back(without_white_space(id));
    return ids;
}

}  // namespace mime

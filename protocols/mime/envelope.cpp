// The envelope. RFC 9051 §7.5.2; message ids: RFC 5322 §3.6.4.
// Values stay raw: who shows them decodes them.
#include "protocols/mime/envelope.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/header.h"

namespace mime {
namespace {

void keep_first(std::optional<std::string>& kept, std::string_view value) {
    if (!kept) kept = unfold(value);
}

void append(std::vector<Address>& list, std::string_view value, std::size_t max_addresses) {
    if (list.size() >= max_addresses) return;
    std::vector<Address> more = parse_addresses(value, max_addresses - list.size());
    std::ranges::move(more, std::back_inserter(list));
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
    for (const TextField& known : text_fields) {
        if (base::iequals(field.name, known.name)) return keep_first(envelope.*known.member, field.value);
    }
    for (const ListField& known : list_fields) {
        if (base::iequals(field.name, known.name)) return append(envelope.*known.member, field.value, max_addresses);
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

Envelope parse_envelope(std::string_view header_section, std::size_t max_addresses) {
    Envelope envelope;
    HeaderReader reader(header_section);
    while (const std::optional<HeaderField> field = reader.next()) read_field(*field, envelope, max_addresses);
    if (envelope.sender.empty()) envelope.sender = envelope.from;
    if (envelope.reply_to.empty()) envelope.reply_to = envelope.from;
    return envelope;
}

std::vector<std::string> parse_message_ids(std::string_view value, std::size_t max_ids) {
    std::deque<std::string_view> found;  // the first, and the last ones
    std::size_t at = 0;
    while ((at = value.find('<', at)) != std::string_view::npos) {
        const std::size_t end = value.find_first_of("<>", at + 1);
        if (end == std::string_view::npos) break;
        if (value[end] == '>') {
            found.push_back(value.substr(at, end + 1 - at));
            if (found.size() > max_ids) found.erase(found.begin() + (max_ids > 1 ? 1 : 0));
        }
        at = end;
    }
    std::vector<std::string> ids;
    for (const std::string_view id : found) ids.push_back(without_white_space(id));
    return ids;
}

}  // namespace mime

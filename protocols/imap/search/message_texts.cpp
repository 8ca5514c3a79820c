// BODY is the decoded text and message parts, and header sections of nested messages; TEXT adds the message's own
// header section and those of its parts. An empty text asks whether the field exists.
#include "protocols/imap/search/message_texts.h"

#include <map>

#include "protocols/base/text.h"
#include "protocols/imap/search/text_scanner.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"
#include "protocols/mime/message_text.h"

namespace imap {
namespace {

using KeyKind = SearchNode::Kind;

std::optional<std::string> addresses(const mime::AddressCursor& cursor) {
    if (cursor.empty()) return std::nullopt;
    return mime::address_text(cursor);
}

}  // namespace

std::optional<bool> MessageTexts::holds(std::size_t place, std::size_t needle) {
    if (found_[place].empty() && !look(place)) return std::nullopt;
    return found_[place][needle];
}

// False: what has to be looked at was not given.
bool MessageTexts::look(std::size_t place) {
    switch (program_.places[place].evidence) {
        case Evidence::summary:
            if (summary_ == nullptr) return false;
            look_at_field(place);
            return true;
        case Evidence::header:
            if (header_ == nullptr) return false;
            look_at_header();
            return true;
        default:
            if (read_ == nullptr) return false;
            look_at_content();
            return true;
    }
}

std::vector<bool>& MessageTexts::begin(std::size_t place) {
    found_[place].assign(program_.places[place].needles.size(), false);
    return found_[place];
}

void MessageTexts::look_at_field(std::size_t place) {
    std::vector<bool>& found = begin(place);
    const std::optional<std::string> value = value_of(program_.places[place].kind);
    if (!value) return;
    TextScanner scanner(program_.places[place].needles, found);
    scanner.feed(*value);
}

std::optional<std::string> MessageTexts::value_of(SearchNode::Kind field) const {
    const mime::EnvelopeView envelope = summary_->envelope();
    switch (field) {
        case KeyKind::from:
            return addresses(envelope.from);
        case KeyKind::to:
            return addresses(envelope.to);
        case KeyKind::cc:
            return addresses(envelope.cc);
        case KeyKind::bcc:
            return addresses(envelope.bcc);
        case KeyKind::subject:
            if (!envelope.subject) return std::nullopt;
            return mime::decode_encoded_words(*envelope.subject);
        default:  // Message-ID
            if (!envelope.message_id) return std::nullopt;
            return std::string(*envelope.message_id);
    }
}

// For all fields that are asked for at once.
void MessageTexts::look_at_header() {
    for (const auto& [name, place] : program_.header_places) begin(place);
    const std::string_view charset = summary_->envelope().charset;
    std::map<std::size_t, TextScanner> scanners;  // by place, of fields that exist
    mime::HeaderReader reader(*header_);
    while (const std::optional<mime::HeaderField> field = reader.next()) {
        const auto place = program_.header_places.find(base::lower(field->name));
        if (place == program_.header_places.end()) continue;
        const std::size_t number = place->second;
        TextScanner& scanner =
            scanners.try_emplace(number, program_.places[number].needles, found_[number]).first->second;
        scanner.feed(mime::decode_encoded_words(field->value, charset));
        scanner.finish();
    }
}

// For BODY and TEXT at once.
void MessageTexts::look_at_content() {
    const Needles none;
    std::vector<bool> nothing;
    const auto scanner_of = [&](const std::optional<std::size_t>& place) {
        return place ? TextScanner(program_.places[*place].needles, begin(*place)) : TextScanner(none, nothing);
    };
    TextScanner body = scanner_of(program_.body_place);
    TextScanner text = scanner_of(program_.text_place);
    const mime::TextSink sink = [&](mime::TextKind kind, std::string_view utf8) {
        if (kind == mime::TextKind::end) {
            body.finish();
            text.finish();
            return false;
        }
        if (kind == mime::TextKind::body) body.feed(utf8);
        text.feed(utf8);
        return body.all_found() && text.all_found();
    };
    if (!text.all_found()) mime::read_header_text(*summary_, program_.text_limits, *read_, sink);
    if (body.all_found() && text.all_found()) return;
    mime::read_body_text(*summary_, program_.text_limits, *read_, sink);
}

}  // namespace imap

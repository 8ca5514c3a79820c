// Lines are classified as soon as they are complete.
#include "server/delivery/intake/header_section.h"

#include <algorithm>

#include "protocols/base/text.h"
#include "protocols/mailauth/authentication_results.h"
#include "protocols/mime/date_time.h"
#include "protocols/mime/header.h"

namespace server::delivery {

std::size_t HeaderCollector::take(std::string_view octets) {
    std::size_t taken = 0;
    while (!complete_ && taken < octets.size()) {
        const std::string_view rest = octets.substr(taken);
        const std::size_t newline = rest.find('\n');
        const std::size_t wanted = newline == std::string_view::npos ? rest.size() : newline + 1;
        const std::size_t fitting = std::min(wanted, room());
        section_.append(rest.substr(0, fitting));
        taken += fitting;
        if (fitting == wanted && newline != std::string_view::npos) {
            end_line();
        } else if (room() == 0) {
            too_large_ = complete_ = true;
        }
    }
    return taken;
}

void HeaderCollector::finish() {
    if (!complete_ && line_start_ < section_.size()) end_line();
    if (!complete_ && rule_.in_doubt()) end_before(doubted_at_);
    complete_ = true;
}

// The line that starts at line_start_ is complete.
void HeaderCollector::end_line() {
    using Verdict = mime::HeaderEnd::Verdict;
    const bool in_doubt_before = rule_.in_doubt();
    switch (rule_.judge(std::string_view(section_).substr(line_start_))) {
        case Verdict::mbox_line:
            section_.clear();
            break;
        case Verdict::in_doubt:
            doubted_at_ = line_start_;
            break;
        case Verdict::inside:
            irregular_ = irregular_ || in_doubt_before;
            break;
        case Verdict::blank:
            has_blank_line_ = complete_ = true;
            break;
        case Verdict::before_line:
            return end_before(line_start_);
        case Verdict::before_doubted:
            return end_before(doubted_at_);
    }
    line_start_ = section_.size();
}

void HeaderCollector::end_before(std::size_t body) {
    body_start_ = section_.substr(body);
    section_.resize(body);
    complete_ = true;
}

void HeaderCollector::clear() {
    std::string().swap(section_);
    std::string().swap(body_start_);
}

HeaderFacts examine_header(std::string_view section) {
    HeaderFacts facts;
    mime::HeaderReader reader(section);
    while (const auto field = reader.next()) {
        ++facts.fields;
        const auto is = [&](std::string_view name) { return base::iequals(field->name, name); };
        if (is("Received")) ++facts.received;
        if (is("DKIM-Signature")) facts.is_signed = true;
        if (is("Date")) facts.date.push_back(field->value);
        if (is("Message-ID") && facts.message_ids++ == 0) facts.message_id = field->value;
        if (is("Resent-Date")) facts.resent_date = true;
        if (is("Resent-Message-ID")) facts.resent_message_id = true;
        if (is("From")) facts.from.push_back(field->value);
        if (is("Sender")) facts.sender.push_back(field->value);
        if (is("Resent-From")) facts.resent_from.push_back(field->value);
        if (is("List-Id")) facts.list.list_id.push_back(field->value);
        if (is("Auto-Submitted")) facts.list.auto_submitted.push_back(field->value);
        if (is("Precedence")) facts.list.precedence.push_back(field->value);
        if (is("TLS-Required")) facts.tls_required.push_back(field->value);
        if (is("Delivered-To")) facts.delivered_to.push_back(field->value);
        if (is("Resent-Sender")) facts.resent_sender.push_back(field->value);
    }
    return facts;
}

bool says_tls_optional(const HeaderFacts& facts) {
    return facts.tls_required.size() == 1 && base::iequals(base::trim(facts.tls_required.front()), "No");
}

namespace {

// msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS] (RFC 5322 §3.6.4), each side of any octets that a reader can
// compare: what it must not have are spaces, controls and brackets. With a comment it is left as it is.
bool is_message_id(std::string_view value) {
    const std::string_view id = base::trim(value);
    if (id.contains('(')) return true;
    if (!id.starts_with('<') || !id.ends_with('>')) return false;
    const std::string_view inner = id.substr(1, id.size() - 2);
    const std::size_t at = inner.rfind('@');
    const bool plain = std::ranges::none_of(
        inner, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>' || c == '\x7f'; });
    return plain && at != std::string_view::npos && at != 0 && at + 1 < inner.size();
}

}  // namespace

std::vector<std::string_view> malformed_fields(const HeaderFacts& facts) {
    std::vector<std::string_view> names;
    if (facts.is_signed) return names;
    const bool good_date = facts.date.size() == 1 && mime::parse_date_time(facts.date.front());
    if (!facts.date.empty() && !good_date) names.emplace_back("Date");
    const bool good_id = facts.message_ids == 1 && is_message_id(*facts.message_id);
    if (facts.message_id && !good_id) names.emplace_back("Message-ID");
    return names;
}

std::string without_fields(std::string_view section, const std::vector<std::string_view>& names,
                           std::string_view our_id) {
    std::string kept;
    kept.reserve(section.size());
    std::size_t copied = 0;
    mime::HeaderReader reader(section);
    while (const auto field = reader.next()) {
        const bool forged = !our_id.empty() && base::iequals(field->name, "Authentication-Results") &&
                            mailauth::must_be_removed(field->value, our_id);
        const bool dropped = forged || std::ranges::any_of(names, [&](std::string_view name) {
                                 return base::iequals(field->name, name);
                             });
        if (!dropped) continue;
        kept += section.substr(copied, field->offset - copied);
        copied = field->offset + field->size;
    }
    kept += section.substr(copied);
    return kept;
}

}  // namespace server::delivery

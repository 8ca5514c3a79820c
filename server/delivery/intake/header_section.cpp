// Lines are judged as they are completed: the blank line ends the section, and a first line that is no field says that
// there is no section at all.
#include "server/delivery/intake/header_section.h"

#include <algorithm>

#include "protocols/base/text.h"
#include "protocols/mime/address.h"
#include "protocols/mime/header.h"

namespace server::delivery {

namespace {

// The "From " line of an mbox file, which some programs leave in front of the header: mime passes over it.
bool is_mbox_line(std::string_view line) { return line.starts_with("From ") || line.starts_with(">From "); }

}  // namespace

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
            const std::string line = section_.substr(line_start_);
            judge_line(line);
            line_start_ = section_.size();
        } else if (room() == 0) {
            too_large_ = complete_ = true;
        }
    }
    return taken;
}

void HeaderCollector::judge_line(std::string_view line) {
    const mime::HeaderLine kind = mime::classify_header_line(line);
    const bool no_header = kind == mime::HeaderLine::malformed || kind == mime::HeaderLine::continuation;
    if (kind == mime::HeaderLine::blank || (first_line_ && no_header && !is_mbox_line(line))) complete_ = true;
    first_line_ = false;
}

HeaderFacts examine_header(std::string_view section) {
    HeaderFacts facts;
    std::string_view from, sender, resent_from, resent_sender;
    mime::HeaderReader reader(section);
    while (const auto field = reader.next()) {
        ++facts.fields;
        const auto is = [&](std::string_view name) { return base::iequals(field->name, name); };
        if (is("Received")) ++facts.received;
        if (is("Date")) facts.date = true;
        if (is("Message-ID")) facts.message_id = true;
        if (is("Resent-Date")) facts.resent_date = true;
        if (is("Resent-Message-ID")) facts.resent_message_id = true;
        if (is("From") && from.empty()) from = field->value;
        if (is("Sender") && sender.empty()) sender = field->value;
        if (is("Resent-From") && resent_from.empty()) resent_from = field->value;
        if (is("Resent-Sender") && resent_sender.empty()) resent_sender = field->value;
    }
    facts.from = !from.empty();
    facts.resent = !resent_from.empty() || !resent_sender.empty();
    const std::string_view authors = facts.resent ? resent_from : from;
    for (const mime::Address& address : mime::parse_addresses(authors)) {
        if (address.kind == mime::Address::Kind::mailbox) facts.from_addresses.push_back(render_addr_spec(address));
    }
    if (const auto address = mime::parse_mailbox(facts.resent ? resent_sender : sender)) {
        facts.sender = render_addr_spec(*address);
    }
    return facts;
}

std::string without_fields(std::string_view section, const std::vector<std::string_view>& names) {
    std::string kept;
    kept.reserve(section.size());
    std::size_t copied = 0;
    mime::HeaderReader reader(section);
    while (const auto field = reader.next()) {
        const bool dropped =
            std::ranges::any_of(names, [&](std::string_view name) { return base::iequals(field->name, name); });
        if (!dropped) continue;
        kept += section.substr(copied, field->offset - copied);
        copied = field->offset + field->size;
    }
    kept += section.substr(copied);
    return kept;
}

}  // namespace server::delivery

// Facts in the order in which they came to be.
#include "server/delivery/story.h"

#include <algorithm>
#include <set>
#include <span>

#include "protocols/base/text.h"
#include "protocols/mime/address.h"

namespace server::delivery {

namespace {

constexpr std::size_t most_authors = 3;

void tell(storage::TraceText& story, std::string_view name, std::string_view value) {
    if (!value.empty()) story.add(name, value);
}

void tell_destinations(storage::TraceText& story, const services::IntakeRecipient& recipient) {
    const storage::ResolvedRecipient& destinations = *recipient.recipient.destinations;
    for (const auto& local : destinations.local) {
        if (!base::iequals(local.account_name, recipient.recipient.address)) story.add("account", local.account_name);
    }
    for (const std::string& address : destinations.remote) story.add("forward", address);
    for (const std::string& address : destinations.missing) story.add("missing", address);
}

// "1@example.org" for "<1@example.org>" and a comment.
std::string_view without_brackets(std::string_view value) {
    const std::size_t begin = value.find('<');
    const std::size_t end = value.find('>', begin == std::string_view::npos ? 0 : begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) return base::trim(value);
    return value.substr(begin + 1, end - begin - 1);
}

}  // namespace

Names names_of(const HeaderFacts& facts) {
    Names names;
    if (facts.message_id) names.message_id = without_brackets(*facts.message_id);
    for (const std::string_view from : facts.from) {
        for (const mime::Address& author : mime::parse_addresses(from, most_authors - names.authors.size())) {
            if (!author.local.empty()) names.authors.push_back(mime::render_addr_spec(author));
        }
    }
    return names;
}

void tell_origin(storage::TraceText& story, const services::IntakeEnvelope& envelope) {
    tell(story, "area", envelope.area);
    tell(story, "session", envelope.session);
    tell(story, "client", envelope.client_address);
    tell(story, "helo", envelope.client_name);
    tell(story, "with", envelope.protocol);
    tell(story, "tls", envelope.tls);
    if (envelope.submitter) tell(story, "user", envelope.submitter->name);
    tell(story, "from", envelope.reverse_path.empty() ? "<>" : envelope.reverse_path);
    tell(story, "wants", bits::word_of(envelope.tls_wish));
}

void tell_recipients(storage::TraceText& story, const services::IntakeEnvelope& envelope, std::size_t most) {
    std::set<const storage::ResolvedRecipient*> told;  // an alias may have a thousand names, and each the same targets
    const std::size_t shown = std::min(most, envelope.recipients.size());
    for (const services::IntakeRecipient& recipient : std::span(envelope.recipients).first(shown)) {
        story.add("to", recipient.recipient.address);
        if (told.insert(&*recipient.recipient.destinations).second) tell_destinations(story, recipient);
    }
    if (shown < envelope.recipients.size()) {
        story.add("others", std::to_string(envelope.recipients.size() - shown));
    }
}

void tell_content(storage::TraceText& story, const Names& names, std::uint64_t octets) {
    tell(story, "message-id", names.message_id);
    for (const std::string& author : names.authors) story.add("author", author);
    story.add("size", std::to_string(octets));
}

}  // namespace server::delivery

// The data for threading. RFC 5256 §3: References, else the first id of In-Reply-To. The summary keeps the ids of only
// one of these fields in one list. If there are several, the header section itself shows whether they came from
// In-Reply-To.
#include "protocols/imap/search/thread_table.h"

#include <optional>
#include <utility>

#include "protocols/imap/search/sort_table.h"
#include "protocols/mime/base_subject.h"
#include "protocols/mime/casemap.h"
#include "protocols/mime/envelope.h"
#include "protocols/mime/header.h"

namespace imap {
namespace {

// The next valid id; "<>" is not.
std::optional<std::string> take_id(std::string_view& value) {
    while (const std::optional<std::string_view> id = mime::take_message_id(value)) {
        std::string normal = mime::normal_message_id(*id);
        if (!normal.empty()) return normal;
    }
    return std::nullopt;
}
std::optional<std::string> take_id(mime::TextCursor& references) {
    while (const std::optional<std::string_view> id = references.next()) {
        std::string normal = mime::normal_message_id(*id);
        if (!normal.empty()) return normal;
    }
    return std::nullopt;
}

// Whether several references are exactly the content of In-Reply-To.
bool stand_in(mime::TextCursor references, std::string_view in_reply_to) {
    std::string_view rest = in_reply_to;
    while (const std::optional<std::string> id = take_id(references)) {
        if (take_id(rest) != id) return false;
    }
    return !take_id(rest);
}

bool has_references(std::string_view header) {
    const std::optional<mime::HeaderField> field = mime::find_field(header, "references");
    if (!field) return false;
    std::string_view value = field->value;
    return take_id(value).has_value();
}

}  // namespace

ThreadTable::ThreadTable(wire::Thread::Algorithm algorithm, Limits limits)
    : algorithm_(algorithm), limits_(std::move(limits)), memory_(limits_.octets, limits_.of_all, limits_.allowance) {
    subjects_.number_of("");
}

std::size_t ThreadTable::octets() const {
    const std::size_t nodes = messages_.size() + ids_.size();
    const std::size_t rows =
        messages_.size() * sizeof(ThreadMessage) + references_.size() * sizeof(references_.front());
    return rows + nodes * threading_octets + subjects_.octets() + ids_.octets();
}

bool ThreadTable::take(const ScannedMessage& scanned) {
    if (!memory_.grow_to(octets())) return false;
    const mime::EnvelopeView envelope = scanned.summary.envelope();
    const mime::BaseSubject subject = mime::base_subject(envelope.subject.value_or(""));
    folded_.clear();
    mime::append_folded(folded_, subject.text);
    ThreadMessage message{.uid = scanned.row.uid.value,
                          .sent_date = sent_date(scanned),
                          .subject = subjects_.number_of(std::string_view(folded_).substr(0, limits_.text_octets)),
                          .is_reply_or_forward = subject.is_reply_or_forward};
    if (algorithm_ == wire::Thread::Algorithm::references) {
        std::string_view value = envelope.message_id.value_or("");
        const std::optional<std::string> id = take_id(value);
        if (id) message.id = ids_.number_of(*id);
        take_references(scanned, envelope);
    }
    message.references_end = static_cast<std::uint32_t>(references_.size());
    messages_.push_back(message);
    return true;
}

void ThreadTable::take_references(const ScannedMessage& scanned, const mime::EnvelopeView& envelope) {
    mime::TextCursor references = scanned.summary.references();
    const std::optional<std::string> first = take_id(references);
    if (!first) return;
    references_.push_back(ids_.number_of(*first));
    if (references.empty()) return;
    const bool doubtful = envelope.in_reply_to && stand_in(scanned.summary.references(), *envelope.in_reply_to);
    if (doubtful && !has_references(scanned.read_header())) return;
    while (const std::optional<std::string> id = take_id(references)) references_.push_back(ids_.number_of(*id));
}

base::Slices ThreadTable::number_all(const TextNumbers& texts, TextNumbers& mine, std::vector<std::uint32_t>& numbers,
                                     base::Pace& pace) {
    constexpr std::size_t steps_of_a_text = 20;
    constexpr std::uint32_t texts_until_counted = 1'000;
    for (std::uint32_t i = 0; i < texts.size(); ++i) {
        if (i % texts_until_counted == 0 && !memory_.grow_to(octets())) co_return;
        numbers.push_back(mine.number_of(texts.text_of(i)));
        co_await pace.step(steps_of_a_text);
    }
}

base::Slices ThreadTable::append(const ThreadTable& behind, base::Pace& pace) {
    memory_.allow_more(behind.limits_.octets);
    const auto shift = static_cast<std::uint32_t>(references_.size());
    std::vector<std::uint32_t> subjects;
    for (auto part = number_all(behind.subjects_, subjects_, subjects, pace); part.go_on();) co_yield base::pause;
    std::vector<std::uint32_t> ids;
    for (auto part = number_all(behind.ids_, ids_, ids, pace); part.go_on();) co_yield base::pause;
    const std::size_t more = behind.messages_.size() * (sizeof(ThreadMessage) + threading_octets) +
                             behind.references_.size() * sizeof(references_.front());
    if (!memory_.grow_to(octets() + more)) co_return;
    messages_.reserve(messages_.size() + behind.messages_.size());
    for (ThreadMessage message : behind.messages_) {
        message.subject = subjects[message.subject];
        if (message.id != ThreadMessage::no_id) message.id = ids[message.id];
        message.references_end += shift;
        messages_.push_back(message);
        co_await pace.step();
    }
    references_.reserve(references_.size() + behind.references_.size());
    for (const std::uint32_t id : behind.references_) {
        references_.push_back(ids[id]);
        co_await pace.step();
    }
}

base::Slices ThreadTable::find_threads(std::vector<wire::ThreadNode>& threads) const {
    if (algorithm_ == wire::Thread::Algorithm::ordered_subject) return thread_by_subject(messages_, threads);
    return thread_by_references(messages_, references_, ids_.size(), threads);
}

Threading::Threading(std::shared_ptr<ThreadTable> lower, std::shared_ptr<const ThreadTable> upper)
    : lower_(std::move(lower)), upper_(std::move(upper)), work_(thread()) {}

base::Slices Threading::thread() {
    std::optional<TableFault> fault = lower_->fault();
    if (!fault) fault = upper_->fault();
    base::Pace pace;
    if (!fault) {
        for (base::Slices part = lower_->append(*upper_, pace); part.go_on();) co_yield base::pause;
        upper_.reset();
        fault = lower_->fault();
    }
    if (fault) {
        threads_ = std::unexpected(*fault);
        co_return;
    }
    for (base::Slices part = lower_->find_threads(*threads_); part.go_on();) co_yield base::pause;
}

}  // namespace imap

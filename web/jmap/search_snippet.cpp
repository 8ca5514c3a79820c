// SearchSnippet/get: RFC 8621 §5.1.
#include "web/jmap/search_snippet.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "protocols/mime/encoded_word.h"
#include "storage/contents.h"
#include "storage/store_await.h"
#include "web/jmap/email.h"
#include "web/jmap/mail/email_filter.h"
#include "web/jmap/mail/snippet.h"

namespace jmap {
namespace {

using storage::Result;
using storage::Snapshot;

constexpr std::size_t preview_octets = 255;                      // §5
constexpr std::size_t subject_octets = 4U << 10;                 // with marks
constexpr std::size_t searched_octets = std::size_t{256} << 10;  // of a body, for the preview

// What is searched for where a snippet is taken from.
struct Terms {
    std::vector<std::string> subject;
    std::vector<std::string> body;
};

void collect(const EmailFilter& filter, Terms& terms) {
    if (filter.kind == FilterOperator::none_of) return;
    for (const EmailFilter& part : filter.conditions) collect(part, terms);
    for (const TextCondition& text : filter.condition.texts) {
        const auto add = [&](std::vector<std::string>& to) {
            to.insert(to.end(), text.terms.begin(), text.terms.end());
        };
        if (text.place == TextPlace::text || text.place == TextPlace::subject) add(terms.subject);
        if (text.place == TextPlace::text || text.place == TextPlace::body) add(terms.body);
    }
}

Json or_null(std::optional<std::string> text) { return text ? Json(*std::move(text)) : Json(); }

// Text by text, until one has a match.
Json preview_of(const mime::SummaryView& summary, const mime::ReadOctets& read, const Terms& terms) {
    if (terms.body.empty()) return {};
    std::string text;
    std::size_t left = searched_octets;
    std::optional<std::string> preview;
    mime::read_body_text(summary, {}, read, [&](mime::TextKind kind, std::string_view piece) {
        if (kind == mime::TextKind::body) text += piece.substr(0, left);
        if (kind == mime::TextKind::body) left -= std::min(left, piece.size());
        if (kind != mime::TextKind::end && left > 0) return false;
        preview = marked(text, terms.body, preview_octets);
        text.clear();
        return preview.has_value() || left == 0;
    });
    return or_null(std::move(preview));
}

struct GotSnippets {
    Json list = Json::array();
    std::vector<std::string> not_found;
};

Json snippet_of(Snapshot& snapshot, const storage::Email& email, const Terms& terms) {
    std::unique_ptr<storage::ContentReader> reader;
    const mime::ReadOctets read = [&](std::uint64_t offset, std::uint64_t length) {
        if (!reader) {
            reader = std::make_unique<storage::ContentReader>(snapshot, std::vector{email.content});
            reader->open(email.content);
        }
        return reader->read(offset, length);
    };
    std::string anew;
    const mime::SummaryView summary(mime::readable_summary(email.summary, read, anew));
    const mime::EnvelopeView envelope = summary.envelope();
    const std::string subject =
        mime::decode_encoded_words(envelope.subject.value_or(std::string_view()), envelope.charset);
    return {{"emailId", email.id},
            {"subject", or_null(marked(subject, terms.subject, subject_octets))},
            {"preview", preview_of(summary, read, terms)}};
}

storage::Query<GotSnippets> get_snippets(storage::EmailAccess access, std::vector<std::string> ids, Terms terms) {
    return [=, ids = std::move(ids), terms = std::move(terms)](Snapshot& snapshot) -> Result<GotSnippets> {
        const auto emails = storage::get_emails(access, ids, true)(snapshot);
        if (!emails) return std::unexpected(emails.error());
        GotSnippets got;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (const std::optional<storage::Email>& email = (*emails)[i]) {
                got.list.push_back(snippet_of(snapshot, *email, terms));
            } else {
                got.not_found.push_back(ids[i]);
            }
        }
        return got;
    };
}

}  // namespace

asio::awaitable<Json> search_snippet_get(Call& call) {
    const CallAccount account = call.account();
    Terms terms;
    if (const Json* filter = call.arguments.object_or_null("filter")) {
        FilterLimits limits;
        const std::function<EmailCondition(const Json&)> read = [&](const Json& json) {
            return read_email_condition(json, call.creation_ids, {});
        };
        collect(read_filter<EmailCondition>(*filter, read, limits), terms);
    }
    const std::vector<std::string> ids = call.arguments.ids_or_null("emailIds").value_or(std::vector<std::string>());
    call.arguments.end();
    if (ids.size() > call.context.limits.objects_in_get) throw MethodError("requestTooLarge");
    storage::Query<GotSnippets> query = get_snippets(email_access(call, account), ids, std::move(terms));
    GotSnippets got = Call::unwrap(co_await call.context.store.read_long(std::move(query)));
    Json not_found = got.not_found.empty() ? Json() : Json(std::move(got.not_found));
    co_return Json{{"accountId", account.id_text}, {"list", std::move(got.list)}, {"notFound", std::move(not_found)}};
}

}  // namespace jmap

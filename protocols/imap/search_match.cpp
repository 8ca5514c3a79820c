// Does a message match? RFC 3501 §6.4.4: dates disregard time and zone, texts are found in what a reader would see.
// Three-valued: a key whose evidence is not at hand is neither true nor false, and what is decided without it stays so.
// BODY is the decoded text parts and the header sections of messages within; TEXT adds the message's own header
// section.
#include "protocols/imap/search_match.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/imap/search_text.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"
#include "protocols/mime/parameter.h"
#include "protocols/mime/summary_view.h"
#include "protocols/mime/transfer_encoding.h"
#include "storage/blobs.h"

namespace imap {
namespace {

using Kind = wire::SearchKey::Kind;
using mime::OctetRange;
using mime::SummaryView;
using storage::Message;
using storage::Result;
using storage::UidSet;

constexpr std::size_t summaries_at_once = 64;
constexpr std::int64_t seconds_a_day = 86'400;

enum class Truth : std::uint8_t { no, yes, unknown };
Truth truth(bool value) { return value ? Truth::yes : Truth::no; }

std::int64_t day_of(std::int64_t unix_seconds, std::int32_t zone_minutes) {
    const std::int64_t local = unix_seconds + std::int64_t{zone_minutes} * 60;
    return local >= 0 ? local / seconds_a_day : (local - seconds_a_day + 1) / seconds_a_day;
}

// What has been read of a message so far.
struct Known {
    storage::Uid uid;
    const Message* row = nullptr;
    const SummaryView* summary = nullptr;
    const std::string* header = nullptr;
    const std::vector<bool>* in_body = nullptr;  // the program's body needles that were found
    const std::vector<bool>* in_text = nullptr;
};

Truth judge_row(const SearchNode& node, const Message& row, std::int64_t now) {
    const auto age = static_cast<std::uint64_t>(std::max<std::int64_t>(0, now - row.internal_date));
    const std::int64_t day = day_of(row.internal_date, row.internal_zone_minutes);
    switch (node.kind) {
        case Kind::flag:
            return truth((row.flags.system & node.flag) != 0);
        case Kind::keyword:
            return truth(!node.never && row.flags.keywords.contains(node.keyword));
        case Kind::before:
            return truth(day < node.day);
        case Kind::on:
            return truth(day == node.day);
        case Kind::since:
            return truth(day >= node.day);
        case Kind::larger:
            return truth(row.size_octets > node.number);
        case Kind::smaller:
            return truth(row.size_octets < node.number);
        case Kind::older:
            return truth(age >= node.number);
        case Kind::younger:
            return truth(age <= node.number);
        case Kind::mod_seq:
            return truth(row.modseq.value >= node.number);
        case Kind::email_id:
            return truth(!node.never && node.email == wire::EmailId{row.blob.value, row.internal_date});
        case Kind::thread_id:
            return Truth::no;
        case Kind::saved_before:
            return truth(day_of(row.saved_at, 0) < node.day);
        case Kind::saved_on:
            return truth(day_of(row.saved_at, 0) == node.day);
        case Kind::saved_since:
            return truth(day_of(row.saved_at, 0) >= node.day);
        default:
            return Truth::unknown;
    }
}

// "Name <local@domain>, …" with encoded words decoded.
std::string address_text(mime::AddressCursor addresses) {
    std::string text;
    while (const std::optional<mime::AddressView> address = addresses.next()) {
        if (address->kind == mime::Address::Kind::group_end) continue;
        if (!text.empty()) text += ", ";
        if (!address->name.empty()) text += mime::decode_encoded_words(address->name) + " ";
        if (address->kind == mime::Address::Kind::group_start) continue;
        text += "<";
        text += address->local;
        if (!address->domain.empty()) {
            text += "@";
            text += address->domain;
        }
        text += ">";
    }
    return text;
}

// A text with no octets asks whether there is such a field at all.
bool field_holds(const std::optional<std::string>& value, std::string_view needle) {
    return value && (needle.empty() || holds(folded(*value), needle));
}

Truth judge_summary(const SearchNode& node, const SummaryView& summary) {
    const mime::EnvelopeView envelope = summary.envelope();
    const auto addresses = [&](const mime::AddressCursor& cursor) {
        return truth(!cursor.empty() && holds(folded(address_text(cursor)), node.text));
    };
    const auto sent_day = [&]() -> std::optional<std::int64_t> {
        const std::optional<mime::DateTime> sent = summary.sent_at();
        if (!sent) return std::nullopt;
        return day_of(sent->unix_seconds, sent->zone_minutes);
    };
    switch (node.kind) {
        case Kind::from:
            return addresses(envelope.from);
        case Kind::to:
            return addresses(envelope.to);
        case Kind::cc:
            return addresses(envelope.cc);
        case Kind::bcc:
            return addresses(envelope.bcc);
        case Kind::subject: {
            std::optional<std::string> subject;
            if (envelope.subject) subject = mime::decode_encoded_words(*envelope.subject);
            return truth(field_holds(subject, node.text));
        }
        case Kind::header: {  // Message-ID
            std::optional<std::string> id;
            if (envelope.message_id) id = std::string(*envelope.message_id);
            return truth(field_holds(id, node.text));
        }
        case Kind::sent_before:
            return truth(sent_day().value_or(INT64_MAX) < node.day);
        case Kind::sent_on:
            return truth(sent_day() == node.day);
        case Kind::sent_since:
            return truth(sent_day().value_or(INT64_MIN) >= node.day);
        default:
            return Truth::unknown;
    }
}

Truth judge_header(const SearchNode& node, const std::string& header) {
    mime::HeaderReader reader(header);
    while (const std::optional<mime::HeaderField> field = reader.next()) {
        if (!base::iequals(field->name, node.name)) continue;
        if (field_holds(mime::decode_encoded_words(field->value), node.text)) return Truth::yes;
    }
    return Truth::no;
}

Truth judge(const SearchNode& node, const Known& known, std::int64_t now);

// AND (every) stops at the first no, OR (either) at the first yes.
Truth judge_children(const SearchNode& node, const Known& known, std::int64_t now, Truth decisive) {
    Truth all = decisive == Truth::no ? Truth::yes : Truth::no;
    for (const SearchNode& child : node.children) {
        const Truth one = judge(child, known, now);
        if (one == decisive) return decisive;
        if (one == Truth::unknown) all = Truth::unknown;
    }
    return all;
}

Truth judge(const SearchNode& node, const Known& known, std::int64_t now) {
    switch (node.kind) {
        case Kind::all:
            return Truth::yes;
        case Kind::every:
            return judge_children(node, known, now, Truth::no);
        case Kind::either:
            return judge_children(node, known, now, Truth::yes);
        case Kind::negation: {
            const Truth inner = judge(node.children.front(), known, now);
            return inner == Truth::unknown ? inner : truth(inner == Truth::no);
        }
        case Kind::message_set:
        case Kind::uid_set:
        case Kind::recent:
            return truth(node.uids.contains(known.uid));
        case Kind::body:
            return known.in_body ? truth((*known.in_body)[node.needle]) : Truth::unknown;
        case Kind::text:
            return known.in_text ? truth((*known.in_text)[node.needle]) : Truth::unknown;
        default:
            break;
    }
    switch (node.evidence) {
        case Evidence::row:
            return known.row ? judge_row(node, *known.row, now) : Truth::unknown;
        case Evidence::summary:
            return known.summary ? judge_summary(node, *known.summary) : Truth::unknown;
        case Evidence::header:
            return known.header ? judge_header(node, *known.header) : Truth::unknown;
        default:
            return Truth::unknown;
    }
}

// A header section as a reader sees it: one line a field, encoded words decoded.
std::string header_text(std::string_view section) {
    std::string text;
    mime::HeaderReader reader(section);
    while (const std::optional<mime::HeaderField> field = reader.next()) {
        text += field->name;
        text += ": ";
        text += mime::decode_encoded_words(field->value);
        text += "\r\n";
    }
    return text;
}

std::string charset_of(mime::ParameterCursor parameters) {
    while (const std::optional<mime::ParameterView> parameter = parameters.next()) {
        if (parameter->name.starts_with("charset")) return mime::decode_parameter(parameter->name, parameter->value);
    }
    return {};
}

class BatchSearch {
  public:
    BatchSearch(storage::MailboxId mailbox, const SearchProgram& program, SearchLimits limits,
                storage::engine::Connection& connection)
        : mailbox_(mailbox), program_(program), limits_(limits), connection_(connection) {}

    Result<SearchBatch> run(const UidSet& targets) {
        SearchBatch batch;
        Result<std::vector<Message>> rows =
            storage::read_messages(mailbox_, targets, false, limits_.messages)(connection_);
        if (!rows) return std::unexpected(rows.error());
        batch.done = rows->size() < limits_.messages ? targets.ranges().back().last : rows->back().uid;

        UidSet undecided;
        for (const Message& row : *rows) {
            const Truth match = judge(program_.root, {.uid = row.uid, .row = &row}, program_.now);
            if (match == Truth::yes) batch.matches.push_back({row.uid, row.modseq});
            if (match == Truth::unknown) undecided.insert(row.uid);
        }
        if (!undecided.empty()) {
            const Result<std::monostate> read_on = look_closer(std::move(undecided), batch);
            if (!read_on) return std::unexpected(read_on.error());
            std::ranges::sort(batch.matches, {}, &SearchMatch::uid);
        }
        return batch;
    }

  private:
    // Judges these by their summaries and, where that is not enough, by their content, until the batch is full.
    Result<std::monostate> look_closer(UidSet undecided, SearchBatch& batch) {
        const storage::Uid end = batch.done;
        while (!undecided.empty()) {
            const Result<std::vector<Message>> rows =
                storage::read_messages(mailbox_, undecided, true, summaries_at_once)(connection_);
            if (!rows) return std::unexpected(rows.error());
            for (const Message& row : *rows) {
                if (closer_match(row)) batch.matches.push_back({row.uid, row.modseq});
                if (octets_ < limits_.octets) continue;
                batch.done = row.uid;
                std::erase_if(batch.matches, [&](const SearchMatch& match) { return match.uid > row.uid; });
                return {};
            }
            if (rows->size() < summaries_at_once || rows->back().uid >= end) return {};
            UidSet rest;
            rest.insert(storage::Uid{rows->back().uid.value + 1}, end);
            undecided = undecided.intersected(rest);
        }
        return {};
    }

    bool closer_match(const Message& row) {
        octets_ += row.summary.size();
        const SummaryView summary(row.summary);
        Known known{.uid = row.uid, .row = &row, .summary = &summary};
        Truth match = judge(program_.root, known, program_.now);
        if (match != Truth::unknown) return match == Truth::yes;

        const std::string header =
            read(row.blob, {0, std::min<std::uint64_t>(summary.header_octets(), program_.header_octets)});
        known.header = &header;
        match = judge(program_.root, known, program_.now);
        if (match != Truth::unknown) return match == Truth::yes;

        std::vector<bool> in_body(program_.body_needles.size());
        std::vector<bool> in_text(program_.text_needles.size());
        TextScanner body(program_.body_needles, in_body);
        TextScanner text(program_.text_needles, in_text);
        text.feed(header_text(header));
        text.finish();
        scan(row.blob, summary.root(), body, text);
        known.in_body = &in_body;
        known.in_text = &in_text;
        return judge(program_.root, known, program_.now) == Truth::yes;
    }

    void scan(storage::BlobId blob, const mime::PartView& part, TextScanner& body, TextScanner& text) {
        if (body.all_found() && text.all_found()) return;
        if (part.kind == mime::PartKind::single) {
            if (part.type == "text") scan_text(blob, part, body, text);
            return;
        }
        mime::PartCursor children = part.children;
        while (const std::optional<mime::PartView> child = children.next()) {
            if (part.kind == mime::PartKind::message) {
                const OctetRange header = child->header();
                const std::string decoded = header_text(
                    read(blob, {header.offset, std::min<std::uint64_t>(header.size, program_.header_octets)}));
                feed(decoded, body, text);
                finish(body, text);
            }
            scan(blob, *child, body, text);
        }
    }

    void scan_text(storage::BlobId blob, const mime::PartView& part, TextScanner& body, TextScanner& text) {
        const mime::TransferEncoding encoding = mime::parse_transfer_encoding(part.encoding);
        mime::TextDecoder decoder(encoding, charset_of(part.parameters));
        std::string decoded;
        for (OctetRange rest = part.body(); rest.size > 0 && !(body.all_found() && text.all_found());) {
            const std::string chunk =
                read(blob, {rest.offset, std::min<std::uint64_t>(rest.size, limits_.chunk_octets)});
            if (chunk.empty()) break;
            rest.offset += chunk.size();
            rest.size -= chunk.size();
            decoded.clear();
            decoder.feed(chunk, decoded);
            if (rest.size == 0) decoder.finish(decoded);
            feed(decoded, body, text);
        }
        finish(body, text);
    }

    static void feed(std::string_view utf8, TextScanner& body, TextScanner& text) {
        body.feed(utf8);
        text.feed(utf8);
    }
    static void finish(TextScanner& body, TextScanner& text) {
        body.finish();
        text.finish();
    }

    std::string read(storage::BlobId blob, OctetRange range) {
        if (range.size == 0) return {};
        Result<std::string> octets = storage::read_blob(blob, range.offset, range.size)(connection_);
        if (!octets) throw std::runtime_error("content of a message is missing: " + octets.error().text);
        octets_ += octets->size();
        return std::move(*octets);
    }

    storage::MailboxId mailbox_;
    const SearchProgram& program_;
    SearchLimits limits_;
    storage::engine::Connection& connection_;
    std::size_t octets_ = 0;
};

}  // namespace

bool matches_uid(const SearchNode& node, storage::Uid uid) { return judge(node, {.uid = uid}, 0) == Truth::yes; }

storage::Query<SearchBatch> search_batch(storage::MailboxId mailbox, std::shared_ptr<const SearchProgram> program,
                                         UidSet targets, SearchLimits limits) {
    return [mailbox, program = std::move(program), targets = std::move(targets),
            limits](storage::engine::Connection& connection) {
        return BatchSearch(mailbox, *program, limits, connection).run(targets);
    };
}

}  // namespace imap

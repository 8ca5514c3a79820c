// Reading mail: the mailbox list, a message, its parts. protocols/mime parses parts.
#include <algorithm>
#include <memory>

#include "protocols/base/text.h"
#include "protocols/mime/date_time.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"
#include "protocols/mime/parameter.h"
#include "protocols/mime/summary_view.h"
#include "protocols/mime/transfer_encoding.h"
#include "storage/blobs.h"
#include "storage/messages.h"
#include "storage/pop3_marks.h"
#include "storage/store_await.h"
#include "web/pages.h"
#include "web/routes.h"

namespace web {
namespace {

constexpr std::uint64_t piece_octets = 192u << 10;  // of a part, read at a time
constexpr std::size_t max_parts_shown = 100;

std::string decoded(std::optional<std::string_view> value) {
    return value ? mime::decode_encoded_words(*value) : std::string();
}

std::string address_text(const mime::AddressView& address) {
    if (address.kind == mime::Address::Kind::group_start) return mime::decode_encoded_words(address.name) + ":";
    if (address.kind == mime::Address::Kind::group_end) return ";";
    const std::string spec =
        std::string(address.local) + (address.domain.empty() ? "" : "@" + std::string(address.domain));
    return address.name.empty() ? spec : mime::decode_encoded_words(address.name) + " <" + spec + ">";
}

std::string address_list(mime::AddressCursor cursor) {
    std::string out;
    while (const auto address = cursor.next()) {
        if (!out.empty() && address->kind != mime::Address::Kind::group_end) out += ", ";
        out += address_text(*address);
    }
    return out;
}

std::string addr_spec(mime::AddressCursor cursor) {
    const auto address = cursor.next();
    return address ? std::string(address->local) + "@" + std::string(address->domain) : std::string();
}

std::string date_text(const mime::SummaryView& summary, std::int64_t internal_date) {
    return mime::render_date_time(summary.sent_at().value_or(mime::DateTime{internal_date, 0}));
}

ListedMessage list_line(const storage::Message& message) {
    const mime::SummaryView summary(message.summary);
    const mime::EnvelopeView envelope = summary.envelope();
    return {.uid = message.uid,
            .seen = (message.flags.system & storage::system_flag::seen) != 0,
            .from = address_list(envelope.from),
            .subject = decoded(envelope.subject),
            .date = date_text(summary, message.internal_date)};
}

std::string parameter_of(mime::ParameterCursor cursor, std::string_view name) {
    while (const auto one = cursor.next()) {
        std::string_view base_name = one->name;
        if (base_name.ends_with('*')) base_name.remove_suffix(1);
        if (base_name == name) return mime::decode_parameter(one->name, one->value);
    }
    return {};
}

std::string file_name(const mime::PartView& part) {
    std::string name = parameter_of(part.disposition_parameters, "filename");
    if (name.empty()) name = parameter_of(part.parameters, "name");
    return name.empty() ? std::string(part.type) + "/" + std::string(part.subtype) : name;
}

// Types that a browser may show as an image without running anything (SVG may have scripts).
bool is_plain_image(const mime::PartView& part) {
    return part.type == "image" &&
           (part.subtype == "png" || part.subtype == "jpeg" || part.subtype == "gif" || part.subtype == "webp");
}

struct Leaf {
    std::string number;
    mime::PartView part;
};

bool is_text(const mime::PartView& part, std::string_view subtype) {
    const bool attached = part.disposition && base::iequals(*part.disposition, "attachment");
    return part.type == "text" && part.subtype == subtype && !attached;
}

// The leaves to show, in order; of alternatives the plain text if there is one (RFC 2046 §5.1.4), else the last one.
void collect_leaves(const mime::PartView& part, const std::string& number, std::vector<Leaf>& leaves) {
    if (leaves.size() >= max_parts_shown) return;
    if (part.kind != mime::PartKind::multipart) {
        leaves.push_back({number.empty() ? "1" : number, part});
        return;
    }
    std::vector<Leaf> children;
    mime::PartCursor cursor = part.children;
    for (unsigned index = 1; auto child = cursor.next(); ++index) {
        children.push_back({(number.empty() ? "" : number + ".") + std::to_string(index), *child});
    }
    if (part.subtype == "alternative" && !children.empty()) {
        const auto plain = std::ranges::find_if(children, [](const Leaf& leaf) { return is_text(leaf.part, "plain"); });
        const Leaf chosen = plain != children.end() ? *plain : children.back();
        return collect_leaves(chosen.part, chosen.number, leaves);
    }
    for (const Leaf& child : children) collect_leaves(child.part, child.number, leaves);
}

std::optional<std::vector<std::uint32_t>> parse_part_number(std::string_view text) {
    std::vector<std::uint32_t> numbers;
    while (!text.empty() && numbers.size() < 64) {
        const auto dot = text.find('.');
        const auto number = base::parse_number<std::uint32_t>(text.substr(0, dot));
        if (!number) return std::nullopt;
        numbers.push_back(*number);
        text = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
    }
    return numbers;
}

// Decodes a part in pieces.
struct PartSource {
    storage::SessionStore store;
    storage::Access access;
    storage::BlobId blob;
    std::uint64_t offset;
    std::uint64_t end;
    mime::TransferDecoder decoder;

    // The next decoded octets; nullopt at the end.
    asio::awaitable<std::optional<std::string>> next() {
        if (offset >= end) co_return std::nullopt;
        const std::uint64_t length = std::min(piece_octets, end - offset);
        storage::Result<std::string> stored = co_await store.read(storage::read_content(access, blob, offset, length));
        if (!stored || stored->empty()) co_return std::nullopt;
        offset += stored->size();
        std::string out;
        decoder.feed(*stored, out);
        if (offset >= end) decoder.finish(out);
        co_return out;
    }
};

// A message, and how it was reached.
struct FoundMessage {
    storage::Access access;
    storage::Message message;
};

PartSource open_part(const storage::SessionStore& store, const FoundMessage& found, const mime::PartView& part) {
    return {.store = store,
            .access = found.access,
            .blob = found.message.blob,
            .offset = part.body_offset,
            .end = part.body_end,
            .decoder = mime::TransferDecoder(mime::parse_transfer_encoding(part.encoding))};
}

// The text of a part as UTF-8, at most max_octets; cut: there is more.
asio::awaitable<std::string> read_text(PartSource source, std::string charset, std::size_t max_octets, bool& cut) {
    std::string text;
    mime::CharsetDecoder decoder(charset.empty() ? "us-ascii" : charset);
    while (text.size() <= max_octets) {
        std::optional<std::string> piece = co_await source.next();
        if (!piece) {
            decoder.finish(text);
            co_return text;
        }
        decoder.feed(*piece, text);
    }
    cut = true;
    while (text.size() > max_octets || (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80))
        text.pop_back();
    co_return text;
}

// The next piece of a text part as UTF-8; nullopt at its end.
asio::awaitable<std::optional<std::string>> next_text(std::shared_ptr<PartSource> source,
                                                      std::shared_ptr<mime::CharsetDecoder> charset) {
    std::optional<std::string> piece = co_await source->next();
    std::string text;
    if (piece) {
        charset->feed(*piece, text);
        co_return text;
    }
    charset->finish(text);
    if (text.empty()) co_return std::nullopt;
    co_return text;
}

std::optional<storage::MailboxId> mailbox_id(const Request& request) {
    const auto number = base::parse_number<std::uint32_t>(field(request.query, "mailbox"));
    return number ? std::optional(storage::MailboxId{*number}) : std::nullopt;
}

// The mailbox that the request names; INBOX if it names none.
const storage::Mailbox* choose(const std::vector<storage::Mailbox>& mailboxes, const Request& request) {
    const auto wanted = mailbox_id(request);
    const auto found = std::ranges::find_if(mailboxes, [&](const storage::Mailbox& mailbox) {
        return wanted ? mailbox.id == *wanted : mailbox.name == "INBOX";
    });
    return found == mailboxes.end() ? nullptr : &*found;
}

// The message named by the query, if it is in a mailbox of this account.
asio::awaitable<storage::Result<FoundMessage>> find_message(storage::SessionStore store, const Request& request,
                                                            storage::AccountId account) {
    const auto none = [] {
        return storage::refuse(storage::Reason::no_such_message, "That message is not there any more.");
    };
    const auto id = mailbox_id(request);
    const auto uid = base::parse_number<std::uint32_t>(field(request.query, "uid"));
    if (!id || !uid) co_return none();
    const storage::Access access(*id, account);
    storage::Result<storage::Mailbox> mailbox = co_await store.read(storage::get_mailbox(access));
    if (!mailbox && mailbox.error().reason == storage::Reason::logged_out) co_return std::unexpected(mailbox.error());
    if (!mailbox || mailbox->account != account) co_return none();
    storage::Result<std::vector<storage::Message>> rows =
        co_await store.read(storage::read_messages(access, storage::UidSet{storage::Uid{*uid}}, true, 1));
    if (!rows) co_return std::unexpected(rows.error());
    if (rows->empty()) co_return none();
    co_return FoundMessage{.access = access, .message = std::move(rows->front())};
}

std::string header_value(std::string_view section, std::string_view name) {
    const auto found = mime::find_field(section, name);
    return found ? mime::unfold(found->value) : std::string();
}

// The type of a part for the browser: nothing that it could run.
std::string safe_type(const mime::PartView& part) {
    if (is_plain_image(part)) return std::string(part.type) + "/" + std::string(part.subtype);
    return part.type == "text" ? "text/plain; charset=utf-8" : "application/octet-stream";
}

}  // namespace

asio::awaitable<Response> Site::show_mailbox(const Request& request, const LoginSession& session) {
    const storage::SessionStore store = store_of(session);
    storage::Result<std::vector<storage::Mailbox>> mailboxes =
        co_await store.read(storage::list_mailboxes(session.identity.account));
    if (!mailboxes) co_return refused(mailboxes.error());
    const storage::Mailbox* mailbox = choose(*mailboxes, request);
    if (mailbox == nullptr) co_return plain_error(404, "There is no such mailbox.\n");
    const storage::Access access(mailbox->id, session.identity.account);
    storage::Result<storage::MailboxView> view = co_await store.read(storage::view_mailbox(access));
    if (!view) co_return refused(view.error());

    // The newest page_size UIDs below `before`.
    const auto before = base::parse_number<std::uint32_t>(field(request.query, "before")).value_or(UINT32_MAX);
    storage::UidSet wanted;
    std::size_t missing = options_.messages_per_page;
    for (auto range = view->uids.ranges().rbegin(); range != view->uids.ranges().rend() && missing > 0; ++range) {
        for (std::uint32_t uid = std::min(range->last.value, before - 1); uid >= range->first.value && missing > 0;
             --uid, --missing) {
            wanted.insert(storage::Uid{uid});
        }
    }
    storage::Result<std::vector<storage::Message>> rows =
        co_await store.read(storage::read_messages(access, wanted, true, options_.messages_per_page));
    if (!rows) co_return refused(rows.error());
    MailboxPage page{
        .session = session, .mailboxes = *mailboxes, .mailbox = *mailbox, .messages = {}, .next_before = {}};
    const storage::Result<storage::MaildropUse> use = co_await store.read(storage::maildrop_use(mailbox->id));
    for (auto row = rows->rbegin(); row != rows->rend(); ++row) {
        page.messages.push_back(list_line(*row));
        page.messages.back().leaving = use && use->marked.contains(row->uid);
    }
    if (!rows->empty() && !view->uids.empty() && rows->front().uid > view->uids.ranges().front().first) {
        page.next_before = rows->front().uid;
    }
    co_return render(page);
}

asio::awaitable<Response> Site::show_message(const Request& request, const LoginSession& session) {
    const storage::SessionStore store = store_of(session);
    storage::Result<FoundMessage> found = co_await find_message(store, request, session.identity.account);
    if (!found) co_return refused(found.error());
    const storage::Message& message = found->message;
    storage::NamedFlags seen{.system = storage::system_flag::seen, .keywords = {}};
    storage::Result<storage::FlagChange> marked = co_await store.write(
        storage::change_flags(found->access, storage::UidSet{message.uid}, storage::FlagEdit::add, std::move(seen)));
    if (!marked) co_return refused(marked.error());
    storage::Result<std::vector<storage::Mailbox>> mailboxes =
        co_await store.read(storage::list_mailboxes(session.identity.account));
    if (!mailboxes) co_return refused(mailboxes.error());
    const storage::Mailbox* mailbox = choose(*mailboxes, request);
    if (mailbox == nullptr) co_return plain_error(404, "There is no such mailbox.\n");

    const mime::SummaryView summary(message.summary);
    const mime::EnvelopeView envelope = summary.envelope();
    storage::Result<std::string> header = co_await store.read(storage::read_content(
        found->access, message.blob, 0, std::min<std::uint64_t>(summary.header_octets(), 256u << 10)));
    if (!header) co_return refused(header.error());
    const std::string return_path = header_value(*header, "Return-Path");
    MessagePage page{
        .session = session,
        .mailboxes = *mailboxes,
        .mailbox = *mailbox,
        .uid = message.uid,
        .subject = decoded(envelope.subject),
        .fields = {{"From", address_list(envelope.from)},
                   {"To", address_list(envelope.to)},
                   {"Cc", address_list(envelope.cc)},
                   {"Date", date_text(summary, message.internal_date)}},
        .envelope_sender = return_path,
        .envelope_differs = !return_path.empty() && !base::iequals(return_path, "<" + addr_spec(envelope.from) + ">"),
        .parts = {},
        .reply_to = address_list(envelope.reply_to)};
    std::vector<Leaf> leaves;
    collect_leaves(summary.root(), "", leaves);
    std::size_t room = options_.max_shown_octets;
    for (const Leaf& leaf : leaves) {
        ShownPart shown{.kind = ShownPart::Kind::attachment,
                        .number = leaf.number,
                        .text = {},
                        .name = file_name(leaf.part),
                        .size_octets = leaf.part.size_octets()};
        if (is_text(leaf.part, "html")) {
            shown.kind = ShownPart::Kind::html;
        } else if (is_plain_image(leaf.part)) {
            shown.kind = ShownPart::Kind::image;
        } else if (is_text(leaf.part, "plain")) {
            shown.kind = ShownPart::Kind::text;
            shown.text = co_await read_text(open_part(store, *found, leaf.part),
                                            parameter_of(leaf.part.parameters, "charset"), room, shown.cut);
            room -= shown.text.size();
        }
        page.parts.push_back(std::move(shown));
    }
    co_return render(page);
}

asio::awaitable<Response> Site::send_part(const Request& request, const LoginSession& session) {
    const storage::SessionStore store = store_of(session);
    storage::Result<FoundMessage> found = co_await find_message(store, request, session.identity.account);
    if (!found) co_return refused(found.error());
    const auto number = parse_part_number(field(request.query, "part"));
    if (!number) co_return plain_error(404, "There is no such part.\n");
    const mime::SummaryView summary(found->message.summary);
    const auto part = mime::find_part(summary, *number);
    if (!part || part->kind == mime::PartKind::multipart) co_return plain_error(404, "There is no such part.\n");

    Response response{.content_type = safe_type(*part), .body = {}, .headers = {}};
    const bool shown_inline = is_plain_image(*part) || part->type == "text";
    response.headers.emplace_back("Content-Disposition",
                                  (shown_inline ? "inline; filename*=UTF-8''" : "attachment; filename*=UTF-8''") +
                                      percent_encode(file_name(*part)));
    response.headers.emplace_back("Content-Security-Policy", "sandbox; default-src 'none'");
    response.headers.emplace_back("Cache-Control", "no-store");
    auto source = std::make_shared<PartSource>(open_part(store, *found, *part));
    if (part->type == "text") {
        auto charset = std::make_shared<mime::CharsetDecoder>(parameter_of(part->parameters, "charset"));
        response.stream = [source, charset] { return next_text(source, charset); };
    } else {
        response.stream = [source] { return source->next(); };
    }
    co_return response;
}

asio::awaitable<Response> Site::send_html(const Request& request, const LoginSession& session) {
    const storage::SessionStore store = store_of(session);
    storage::Result<FoundMessage> found = co_await find_message(store, request, session.identity.account);
    if (!found) co_return refused(found.error());
    const auto number = parse_part_number(field(request.query, "part"));
    if (!number) co_return plain_error(404, "There is no such part.\n");
    const mime::SummaryView summary(found->message.summary);
    const auto part = mime::find_part(summary, *number);
    if (!part || part->type != "text" || part->subtype != "html")
        co_return plain_error(404, "There is no such part.\n");
    bool cut = false;
    std::string text = co_await read_text(open_part(store, *found, *part), parameter_of(part->parameters, "charset"),
                                          8 * options_.max_shown_octets, cut);
    co_return Response{
        .body = std::move(text),
        .headers = {{"Content-Security-Policy", std::string(message_policy)}, {"Cache-Control", "no-store"}},
        .stream = {}};
}

}  // namespace web

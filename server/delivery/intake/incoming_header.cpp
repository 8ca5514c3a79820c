// The header section of an incoming message: judged, and completed as RFC 6409 §8 allows; the trace fields before it.
#include "protocols/base/text.h"
#include "protocols/mime/address.h"
#include "protocols/mime/date_time.h"
#include "protocols/mime/header.h"
#include "server/delivery/intake/authors.h"
#include "server/delivery/intake/incoming_message.h"
#include "server/delivery/trace.h"

namespace server::delivery {

using storage::Reason;
using storage::Result;

asio::awaitable<Result<std::monostate>> IncomingMessage::begin_content() {
    begun_ = true;
    HeaderFacts facts = examine_header(header_.section());
    // An existing Return-Path is forged or stale: only ours counts (RFC 5321 §4.4).
    std::vector<std::string_view> unwanted{"Return-Path"};
    if (envelope_.submitter) {
        unwanted.insert(unwanted.end(), {"Bcc", "Resent-Bcc"});
        for (const std::string_view name : malformed_fields(facts)) {
            unwanted.push_back(name);
            if (name == "Date") facts.date.clear();
            if (name == "Message-ID") facts.message_id.reset();
        }
    }
    names_ = names_of(facts);
    list_id_ = list_identifier(facts.list);
    author_ = author_of(facts, envelope_.reverse_path);
    automatic_ = automatic_fault(facts.list);
    if (names_.message_id.empty() && adds_fields(facts)) names_.message_id = id_ + "@" + options_->hostname;
    if (facts.received > options_->received_fields) {
        co_return over("limits.received_fields", Reason::mail_loop, "too many hops: the message goes round in circles");
    }
    if (header_.too_large()) {
        co_return over("limits.header_size", Reason::too_large,
                       "header section exceeds " + std::to_string(options_->header_octets) + " octets");
    }
    // The parameter of MAIL outranks it (RFC 8689 §4.1).
    if (envelope_.tls_wish == bits::TlsWish::by_policy && says_tls_optional(facts))
        envelope_.tls_wish = bits::TlsWish::optional;
    if (envelope_.submitter) {
        Done authors = co_await check_authors(facts);
        if (!authors) co_return authors;
    }
    Done may = leave_out_loops(facts);
    if (may && !list_.empty()) may = co_await check_list(facts);
    if (!may) co_return may;
    co_await begin_judging();
    std::string traced;
    const std::string sender = list_.empty() ? envelope_.reverse_path : owner_address(list_);
    if (has_local_recipients()) traced += return_path_field(sender);
    traced += received_field(envelope_, {options_->hostname, id_, now_});
    std::string content = list_.empty() ? "" : list_fields(list_);
    content += fields_to_add(facts);
    const bool blank_line = mime::classify_header_line(header_.section()) == mime::HeaderLine::blank;
    if (facts.fields == 0 && (header_.section().empty() || !blank_line)) content += "\r\n";
    if (!list_.empty()) unwanted.insert(unwanted.end(), list_field_names().begin(), list_field_names().end());
    content += without_fields(header_.section(), unwanted, envelope_.submitter ? "" : options_->hostname);
    // Where a submission forgot it: not every reader would see that its header section ends here.
    if (envelope_.submitter && facts.fields != 0 && !header_.has_blank_line()) {
        content += content.ends_with("\r\n") ? "\r\n" : "\r\n\r\n";
    }
    const std::string body_start = header_.body_start();
    header_.clear();
    if (wants_success(envelope_) || may_leave_out(envelope_) || !looped_.empty()) header_section_ = traced + content;
    Done done;
    if (envelope_.binary_mime) {
        binary_ = std::make_unique<mime::BinaryConverter>(options_->summary);
        binary_->examine(content);
    }
    if (is_spooled()) {
        trace_fields_ = std::move(traced);
        fields_ = std::move(content);
    } else {
        content.insert(0, traced);
        done = co_await put(content);
    }
    if (done && !body_start.empty()) done = co_await put_body(body_start);
    co_return done;
}

// The authors of a submission must be addresses of the submitter: local users must not be able to pose as each other.
asio::awaitable<Result<std::monostate>> IncomingMessage::check_authors(const HeaderFacts& facts) {
    if (!options_->check_from_header) co_return std::monostate{};
    if (header_.irregular()) {
        co_return storage::refuse(Reason::not_permitted, "in the header section is a line that is no field");
    }
    const Claims claims = claims_of(facts, options_->summary.addresses);
    if (!claims.fault.empty()) co_return storage::refuse(Reason::not_permitted, claims.fault);
    for (const std::string& address : claims.own) {
        const Result<bool> own = co_await is_own(address);
        if (!own) co_return std::unexpected(own.error());
        if (!*own) co_return storage::refuse(Reason::not_permitted, "From: " + address + " is not an address of yours");
    }
    for (const std::string& address : claims.mentioned) {
        const Result<bool> anothers = co_await is_anothers(address);
        if (!anothers) co_return std::unexpected(anothers.error());
        if (*anothers)
            co_return storage::refuse(Reason::not_permitted, "From: " + address + " is somebody else's here");
    }
    co_return std::monostate{};
}

asio::awaitable<Result<bool>> IncomingMessage::is_own(const std::string& address) {
    if (base::iequals(address, envelope_.submitter->name)) co_return true;
    if (!envelope_.reverse_path.empty() && base::iequals(address, envelope_.reverse_path)) co_return true;  // MAIL did
    const Result<bool> own = co_await house_.directory.may_send_as(envelope_.submitter->account, address);
    co_return own;
}

// Whether it leads to another account here, or elsewhere by an alias of ours that is not the submitter's.
asio::awaitable<Result<bool>> IncomingMessage::is_anothers(const std::string& address) {
    const Result<services::Recipient> found = co_await house_.directory.resolve(address);
    if (!found && found.error().reason == Reason::no_such_account) co_return false;
    if (!found) co_return std::unexpected(found.error());
    if (!found->ours) co_return false;
    const Result<bool> own = co_await is_own(address);
    if (!own) co_return own;
    co_return !*own;
}

bool IncomingMessage::adds_fields(const HeaderFacts& facts) const {
    return envelope_.submitter.has_value() || facts.fields == 0;
}

// RFC 6409 §8 for submissions; also for a message without any header, so that clients can show and sort it.
std::string IncomingMessage::fields_to_add(const HeaderFacts& facts) const {
    if (!adds_fields(facts)) return "";
    std::string added;
    const std::string date = mime::render_date_time({now_, 0});
    const std::string message_id = "<" + id_ + "@" + options_->hostname + ">";
    if (facts.date.empty()) added += "Date: " + date + "\r\n";
    if (!facts.message_id) added += "Message-ID: " + message_id + "\r\n";
    if (facts.resent() && !facts.resent_date) added += "Resent-Date: " + date + "\r\n";
    if (facts.resent() && !facts.resent_message_id) added += "Resent-Message-ID: " + message_id + "\r\n";
    const std::string author = envelope_.submitter ? envelope_.submitter->name : envelope_.reverse_path;
    const bool shown = author.find_first_of("\r\n<>") == std::string::npos && !author.empty();
    if (facts.from.empty() && shown) added += "From: <" + author + ">\r\n";
    const bool several = !facts.from.empty() && mime::parse_addresses(facts.from.front(), 2).size() > 1;
    if (envelope_.submitter && !facts.resent() && several && facts.sender.empty() && shown) {
        added += "Sender: <" + author + ">\r\n";  // RFC 5322 §3.6.2
    }
    return added;
}

}  // namespace server::delivery

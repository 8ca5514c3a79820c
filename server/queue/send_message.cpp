// Sends one message over one connection. RFC 5321 §4.4: without the Return-Path line. RFC 6152 §3: for a server without
// 8BITMIME our own users' mail is encoded, and other mail sent unchanged: most such servers accept it (CLIENTS.md 20).
// What is ours is signed (signing.h). A message that has none of that is read once, while it is sent; a signed one
// twice; what is in one piece is read from the store once.
#include "server/queue/send_message.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "protocols/dns/resolver.h"
#include "protocols/mailauth/dkim_signer.h"
#include "protocols/mime/header_end.h"
#include "protocols/mime/part.h"
#include "protocols/mime/seven_bit.h"
#include "server/delivery/trace.h"
#include "server/queue/fitting.h"
#include "storage/blobs.h"
#include "storage/store_await.h"

namespace server::queue {
namespace {

constexpr std::size_t most_header_octets = 256u << 10;  // of a message that is signed
constexpr std::size_t most_line_octets = 999;           // with its CR

// Reads the content one chunk ahead.
struct Content {
    storage::Store* store;
    storage::BlobId blob;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::shared_ptr<const std::string> beginning{};  // of the content, as far as it has been read
    std::string front{};                             // sent before all, as it is
    std::string prefix{};                            // still to be sent before the rest
    std::string chunk{};
    std::optional<mime::SevenBitEncoder> encoder{};

    // Empty at its end. If an encoder gives nothing for a chunk, the next one is read.
    asio::awaitable<std::string_view> next() {
        if (!front.empty()) {
            chunk = std::exchange(front, {});
            co_return chunk;
        }
        while (offset < size) {
            std::string some = std::exchange(prefix, {});
            if (offset < beginning->size()) {
                some += std::string_view(*beginning).substr(offset);
                offset = beginning->size();
            } else {
                storage::Result<std::string> read =
                    co_await store->read(storage::read_blob(blob, offset, chunk_octets));
                if (!read || read->empty()) throw std::runtime_error("the content of a queued message is gone");
                offset += read->size();
                some = some.empty() ? *std::move(read) : some + *read;
            }
            if (!encoder) {
                chunk = std::move(some);
                co_return chunk;
            }
            chunk.clear();
            encoder->feed(some, chunk);
            if (offset >= size) encoder->finish(chunk);
            if (!chunk.empty()) co_return chunk;
        }
        co_return std::string_view();
    }
};

// Splits what is sent into header section and body, and looks at every octet.
class Reading {
  public:
    void feed(std::string_view octets) {
        size_ += octets.size();
        for (const char c : octets) {
            if (static_cast<unsigned char>(c) > 127) plain_ = false;
            if ((c == '\n') != after_cr_) has_bare_line_end_ = true;
            after_cr_ = c == '\r';
            line_octets_ = c == '\n' ? 0 : line_octets_ + 1;
            if (line_octets_ > most_line_octets) plain_ = false;
        }
        if (signer_) return signer_->feed(octets);
        if (too_long_) return;
        header_ += octets;
        if (const std::size_t end = blank_line(); end != 0) return begin_body(end);
        too_long_ = header_.size() > most_header_octets;
    }
    // The signer of all that was fed; nullopt: its header section is too long to be signed.
    std::optional<mailauth::DkimSigner> take_signer() {
        if (!signer_ && !too_long_) begin_body(header_.size());
        return std::move(signer_);
    }
    // Neither 8-bit octets nor lines that are too long (RFC 5321 §4.5.3.1.6).
    bool plain() const { return plain_; }
    std::uint64_t size() const { return size_; }
    // A CR or LF alone, which the client corrects: a signature would not hold.
    bool has_bare_line_end() const { return has_bare_line_end_ || after_cr_; }

  private:
    // Where the body begins; 0: not here yet.
    std::size_t blank_line() {
        const std::size_t found = header_.find("\r\n\r\n", searched_);
        searched_ = header_.size() - std::min<std::size_t>(header_.size(), 3);
        return found == std::string::npos ? 0 : found + 4;
    }
    void begin_body(std::size_t end) {
        signer_.emplace(std::string_view(header_).substr(0, end));
        signer_->feed(std::string_view(header_).substr(end));
        header_.clear();
    }

    std::optional<mailauth::DkimSigner> signer_;
    std::string header_;
    std::size_t searched_ = 0;
    std::size_t line_octets_ = 0;  // of the current line, CR included
    std::uint64_t size_ = 0;
    bool too_long_ = false;
    bool plain_ = true;
    bool after_cr_ = false;
    bool has_bare_line_end_ = false;
};

class Sending {
  public:
    Sending(storage::Store& store, services::EventLog& log, Connected& connected, const storage::QueueMessage& message,
            std::string beginning, Signing& signing)
        : store_(store),
          log_(log),
          client_(*connected.client),
          requiretls_(says_requiretls(connected, message)),
          message_(message),
          signing_(signing),
          beginning_(std::make_shared<const std::string>(std::move(beginning))) {}

    asio::awaitable<smtp::SendResult> run() {
        if (beginning_->empty()) throw std::runtime_error("the content of a queued message is gone");
        skipped_ = delivery::return_path_octets(*beginning_);
        size_ = message_.prefix.size() + message_.size_octets - skipped_;
        if (Signing::is_ours(message_)) co_await sign();
        co_await examine();
        Fitted fitted = fit(message_, client_.peer(), headers_are_ascii_);
        fitted.message.size_octets = size_;
        fitted.message.requiretls = requiretls_;
        if (!changes_.empty()) fitted.message.eight_bit_mime = false;
        smtp::SendResult result;
        if (!fitted.recipients.empty()) {
            Content content = from_beginning();
            smtp::OpenContent open_content = [&] {
                content = from_beginning();
                content.front = fields_;
                return smtp::NextChunk([&content] { return content.next(); });
            };
            result = co_await client_.send(std::move(fitted.message), std::move(open_content));
        }
        for (std::size_t i = 0; i < fitted.recipients.size(); ++i)
            fitted.outcomes[fitted.recipients[i]] = std::move(result.recipients[i]);
        result.recipients.clear();
        for (std::optional<smtp::Outcome>& outcome : fitted.outcomes) result.recipients.push_back(*std::move(outcome));
        co_return result;
    }

  private:
    Content from_beginning() const {
        Content content{.store = &store_,
                        .blob = message_.blob,
                        .offset = skipped_,
                        .size = message_.size_octets,
                        .beginning = beginning_,
                        .prefix = message_.prefix};
        if (!changes_.empty()) content.encoder.emplace(changes_, dns::to_a_labels);
        return content;
    }

    // What we sign must stay as it is on its whole way, and some later server may lack 8BITMIME: so our own users' mail
    // is encoded before (RFC 6376 §5.3), whatever this server takes. What somebody else has written and we send on is
    // signed as it is.
    asio::awaitable<void> sign() {
        if (const std::shared_ptr<const SignedForm> known = signing_.find(form())) {
            fields_ = known->fields;
            changes_ = known->changes;
            size_ = known->size_octets;
            headers_are_ascii_ = known->headers_are_ascii;
            co_return;
        }
        const std::string header = co_await header_section();
        const std::shared_ptr<const SigningKeys> keys = co_await signing_.keys_for(message_, header);
        if (keys->empty()) co_return;
        Reading reading;
        co_await feed(reading);
        if (!reading.plain() && message_.submitted) {
            co_await find_changes();
            if (!changes_.empty()) {
                tell("encoded-anew", "it is signed, and some server may not know 8BITMIME");
                reading = Reading();
                co_await feed(reading);
            }
        }
        std::optional<mailauth::DkimSigner> signer = reading.take_signer();
        if (!signer || reading.has_bare_line_end()) co_return;
        fields_ = co_await signing_.sign(*std::move(signer), keys);
        size_ = reading.size() + fields_.size();
        signing_.remember(
            form(),
            {.fields = fields_, .changes = changes_, .size_octets = size_, .headers_are_ascii = headers_are_ascii_});
    }

    Signing::FormId form() const { return {message_.id, message_.smtputf8 && client_.peer().smtputf8}; }

    // Of the content; a piece of it, if it is very long.
    asio::awaitable<std::string> header_section() {
        std::string octets = beginning_->substr(skipped_);
        while (octets.find("\r\n\r\n") == std::string::npos && octets.size() < most_header_octets &&
               skipped_ + octets.size() < message_.size_octets) {
            storage::Result<std::string> more =
                co_await store_.read(storage::read_blob(message_.blob, skipped_ + octets.size(), chunk_octets));
            if (!more || more->empty()) break;
            octets += *more;
        }
        octets.resize(std::min(mime::header_section_octets(octets), most_header_octets));
        co_return octets;
    }

    // Which parts are to be encoded.
    asio::awaitable<bool> find_changes() {
        mime::StructureParser parser;
        co_await feed(parser);
        const mime::Structure structure = parser.finish();
        mime::SevenBitScanner scanner(structure.root, form().utf8 ? nullptr : dns::to_a_labels);
        co_await feed(scanner);
        changes_ = scanner.changes();
        headers_are_ascii_ = structure.headers_are_ascii || (!form().utf8 && scanner.headers_become_ascii());
        co_return scanner.has_eight_bit();
    }

    // Examines the content if the peer lacks an extension that it may need.
    asio::awaitable<void> examine() {
        const smtp::wire::PeerExtensions& peer = client_.peer();
        const bool needs_ascii = message_.smtputf8 && !peer.smtputf8;
        const bool may_encode = (!peer.eight_bit_mime || needs_ascii) && message_.submitted && fields_.empty();
        if (!peer.eight_bit_mime && !message_.submitted && message_.eight_bit_mime) {
            tell("sent-as-it-is", "the other server does not know 8BITMIME");
        }
        if (needs_ascii && !message_.submitted) {
            mime::StructureParser parser;
            co_await feed(parser);
            headers_are_ascii_ = parser.finish().headers_are_ascii;
        }
        if (!may_encode) co_return;
        const bool has_eight_bit = co_await find_changes();
        if (!changes_.empty()) {
            tell("encoded-anew", peer.eight_bit_mime ? "the other server does not know SMTPUTF8"
                                                     : "the other server does not know 8BITMIME");
            co_await measure();
        } else if (has_eight_bit) {
            tell("sent-as-it-is", "the other server does not know 8BITMIME");
        }
    }

    template <class Reader>
    asio::awaitable<void> feed(Reader& reader) {
        Content content = from_beginning();
        for (;;) {
            const std::string_view octets = co_await content.next();
            if (octets.empty()) co_return;
            reader.feed(octets);
        }
    }

    // RFC 1870 §5: SIZE is the size as sent.
    asio::awaitable<void> measure() {
        struct Counter {
            std::uint64_t octets = 0;
            void feed(std::string_view some) { octets += some.size(); }
        };
        Counter counter;
        co_await feed(counter);
        size_ = counter.octets;
    }

    void tell(std::string_view event, std::string_view reason) {
        log_.write(services::Level::info, "queue", message_.session, event,
                   {{"queue", message_.id.value}, {"reason", reason}});
    }

    storage::Store& store_;
    services::EventLog& log_;
    smtp::Client& client_;
    const bool requiretls_;
    const storage::QueueMessage& message_;
    Signing& signing_;
    std::shared_ptr<const std::string> beginning_;  // of the content
    std::string fields_;                            // signatures, if we sign it
    std::uint64_t skipped_ = 0;                     // the Return-Path line
    std::uint64_t size_ = 0;
    bool headers_are_ascii_ = true;
    std::vector<mime::SevenBitScanner::Change> changes_;
};

}  // namespace

bool says_requiretls(const Connected& connected, const storage::QueueMessage& message) {
    return message.tls_wish == storage::TlsWish::required && connected.requiretls;
}

asio::awaitable<smtp::SendResult> send_message(storage::Store& store, services::EventLog& log, Connected& connected,
                                               const storage::QueueMessage& message, std::string beginning,
                                               Signing& signing) {
    Sending one(store, log, connected, message, std::move(beginning), signing);
    smtp::SendResult result = co_await one.run();
    co_return result;
}

}  // namespace server::queue

// Sends one message over one connection. RFC 5321 §4.4: without the Return-Path line. RFC 6152 §3: for a server without
// 8BITMIME our own users' mail is encoded, and other mail sent unchanged: most such servers accept it (CLIENTS.md 20).
#include "server/queue/send_message.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "protocols/mime/part.h"
#include "protocols/mime/seven_bit.h"
#include "server/delivery/trace.h"
#include "server/queue/fitting.h"
#include "storage/blobs.h"
#include "storage/store_await.h"

namespace server::queue {
namespace {

constexpr std::uint64_t chunk_octets = 128u << 10;

// Reads the content one chunk ahead.
struct Content {
    storage::Store* store;
    storage::BlobId blob;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string prefix{};  // still to be sent before the rest
    std::string chunk{};
    std::optional<mime::SevenBitEncoder> encoder{};

    // Empty at its end. If an encoder gives nothing for a chunk, the next one is read.
    asio::awaitable<std::string_view> next() {
        while (offset < size) {
            storage::Result<std::string> read = co_await store->read(storage::read_blob(blob, offset, chunk_octets));
            if (!read || read->empty()) throw std::runtime_error("the content of a queued message is gone");
            offset += read->size();
            if (!prefix.empty()) read->insert(0, std::exchange(prefix, {}));
            if (!encoder) {
                chunk = *std::move(read);
                co_return chunk;
            }
            chunk.clear();
            encoder->feed(*read, chunk);
            if (offset >= size) encoder->finish(chunk);
            if (!chunk.empty()) co_return chunk;
        }
        co_return std::string_view();
    }
};

class Sending {
  public:
    Sending(storage::Store& store, services::EventLog& log, smtp::Client& client, const storage::QueueMessage& message)
        : store_(store), log_(log), client_(client), message_(message) {}

    asio::awaitable<smtp::SendResult> run() {
        storage::Result<std::string> beginning = co_await store_.read(storage::read_blob(message_.blob, 0, 2048));
        if (!beginning) throw std::runtime_error("the content of a queued message is gone");
        skipped_ = delivery::return_path_octets(*beginning);
        size_ = message_.prefix.size() + message_.size_octets - skipped_;
        co_await examine();
        Fitted fitted = fit(message_, client_.peer(), headers_are_ascii_);
        fitted.message.size_octets = size_;
        smtp::SendResult result;
        if (!fitted.recipients.empty()) {
            Content content = from_beginning();
            smtp::OpenContent open_content = [&] {
                content = from_beginning();
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
                        .prefix = message_.prefix};
        if (!changes_.empty()) content.encoder.emplace(changes_);
        return content;
    }

    // Examines the content if the peer lacks an extension that it may need.
    asio::awaitable<void> examine() {
        const smtp::wire::PeerExtensions& peer = client_.peer();
        const bool may_encode = !peer.eight_bit_mime && message_.submitted;
        if (!peer.eight_bit_mime && !message_.submitted && message_.eight_bit_mime) tell("sent-as-it-is");
        if (!may_encode && (peer.smtputf8 || !message_.smtputf8)) co_return;
        mime::StructureParser parser;
        co_await feed(parser);
        const mime::Structure structure = parser.finish();
        headers_are_ascii_ = structure.headers_are_ascii || !message_.smtputf8;
        if (!may_encode) co_return;
        mime::SevenBitScanner scanner(structure.root);
        co_await feed(scanner);
        changes_ = scanner.changes();
        if (!changes_.empty()) {
            tell("encoded-anew");
            co_await measure();
        } else if (scanner.has_eight_bit()) {
            tell("sent-as-it-is");
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

    void tell(std::string_view event) {
        log_.write(services::Level::info, "queue", message_.session, event,
                   {{"queue", message_.id.value}, {"reason", "the other server does not know 8BITMIME"}});
    }

    storage::Store& store_;
    services::EventLog& log_;
    smtp::Client& client_;
    const storage::QueueMessage& message_;
    std::uint64_t skipped_ = 0;  // the Return-Path line
    std::uint64_t size_ = 0;
    bool headers_are_ascii_ = true;
    std::vector<mime::SevenBitScanner::Change> changes_;
};

}  // namespace

asio::awaitable<smtp::SendResult> send_message(storage::Store& store, services::EventLog& log, smtp::Client& client,
                                               const storage::QueueMessage& message) {
    Sending one(store, log, client, message);
    smtp::SendResult result = co_await one.run();
    co_return result;
}

}  // namespace server::queue

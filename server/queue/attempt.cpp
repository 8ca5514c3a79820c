// One message over one connection. RFC 5321 §4.4: a Return-Path line does not travel.
#include "server/queue/attempt.h"

#include <algorithm>
#include <stdexcept>

#include "server/delivery/trace.h"
#include "storage/blobs.h"

namespace server::queue {
namespace {

constexpr std::uint64_t chunk_octets = 128u << 10;

// Reads the content a chunk ahead of what is sent.
struct Content {
    storage::Store& store;
    storage::BlobId blob;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string chunk;

    asio::awaitable<std::string_view> next() {
        if (offset >= size) co_return std::string_view();
        storage::Result<std::string> read = co_await store.read(storage::read_blob(blob, offset, chunk_octets));
        if (!read || read->empty()) throw std::runtime_error("the content of a queued message is gone");
        chunk = *std::move(read);
        offset += chunk.size();
        co_return chunk;
    }
};

smtp::OutgoingMessage describe(const storage::QueueMessage& message, std::uint64_t size_octets) {
    smtp::OutgoingMessage out{.reverse_path = message.reverse_path,
                              .size_octets = size_octets,
                              .envelope_id = message.envelope_id,
                              .dsn_return = message.dsn_return,
                              .eight_bit_mime = message.eight_bit_mime,
                              .smtputf8 = message.smtputf8,
                              .recipients = {}};
    for (const storage::QueueRecipient& recipient : message.recipients) {
        out.recipients.push_back({.forward_path = recipient.forward_path,
                                  .notify = recipient.notify,
                                  .original_recipient = recipient.original_recipient});
    }
    return out;
}

}  // namespace

asio::awaitable<smtp::SendResult> attempt(storage::Store& store, smtp::Client& client,
                                          const storage::QueueMessage& message) {
    storage::Result<std::string> beginning = co_await store.read(storage::read_blob(message.blob, 0, 2048));
    if (!beginning) throw std::runtime_error("the content of a queued message is gone");
    const std::uint64_t skipped = delivery::return_path_octets(*beginning);
    Content content{.store = store, .blob = message.blob, .offset = skipped, .size = message.size_octets, .chunk = {}};
    smtp::OpenContent open_content = [&content, skipped] {
        content.offset = skipped;
        return smtp::NextChunk([&content] { return content.next(); });
    };
    smtp::SendResult result =
        co_await client.send(describe(message, message.size_octets - skipped), std::move(open_content));
    co_return result;
}

}  // namespace server::queue

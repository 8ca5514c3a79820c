// Answers FETCH: reads batches of messages, sets \Seen where that is implied, writes, waits for the client to take it.
// RFC 3501 §6.4.5, §7.4.2; CHANGEDSINCE: RFC 7162 §3.1.4; BINARY: RFC 3516. fetch/content.h reads;
// wire/response/fetch.h formats.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "protocols/imap/connection/connection.h"
#include "protocols/imap/fetch/content.h"
#include "protocols/imap/mailbox/uid_walk.h"
#include "protocols/imap/wire/response/fetch.h"
#include "storage/types.h"

namespace imap {

class Selection;

// Runs one FETCH command. Exists only during that command.
class Fetcher {
  public:
    // For the selected mailbox.
    Fetcher(const Connection& connection, Selection& selection, const wire::Fetch& command);

    // Memory that it needs at most for so many messages, about.
    std::uint64_t octets_for(std::uint32_t messages) const;
    asio::awaitable<void> run(storage::UidSet targets);

    std::uint32_t answered() const { return answered_; }
    // A BINARY item had an encoding that cannot be decoded.
    bool unknown_encoding() const { return unknown_encoding_; }

  private:
    // The next batches, or why they cannot be read; neither at the end.
    struct Read {
        std::vector<FetchBatch> batches;
        std::exception_ptr failure;
    };
    asio::awaitable<Read> read(UidWalk& walk);
    asio::awaitable<Read> read_slice(storage::UidSet slice);
    asio::awaitable<void> answer(std::vector<FetchBatch> batches);
    asio::awaitable<void> answer(FetchBatch batch);
    asio::awaitable<std::vector<storage::Uid>> mark_seen(std::vector<FetchedMessage>& messages);
    asio::awaitable<void> write(std::uint32_t number, const FetchBatch& batch, std::size_t index, bool seen_now);
    void write_flags(wire::FetchWriter& out, const FetchedMessage& message) const;
    void write_change(wire::FetchWriter& out, const FetchedMessage& message) const;
    asio::awaitable<void> write_content(wire::FetchWriter& out, const wire::FetchItem& item, storage::BlobId blob,
                                        const FetchedContent& content);
    void write_loaded(wire::FetchWriter& out, const FetchedContent& content);
    void write_text(wire::FetchWriter& out, std::string octets, bool literal8);
    asio::awaitable<void> stream_stored(wire::FetchWriter& out, storage::BlobId blob, mime::OctetRange range);
    asio::awaitable<void> stream_decoded(wire::FetchWriter& out, const wire::FetchItem& item, storage::BlobId blob,
                                         const ContentSource& source);
    struct Measured {
        std::uint64_t octets = 0;
        bool has_nul = false;
    };
    asio::awaitable<Measured> measure_decoded(storage::BlobId blob, const ContentSource& source);
    asio::awaitable<std::string> read_chunk(storage::BlobId blob, mime::OctetRange range);

    Connection connection_;
    Selection& selection_;
    std::vector<wire::FetchItem> items_;
    std::shared_ptr<const FetchPlan> plan_;
    bool sets_seen_ = false;
    bool exact_ = false;  // all targets are messages that this client knows
    std::uint32_t answered_ = 0;
    bool unknown_encoding_ = false;
};

}  // namespace imap

// A server's side of one HTTP/2 connection, as octets: what the client sends becomes events, answers become frames.
// Pure: nghttp2 without a socket. RFC 9113, RFC 7541. Refuses what could mean two things to two servers (§8.2, §8.3,
// §10.3), and ends a connection that only makes work (§10.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocols/http/wire/fault.h"
#include "protocols/http/wire/message.h"
#include "protocols/http/wire/received_request.h"
#include "protocols/http/wire/request_parser.h"

namespace http::h2 {

using StreamId = std::int32_t;

// What a client sends first (RFC 9113 §3.4).
inline constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// All that the client can reach.
struct Limits {
    std::uint32_t streams = 100;  // at a time
    std::uint32_t requests = 100'000;
    wire::HeadLimits head;
    std::uint32_t table_octets = 4096;         // HPACK's, in each direction
    std::uint32_t broken_streams = 100;        // reset by the client or because of it, more than have been answered
    std::uint32_t idle_frames = 1'000;         // that ask for nothing: PING, SETTINGS, PRIORITY ..., without a request
    std::uint32_t stream_window = 256U << 10;  // of content that nobody has read yet
    std::uint32_t connection_window = 256U << 10;  // the same of all streams
    std::size_t dropped_octets = 16U << 20;        // of a stream's content after its answer
};

// ---- events

// A whole head. `has_content`: Content and ContentEnded follow.
struct RequestCame {
    StreamId stream = 0;
    wire::ReceivedRequest request;
    bool has_content = false;
};
// A request that is understood, but not taken: to be answered so (431, 414, 417 ...). What is malformed is reset at
// once.
struct RequestRefused {
    StreamId stream = 0;
    wire::Fault fault;
};
struct Content {
    StreamId stream = 0;
    std::string octets;
};
struct ContentEnded {
    StreamId stream = 0;
};
// All that was given of its answer is in frames: there is room for more.
struct WantsMore {
    StreamId stream = 0;
};
// It was reset, or its answer is in frames completely. Nothing more can be said on it.
struct StreamOver {
    StreamId stream = 0;
    bool answered = false;
};
using Event = std::variant<RequestCame, RequestRefused, Content, ContentEnded, WantsMore, StreamOver>;

// Why the connection cannot go on.
enum class Trouble : std::uint8_t {
    none,
    protocol,        // the client's octets are no HTTP/2
    broken_streams,  // too many: rapid reset (CVE-2023-44487) and its kin
    idle_frames,     // a flood
};

class Connection {
  public:
    explicit Connection(const Limits& limits);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // ---- from the client
    // Takes its octets. Afterwards there may be events, and output.
    void put(std::string_view octets);
    std::vector<Event> take_events();
    // So many octets of Content have been read: the client may send as many again. Also for streams that are over.
    void consumed(StreamId stream, std::size_t octets);
    // Content that is still to come is of no interest.
    void ignore_content(StreamId stream);

    // ---- to the client. Streams that are over are ignored.
    // Begins an answer. `complete`: there is no content.
    void respond(StreamId stream, const wire::ResponseHead& head, bool complete);
    // The next octets of its content. WantsMore comes when they are in frames; until then nothing more may be given.
    void give(StreamId stream, std::string octets);
    void give(StreamId stream, std::shared_ptr<const std::string> octets);
    void finish(StreamId stream);  // after what was given
    // Octets of content of the answer that are in frames: whether the client takes it.
    std::uint64_t octets_sent(StreamId stream) const;
    void reset(StreamId stream);   // our fault (INTERNAL_ERROR)
    void refuse(StreamId stream);  // not begun, may be tried again (REFUSED_STREAM)

    // Appends frames until `output` has `enough` octets, or there are no more. Streams take turns.
    void append_output(std::string& output, std::size_t enough);
    bool has_output() const;

    // GOAWAY: no further requests; those that have begun go on.
    void shut_down();
    Trouble trouble() const;
    // Nothing more will come or go: close.
    bool is_over() const;
    std::size_t streams() const;
    std::uint64_t requests() const;

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace http::h2

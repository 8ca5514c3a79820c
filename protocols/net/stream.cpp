// The waiting part of Stream: try, wait, try again (stream.h). stream_implementation.cpp does the trying,
// tls_session.cpp and deflate.cpp do TLS and compression.
#include "protocols/net/stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

#include "protocols/base/expects.h"
#include "protocols/net/allowance.h"
#include "protocols/net/proxy_protocol.h"
#include "protocols/net/signal_state.h"
#include "protocols/net/stream_implementation.h"

namespace net {
namespace {

constexpr std::size_t drain_above_octets = std::size_t{64} << 10;
constexpr std::chrono::milliseconds longest_handshake = std::chrono::seconds(60);
constexpr std::chrono::milliseconds longest_last_flush = std::chrono::seconds(2);
constexpr std::uint64_t tls_octets = std::uint64_t{20} << 10;  // of memory, for a connection with TLS

}  // namespace

Stream::Stream(asio::ip::tcp::socket socket) : implementation_(std::make_shared<Implementation>(std::move(socket))) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

asio::awaitable<ReadLine> Stream::read_line(std::size_t max_octets) {
    Implementation& self = *implementation_;
    self.throw_if_interrupted();
    TimeLimit due = self.due();
    bool begun = false;
    for (;;) {
        const std::optional<ReadLine> line = self.take_line(max_octets);
        if (line) co_return *line;
        if (self.more_input()) continue;
        if (!begun && self.in_line()) {
            begun = true;
            due.restart();
        }
        const Waiter::Reason reason = co_await self.wait(due);
        self.waited(reason);
    }
}

std::optional<ReadLine> Stream::try_read_line(std::size_t max_octets) {
    if (implementation_->interrupted) return std::nullopt;
    return implementation_->take_line(max_octets);
}

asio::awaitable<std::string_view> Stream::read_chunk(std::size_t max_octets) {
    Implementation& self = *implementation_;
    self.throw_if_interrupted();
    while (self.input.empty() && !self.more_input()) {
        const Waiter::Reason reason = co_await self.wait(self.chunks_due);
        self.waited(reason);
    }
    const std::string_view chunk = self.input.view().substr(0, max_octets);
    self.consume(chunk.size());
    self.chunk_taken(chunk.size());
    co_return chunk;
}

std::string_view Stream::buffered() const { return implementation_->input.view(); }
void Stream::consume(std::size_t octets) { implementation_->consume(octets); }

asio::awaitable<void> Stream::fill() {
    Implementation& self = *implementation_;
    TimeLimit due = self.due();
    while (!self.more_input()) {
        const Waiter::Reason reason = co_await self.wait(due);
        self.waited(reason);
    }
}

asio::awaitable<WaitOutcome> Stream::wait() { return wait_for_input(nullptr); }
asio::awaitable<WaitOutcome> Stream::wait(Signal& signal) { return wait_for_input(&signal); }

asio::awaitable<WaitOutcome> Stream::wait_for_input(Signal* signal) {
    Implementation& self = *implementation_;
    self.throw_if_interrupted();
    self.chunks_due.restart();
    TimeLimit due = self.due();
    while (self.input.empty()) {
        if (signal != nullptr && signal->pending()) co_return WaitOutcome::signalled;
        if (self.more_input()) break;
        if (signal != nullptr) signal->state_->waiter = self.waiter;
        const Waiter::Reason reason = co_await self.wait(due);
        if (signal != nullptr) signal->state_->waiter.reset();
        if (reason == Waiter::Reason::deadline) co_return WaitOutcome::deadline;
        self.waited(reason);
    }
    co_return WaitOutcome::readable;
}

void Stream::write(std::string_view octets) { implementation_->output_to_append() += octets; }
std::string& Stream::output() { return implementation_->output_to_append(); }

asio::awaitable<void> Stream::flush() {
    Implementation& self = *implementation_;
    TimeLimit due = self.due();
    std::size_t counted = 0;  // octets sent that were already counted
    while (self.must_wait_to_send() && !self.is_crowded_out) {
        const bool fits = self.output_memory.set(self.flushed_octets());
        if (!fits && !self.closing) throw Interrupted(Interrupted::Cause::crowded_out);
        if (!self.closing && self.sent() >= counted + least_pace_octets) {
            counted = self.sent();
            due.restart();
        }
        const Waiter::Reason reason = co_await self.wait(due);
        if (reason == Waiter::Reason::deadline) throw DeadlinePassed();
    }
    self.output_memory.set(0);
}

asio::awaitable<void> Stream::drain() {
    Implementation& self = *implementation_;
    const bool is_long = self.output.size() >= drain_above_octets;
    if (!self.turn_is_over() && !is_long) co_return;
    // As long as there is input, nothing is read or sent that would tell.
    if (peer_state() == PeerState::gone) throw PeerGone("closed by the peer");
    if (is_long) co_await flush();
    co_await give_way();
}

asio::awaitable<void> Stream::give_way() {
    static_cast<void>(co_await implementation_->wait_for_turn());  // a turn is the only reason why it ends
}

asio::awaitable<void> Stream::take_turns(base::Slices work) {
    while (work.go_on()) co_await give_way();
}

void Stream::set_deadline(std::chrono::milliseconds each_wait,
                          std::optional<std::chrono::steady_clock::time_point> last_moment) {
    implementation_->limit = each_wait;
    implementation_->last_moment = last_moment;
    implementation_->chunks_due = implementation_->due();
}

void Stream::set_allowance(std::shared_ptr<Allowance> allowance) {
    implementation_->tls_memory = Hold(Resource::memory, allowance);
    implementation_->input_memory = Hold(Resource::memory, allowance);
    implementation_->output_memory = Hold(Resource::memory, allowance);
    implementation_->allowance = std::move(allowance);
}

const std::shared_ptr<Allowance>& Stream::allowance() const { return implementation_->allowance; }

asio::awaitable<void> Stream::start_tls_server(TlsContext& context) {
    co_await leave_plain_text();
    if (!implementation_->tls_memory.set(tls_octets)) throw Interrupted(Interrupted::Cause::crowded_out);
    implementation_->tls = std::make_unique<TlsSession>(context.state(), implementation_->socket);
    co_await shake_hands(true);
}

asio::awaitable<void> Stream::start_tls_client(TlsContext& context, std::string server_name) {
    return start_tls_client(context, ServerIdentity{.name = std::move(server_name)});
}

asio::awaitable<void> Stream::start_tls_client(TlsContext& context, ServerIdentity server) {
    co_await leave_plain_text();
    implementation_->tls = std::make_unique<TlsSession>(context.state(), implementation_->socket, server);
    co_await shake_hands(false);
}

asio::awaitable<void> Stream::leave_plain_text() {
    Implementation& self = *implementation_;
    base::expects(!self.tls && !self.deflate, "TLS starts once, before compression");
    co_await flush();
    self.consume(self.input.view().size());
}

// A server's step costs it more than it costs the client, so its clients take turns. The client speaks first.
asio::awaitable<void> Stream::shake_hands(bool in_turn) {
    Implementation& self = *implementation_;
    TimeLimit due(std::min(self.limit, longest_handshake), self.last_moment);
    self.wanted = Implementation::Wanted::read;
    while (in_turn || self.must_wait_to_shake_hands()) {
        const Waiter::Reason reason = co_await self.wait(due);
        self.waited(reason);
        if (!in_turn) continue;
        co_await give_way();
        self.throw_if_interrupted();
        if (!self.must_wait_to_shake_hands()) co_return;
    }
}

bool Stream::is_tls() const { return implementation_->tls != nullptr; }
TlsFacts Stream::tls_facts() const { return is_tls() ? implementation_->tls->facts() : TlsFacts(); }

std::string Stream::channel_binding(std::string_view type) const {
    return is_tls() ? implementation_->tls->channel_binding(type) : std::string();
}

void Stream::start_deflate() {
    Implementation& self = *implementation_;
    base::expects(!is_deflating(), "compression is not on already");
    base::expects(self.output.empty(), "what was written in plain is flushed before compression starts");
    self.deflate = std::make_unique<Deflate>(self.input.view());
    self.consume(self.input.view().size());
    self.perhaps_readable();
}

bool Stream::is_deflating() const { return implementation_->deflate != nullptr && !implementation_->deflate_ending; }

asio::awaitable<void> Stream::stop_deflate() {
    base::expects(is_deflating(), "compression is on");
    implementation_->end_deflate();
    co_await flush();
}

void Stream::store_output(bool on) {
    implementation_->stores_output = on;
    if (on && is_deflating()) implementation_->deflate->rest();
}

asio::awaitable<void> Stream::read_proxy_header() {
    Implementation& self = *implementation_;
    std::string header;
    TimeLimit due = self.due();
    for (;;) {
        // Only peeked at: after the header TLS may follow, and TLS reads the socket itself.
        const std::span<char> scratch = scratch_block().first(max_proxy_header_octets);
        const ssize_t peeked = recv(self.socket, scratch.data(), scratch.size(), MSG_PEEK);
        const bool blocked = peeked < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
        if (peeked == 0 || (peeked < 0 && !blocked)) throw PeerGone("closed by the peer");
        if (!blocked) {
            const std::size_t before = header.size();
            header.append(scratch.data(), static_cast<std::size_t>(peeked));
            const base::Parsed<ProxyHeader> parsed = parse_proxy_header(header);
            const auto* done = std::get_if<ProxyHeader>(&parsed);
            if (done == nullptr && !std::holds_alternative<base::NeedMore>(parsed)) throw PeerGone("no PROXY header");
            const std::size_t ours = done != nullptr ? done->octets - before : static_cast<std::size_t>(peeked);
            if (recv(self.socket, scratch.data(), ours, 0) != static_cast<ssize_t>(ours)) throw PeerGone("PROXY");
            if (done != nullptr && done->addresses) {
                self.remote = without_v4_mapping(done->addresses->source);
                self.local = without_v4_mapping(done->addresses->destination);
            }
            if (done != nullptr) co_return;
        }
        const Waiter::Reason reason = co_await self.waiter->wait(Waiter::For::read, due.left());
        self.waited(reason);
    }
}

void Stream::interrupt() { interrupter()(); }

Stream::Interrupter Stream::interrupter() const { return Interrupter(implementation_); }

void Stream::Interrupter::operator()(Interrupted::Cause cause) const {
    const std::shared_ptr<Implementation> stream = stream_.lock();
    if (stream == nullptr) return;
    stream->interrupted = cause;
    if (stream->waiter->waiting_to_read()) stream->waiter->wake(Waiter::Reason::interrupted);
}

asio::awaitable<void> Stream::close(Linger how) {
    Implementation& self = *implementation_;
    try {
        self.limit = std::min(self.limit, longest_last_flush);
        self.last_moment.reset();  // what is sent at the end has its own limit
        self.closing = true;
        co_await flush();
        self.shut_down();
        if (!self.is_crowded_out) co_await linger(how);
    } catch (const std::exception&) {
        self.output.clear();  // the peer will not get it, and nobody needs an error
    }
    self.close();
}

// Reads and drops until the peer has seen our end: closing with unread octets would reset the connection, and our last
// answer could be lost.
asio::awaitable<void> Stream::linger(Linger how) {
    Implementation& self = *implementation_;
    TimeLimit due(how.time);
    std::size_t dropped = 0;
    while (self.socket >= 0 && dropped < how.octets) {
        const std::span<char> scratch = scratch_block();
        const ssize_t received = recv(self.socket, scratch.data(), scratch.size(), 0);
        if (received > 0) {
            dropped += static_cast<std::size_t>(received);
            continue;
        }
        if (received == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) co_return;
        const Waiter::Reason reason = co_await self.waiter->wait(Waiter::For::read, due.left());
        if (reason == Waiter::Reason::deadline) co_return;
    }
}

PeerState Stream::peer_state() const {
    pollfd looked{.fd = implementation_->socket, .events = POLLRDHUP, .revents = 0};
    if (looked.fd < 0) return PeerState::gone;
    if (::poll(&looked, 1, 0) <= 0) return PeerState::there;
    return (looked.revents & (POLLERR | POLLHUP)) != 0 ? PeerState::gone : PeerState::sends_no_more;
}

asio::any_io_executor Stream::executor() const { return implementation_->waiter->socket().get_executor(); }
const asio::ip::tcp::endpoint& Stream::remote() const { return implementation_->remote; }
const asio::ip::tcp::endpoint& Stream::local() const { return implementation_->local; }
std::uint64_t Stream::octets_in() const { return implementation_->octets_in; }
std::uint64_t Stream::octets_out() const { return implementation_->octets_out; }

}  // namespace net

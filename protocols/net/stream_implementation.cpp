// Moves octets between the socket and the buffers of a Stream, through TLS and deflate if active. A short read means
// that the socket is empty, so the next read waits first and saves a call. stream.cpp does the waiting.
#include "protocols/net/stream_implementation.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace net {
namespace {

// The size of one read: commands in that many octets are quickly done.
constexpr std::size_t turn_octets = InputBuffer::block_octets;

// A slice of a session's work, whichever is reached first.
constexpr unsigned turn_steps = 16;
constexpr std::chrono::milliseconds turn_time{2};

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

asio::ip::tcp::endpoint without_v4_mapping(const asio::ip::tcp::endpoint& endpoint) {
    const asio::ip::address address = endpoint.address();
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return endpoint;
    return {asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()), endpoint.port()};
}

Stream::Implementation::Implementation(asio::ip::tcp::socket accepted)
    : waiter(std::make_shared<Waiter>(std::move(accepted))), turns_(ThreadTurns::of(waiter->socket().get_executor())) {
    asio::ip::tcp::socket& inner = waiter->socket();
    std::error_code ignored;  // if the peer is already gone, the first read reports it
    static_cast<void>(inner.native_non_blocking(true, ignored));
    static_cast<void>(inner.set_option(asio::ip::tcp::no_delay(true), ignored));
    remote = without_v4_mapping(inner.remote_endpoint(ignored));
    local = without_v4_mapping(inner.local_endpoint(ignored));
    socket = inner.native_handle();
    gone_ = socket < 0;
}

Stream::Implementation::~Implementation() { close(); }

std::optional<ReadLine> Stream::Implementation::take_line(std::size_t max_octets) {
    const std::string_view here = input.view();
    const void* found =
        here.size() > scanned_ ? std::memchr(here.data() + scanned_, '\n', here.size() - scanned_) : nullptr;
    if (found == nullptr) {
        scanned_ = here.size();
        // The one octet beyond the limit may be the CR.
        if (dropped_ || here.size() > max_octets + 1) {
            const std::size_t kept = here.ends_with('\r') ? 1 : 0;  // perhaps the beginning of the line end
            drop_line(here.substr(0, here.size() - kept));
            consume(here.size() - kept);
        }
        return std::nullopt;
    }
    std::string_view text = here.substr(0, static_cast<std::size_t>(static_cast<const char*>(found) - here.data()));
    consume(text.size() + 1);
    chunks_due.restart();
    chunk_octets_ = 0;
    const bool bare_lf = !text.ends_with('\r');
    if (!bare_lf) text.remove_suffix(1);
    if (!dropped_ && text.size() <= max_octets) return Line{text, bare_lf};
    drop_line(text);
    return std::move(*std::exchange(dropped_, nullptr));
}

void Stream::Implementation::drop_line(std::string_view piece) {
    constexpr std::size_t most = LineTooLong::kept_octets;
    if (!dropped_) dropped_ = std::make_unique<LineTooLong>();
    dropped_->begin += piece.substr(0, most - dropped_->begin.size());
    dropped_->end += piece.substr(piece.size() - std::min(piece.size(), most));
    if (dropped_->end.size() > most) dropped_->end.erase(0, dropped_->end.size() - most);
}

void Stream::Implementation::consume(std::size_t octets) {
    input.consume(octets);
    scanned_ = 0;
}

void Stream::Implementation::chunk_taken(std::size_t octets) {
    chunk_octets_ += octets;
    if (chunk_octets_ < least_pace_octets) return;
    chunk_octets_ = 0;
    chunks_due.restart();
}

Io Stream::Implementation::receive(std::span<char> into, std::size_t& taken) {
    if (tls) return tls->read(into.data(), into.size(), taken);
    const ssize_t received = recv(socket, into.data(), into.size(), 0);
    if (received < 0) return would_block() ? Io::want_read : Io::gone;
    taken = static_cast<std::size_t>(received);
    return received == 0 ? Io::gone : Io::done;
}

Io Stream::Implementation::send(std::string_view octets, std::size_t& given) {
    if (tls) return tls->write(octets.data(), octets.size(), given);
    const ssize_t sent = ::send(socket, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent < 0) return would_block() ? Io::want_write : Io::gone;
    given = static_cast<std::size_t>(sent);
    return Io::done;
}

Io Stream::Implementation::try_fill() {
    if (gone_) return Io::gone;
    if (deflate) return inflate_some();
    const std::span<char> room = input.room();
    std::size_t taken = 0;
    const Io io = receive(room, taken);
    if (io == Io::done) {
        input.commit(taken);
        octets_in += taken;
        in_turn_ += taken;
    }
    perhaps_readable_ = tls != nullptr || taken == room.size();
    return io;
}

Io Stream::Implementation::inflate_some() {
    perhaps_readable_ = true;
    for (;;) {
        if (deflate_ending && leave_deflate()) return input.empty() ? try_fill() : Io::done;
        const bool waits_for_tail = deflate_ending && deflate->at_block_end();
        const std::size_t inflated = waits_for_tail ? 0 : deflate->inflate(input.room(), deflate_ending);
        if (inflated > 0) {
            input.commit(inflated);
            octets_in += inflated;
            in_turn_ += inflated;
            return Io::done;
        }
        if (deflate_ending && !waits_for_tail && deflate->at_block_end()) continue;
        if (in_turn_ >= turn_octets) return Io::want_turn;
        const std::span<char> scratch = scratch_block();
        std::size_t taken = 0;
        const Io io = receive(scratch, taken);
        if (io != Io::done) return io;
        deflate->put({scratch.data(), taken});
        in_turn_ += taken;  // also counted if it inflates to nothing
    }
}

void Stream::Implementation::end_deflate() {
    octets_out += output.size();
    deflate->finish(output, wire_);
    output.clear();
    deflate_ending = true;
    perhaps_readable_ = true;
}

// True: the peer's compressed input has ended, and the plain octets after it are in `input`.
bool Stream::Implementation::leave_deflate() {
    if (!deflate->at_block_end()) return false;
    const std::optional<std::string> plain = deflate->plain_after_end();
    if (!plain) return false;
    for (std::string_view rest = *plain; !rest.empty();) {
        const std::span<char> room = input.room();
        const std::size_t taken = rest.copy(room.data(), room.size());
        input.commit(taken);
        octets_in += taken;
        rest.remove_prefix(taken);
    }
    deflate.reset();
    deflate_ending = false;
    return true;
}

void Stream::Implementation::note_wanted(Io io) {
    wanted = io == Io::want_turn ? Wanted::turn : io == Io::want_write ? Wanted::write : Wanted::read;
}

bool Stream::Implementation::more_input() {
    throw_if_interrupted();
    Io io = Io::want_read;
    if (in_turn_ >= turn_octets || others_come_first()) {
        io = Io::want_turn;
    } else if (perhaps_readable_ || gone_) {
        try {
            io = try_fill();
        } catch (const std::runtime_error& corrupt) {
            gone_ = true;
            throw PeerGone(corrupt.what());
        }
    }
    if (io == Io::done) return true;
    if (io == Io::gone) {
        gone_ = true;
        throw PeerGone("closed by the peer");
    }
    in_turn_ = 0;
    note_wanted(io);
    if (io != Io::want_turn) give_buffers_back();
    return false;
}

bool Stream::Implementation::must_wait_to_send() {
    if (!output.empty()) {
        octets_out += output.size();
        if (deflate && !deflate_ending) {
            stores_output ? deflate->store(output, wire_) : deflate->compress(output, wire_);
        } else if (wire_.empty()) {
            wire_.swap(output);
        } else {
            wire_ += output;
        }
        output.clear();
    }
    while (sent_ < wire_.size()) {
        std::size_t given = 0;
        const Io io = gone_ || send_broken_ ? Io::gone : send(std::string_view(wire_).substr(sent_), given);
        if (io == Io::gone) {
            send_broken_ = true;
            throw PeerGone("connection lost while sending");
        }
        if (io != Io::done) {
            note_wanted(io);
            return true;
        }
        sent_ += given;
    }
    wire_.clear();
    sent_ = 0;
    if (output.capacity() < wire_.capacity()) output.swap(wire_);
    return false;
}

bool Stream::Implementation::must_wait_to_shake_hands() {
    const Io io = gone_ ? Io::gone : tls->handshake();
    if (io == Io::done) {
        perhaps_readable_ = true;
        return false;
    }
    if (io == Io::gone) {
        gone_ = true;
        throw PeerGone("closed by the peer during the TLS handshake");
    }
    note_wanted(io);
    give_buffers_back();
    return true;
}

asio::awaitable<Waiter::Reason> Stream::Implementation::wait(TimeLimit& due) {
    if (wanted == Wanted::turn) return wait_for_turn();
    return waiter->wait(wanted == Wanted::write ? Waiter::For::write : Waiter::For::read, due.left());
}

asio::awaitable<Waiter::Reason> Stream::Implementation::wait_for_turn() {
    auto initiate = [this](auto handler) {
        turns_.wait(party(), [this, go_on = std::move(handler)]() mutable {
            has_turn_ = true;
            begin_turn();
            std::move(go_on)(Waiter::Reason::ready);
        });
    };
    return asio::async_initiate<const asio::use_awaitable_t<>, void(Waiter::Reason)>(initiate, asio::use_awaitable);
}

ThreadTurns::Party Stream::Implementation::party() const {
    const std::int64_t account = allowance ? allowance->account() : 0;
    return account != 0 ? ThreadTurns::Party::account(account) : ThreadTurns::Party::network(remote.address());
}

// Sessions whose peers have just sent something would else go before those of their party that wait for a turn, and a
// party of many sessions would have many turns.
bool Stream::Implementation::others_come_first() const {
    return turns_.awaited() && !has_turn_ && turns_.awaited_by(party());
}

void Stream::Implementation::waited(Waiter::Reason reason) {
    if (wanted != Wanted::turn) {
        has_turn_ = false;
        perhaps_readable_ = true;
        begin_turn();
    }
    if (reason == Waiter::Reason::deadline) throw DeadlinePassed();
    throw_if_interrupted();
}

bool Stream::Implementation::turn_is_over() {
    return ++steps_in_turn_ >= turn_steps || std::chrono::steady_clock::now() - turn_began_ >= turn_time;
}

void Stream::Implementation::begin_turn() {
    steps_in_turn_ = 0;
    turn_began_ = std::chrono::steady_clock::now();
}

void Stream::Implementation::throw_if_interrupted() {
    const auto cause = std::exchange(interrupted, std::nullopt);
    if (!cause) return;
    if (*cause == Interrupted::Cause::crowded_out) is_crowded_out = true;
    throw Interrupted(*cause);
}

void Stream::Implementation::give_buffers_back() {
    input.release();
    input.tighten();
    if (!input_memory.set(input.capacity())) {
        is_crowded_out = true;
        throw Interrupted(Interrupted::Cause::crowded_out);
    }
    if (output.empty()) give_output_string(output);
    if (wire_.empty()) give_output_string(wire_);
}

std::string& Stream::Implementation::output_to_append() {
    constexpr std::size_t shorter_than_any_pooled = 64;
    if (output.empty() && output.capacity() < shorter_than_any_pooled) output = take_output_string();
    return output;
}

void Stream::Implementation::shut_down() {
    if (gone_) return;
    if (tls) tls->send_close_notify();
    ::shutdown(socket, SHUT_WR);
}

void Stream::Implementation::close() {
    gone_ = true;
    socket = -1;
    waiter->close();
}

}  // namespace net

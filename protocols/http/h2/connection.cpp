// nghttp2's callbacks fill the events; what they get as user data is the Implementation.
#include "protocols/http/h2/connection.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <expected>
#include <new>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "protocols/base/expects.h"
#include "protocols/base/handle.h"
#include "protocols/http/wire/http2_request.h"

namespace http::h2 {
namespace {

using Session = base::Handle<nghttp2_session, nghttp2_session_del>;
using Callbacks = base::Handle<nghttp2_session_callbacks, nghttp2_session_callbacks_del>;
using Options = base::Handle<nghttp2_option, nghttp2_option_del>;

constexpr std::uint32_t frames_per_answer = 50;      // that ask for nothing: so many more are fine with each answer
constexpr std::size_t octets_per_idle_frame = 4096;  // and with what is sent: each piece may be acknowledged

std::string_view text_of(nghttp2_rcbuf* buffer) {
    const nghttp2_vec octets = nghttp2_rcbuf_get_buf(buffer);
    return {reinterpret_cast<const char*>(octets.base), octets.len};
}

bool ends_stream(const nghttp2_frame* frame) { return (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0; }

// What is being sent of one answer.
struct Outgoing {
    std::string own;
    std::shared_ptr<const std::string> shared;
    std::size_t sent = 0;
    bool complete = false;  // nothing comes after it

    std::string_view left() const { return std::string_view(shared ? *shared : own).substr(sent); }
    void set(std::string octets) { *this = {.own = std::move(octets), .shared = {}}; }
    void set(std::shared_ptr<const std::string> octets) { *this = {.own = {}, .shared = std::move(octets)}; }
};

struct Stream {
    explicit Stream(const wire::HeadLimits& limits) : builder(std::make_unique<wire::Http2RequestBuilder>(limits)) {}
    std::unique_ptr<wire::Http2RequestBuilder> builder;  // until the head is complete
    bool answer_begun = false;
    bool ignores_content = false;
    bool content_ended = false;
    std::size_t dropped = 0;  // octets of content after the answer
    bool answered = false;    // the last frame of its answer has been made
    bool given_up = false;    // by us, without the client's fault
    std::uint64_t sent = 0;   // octets of its answer's content
    std::size_t unread = 0;   // octets of content, told but not consumed
    Outgoing outgoing;
};

}  // namespace

struct Connection::Implementation {
    explicit Implementation(const Limits& given);

    // ---- nghttp2's callbacks
    static int begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* self);
    static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* self);
    static int header(nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf* name, nghttp2_rcbuf* value,
                      std::uint8_t flags, void* self);
    static int invalid_header(nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf* name, nghttp2_rcbuf* value,
                              std::uint8_t flags, void* self);
    static int frame_came(nghttp2_session*, const nghttp2_frame* frame, void* self);
    static int content_came(nghttp2_session*, std::uint8_t flags, std::int32_t id, const std::uint8_t* data,
                            std::size_t size, void* self);
    static int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* self);
    static int frame_refused(nghttp2_session*, const nghttp2_frame* frame, int error, void* self);
    static int stream_closed(nghttp2_session*, std::int32_t id, std::uint32_t code, void* self);
    static ssize_t next_content(nghttp2_session*, std::int32_t id, std::uint8_t* into, std::size_t size,
                                std::uint32_t* flags, nghttp2_data_source*, void* self);

    Stream* find(StreamId id) {
        const auto found = streams.find(id);
        return found == streams.end() ? nullptr : &found->second;
    }
    void head_complete(StreamId id, Stream& stream, bool has_content);
    void content_ended(StreamId id);
    void answered(StreamId id);
    void drop(StreamId id, Stream& stream, std::size_t octets);
    void count_broken_stream();
    void give_up(StreamId id, std::uint32_t code);
    void end_with(Trouble why, std::uint32_t code);
    void resume(StreamId id) { static_cast<void>(nghttp2_session_resume_data(session.get(), id)); }
    void submit_reset(StreamId id, std::uint32_t code) {
        static_cast<void>(nghttp2_submit_rst_stream(session.get(), NGHTTP2_FLAG_NONE, id, code));
    }
    template <class Octets>
    void give(StreamId id, Octets octets);

    const Limits limits;
    Session session;
    std::unordered_map<StreamId, Stream> streams;
    std::vector<Event> events;
    Trouble trouble = Trouble::none;
    bool is_dead = false;  // nghttp2 can do no more
    std::uint64_t requests = 0;
    std::uint32_t broken_streams = 0;
    std::uint32_t idle_frames = 0;
    std::size_t sent_since_credit = 0;
};

Connection::Implementation::Implementation(const Limits& given) : limits(given) {
    nghttp2_session_callbacks* made_callbacks = nullptr;
    if (nghttp2_session_callbacks_new(&made_callbacks) != 0) throw std::bad_alloc();
    const Callbacks callbacks(made_callbacks);
    nghttp2_session_callbacks_set_on_begin_frame_callback(made_callbacks, begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made_callbacks, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback2(made_callbacks, header);
    nghttp2_session_callbacks_set_on_invalid_header_callback2(made_callbacks, invalid_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made_callbacks, frame_came);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made_callbacks, content_came);
    nghttp2_session_callbacks_set_on_frame_send_callback(made_callbacks, frame_sent);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made_callbacks, frame_refused);
    nghttp2_session_callbacks_set_on_stream_close_callback(made_callbacks, stream_closed);

    nghttp2_option* made_options = nullptr;
    if (nghttp2_option_new(&made_options) != 0) throw std::bad_alloc();
    const Options options(made_options);
    nghttp2_option_set_no_auto_window_update(made_options, 1);  // the reader opens windows
    nghttp2_option_set_no_closed_streams(made_options, 1);      // what is over costs nothing
    nghttp2_option_set_max_deflate_dynamic_table_size(made_options, limits.table_octets);

    nghttp2_session* made = nullptr;
    if (nghttp2_session_server_new2(&made, made_callbacks, this, made_options) != 0) throw std::bad_alloc();
    session.reset(made);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams},
        {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, limits.table_octets},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.stream_window},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits.head.header_section_octets)},
    };
    const bool ready = nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, settings, std::size(settings)) == 0 &&
                       nghttp2_session_set_local_window_size(made, NGHTTP2_FLAG_NONE, 0,
                                                             static_cast<std::int32_t>(limits.connection_window)) == 0;
    base::expects(ready, "limits that HTTP/2 can say");
}

// Counts what asks for nothing; known and unknown kinds of frames alike.
int Connection::Implementation::begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* user) {
    auto& self = *static_cast<Implementation*>(user);
    const bool is_idle = head->type == NGHTTP2_DATA ? head->length == 0 && (head->flags & NGHTTP2_FLAG_END_STREAM) == 0
                                                    : head->type != NGHTTP2_HEADERS;
    if (is_idle && ++self.idle_frames > self.limits.idle_frames) {
        self.end_with(Trouble::idle_frames, NGHTTP2_ENHANCE_YOUR_CALM);
    }
    return 0;
}

int Connection::Implementation::begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& self = *static_cast<Implementation*>(user);
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    self.streams.try_emplace(frame->hd.stream_id, self.limits.head);
    return 0;
}

int Connection::Implementation::header(nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf* name,
                                       nghttp2_rcbuf* value, std::uint8_t, void* user) {
    auto& self = *static_cast<Implementation*>(user);
    Stream* stream = self.find(frame->hd.stream_id);
    // Without a builder they are trailers, which nobody here wants.
    if (stream != nullptr && stream->builder) stream->builder->add(text_of(name), text_of(value));
    return 0;
}

// nghttp2 would leave such a field out: RFC 9113 §8.2.1 makes the request malformed.
int Connection::Implementation::invalid_header(nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf*,
                                               nghttp2_rcbuf*, std::uint8_t, void* user) {
    Stream* stream = static_cast<Implementation*>(user)->find(frame->hd.stream_id);
    if (stream != nullptr && stream->builder) stream->builder->add({}, {});  // a field without a name
    return 0;
}

int Connection::Implementation::frame_came(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& self = *static_cast<Implementation*>(user);
    const StreamId id = frame->hd.stream_id;
    Stream* stream = self.find(id);
    if (stream == nullptr) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && stream->builder) {
        self.head_complete(id, *stream, !ends_stream(frame));
    } else if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) && ends_stream(frame)) {
        self.content_ended(id);
    }
    return 0;
}

void Connection::Implementation::head_complete(StreamId id, Stream& stream, bool has_content) {
    const std::unique_ptr<wire::Http2RequestBuilder> builder = std::move(stream.builder);
    stream.content_ended = !has_content;
    if (++requests > limits.requests) return give_up(id, NGHTTP2_REFUSED_STREAM);  // it has not seen our GOAWAY yet
    std::expected<wire::ReceivedRequest, wire::Fault> request = builder->finish();
    if (request) {
        events.emplace_back(RequestCame{id, *std::move(request), has_content});
    } else if (request.error().status == 400) {
        submit_reset(id, NGHTTP2_PROTOCOL_ERROR);
    } else {
        stream.ignores_content = true;
        events.emplace_back(RequestRefused{id, std::move(request.error())});
    }
    if (requests == limits.requests) {
        static_cast<void>(nghttp2_submit_goaway(session.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR, nullptr, 0));
    }
}

void Connection::Implementation::content_ended(StreamId id) {
    Stream& stream = *find(id);
    stream.content_ended = true;
    if (!stream.ignores_content) events.emplace_back(ContentEnded{id});
}

int Connection::Implementation::content_came(nghttp2_session* session, std::uint8_t, std::int32_t id,
                                             const std::uint8_t* data, std::size_t size, void* user) {
    auto& self = *static_cast<Implementation*>(user);
    Stream* stream = self.find(id);
    if (stream == nullptr || stream->ignores_content) {
        static_cast<void>(nghttp2_session_consume(session, id, size));
        if (stream != nullptr && stream->answered) self.drop(id, *stream, size);
        return 0;
    }
    stream->unread += size;
    self.events.emplace_back(Content{id, std::string(reinterpret_cast<const char*>(data), size)});
    return 0;
}

int Connection::Implementation::frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& self = *static_cast<Implementation*>(user);
    const bool is_answer = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!is_answer) return 0;
    self.sent_since_credit += frame->hd.length;
    const std::size_t credit = self.sent_since_credit / octets_per_idle_frame;
    self.sent_since_credit %= octets_per_idle_frame;
    self.idle_frames -= static_cast<std::uint32_t>(std::min<std::size_t>(self.idle_frames, credit));
    if (ends_stream(frame)) self.answered(frame->hd.stream_id);
    return 0;
}

// Its last frame has been made. Content that is still to come is for nothing, and dropped.
void Connection::Implementation::answered(StreamId id) {
    Stream* stream = find(id);
    if (stream == nullptr) return;
    idle_frames -= std::min(idle_frames, frames_per_answer);
    broken_streams -= std::min(broken_streams, 1U);
    stream->ignores_content = true;
    stream->answered = true;
    // What nobody has read must not keep the window shut.
    static_cast<void>(nghttp2_session_consume(session.get(), id, std::exchange(stream->unread, 0)));
}

// RFC 9113 §8.1 lets a server stop the client at once, but some clients (curl 7.88) then hide the answer from the user.
void Connection::Implementation::drop(StreamId id, Stream& stream, std::size_t octets) {
    stream.dropped += octets;
    if (stream.dropped > limits.dropped_octets) submit_reset(id, NGHTTP2_NO_ERROR);
}

int Connection::Implementation::stream_closed(nghttp2_session* session, std::int32_t id, std::uint32_t, void* user) {
    auto& self = *static_cast<Implementation*>(user);
    const auto found = self.streams.find(id);
    if (found == self.streams.end()) return 0;
    Stream& stream = found->second;
    if (stream.unread > 0) static_cast<void>(nghttp2_session_consume_connection(session, stream.unread));
    self.events.emplace_back(StreamOver{id, stream.answered});
    const bool is_broken = !stream.answered && !stream.given_up;
    self.streams.erase(found);
    if (is_broken) self.count_broken_stream();
    return 0;
}

// A request that nghttp2 has refused before it became a stream of ours.
int Connection::Implementation::frame_refused(nghttp2_session*, const nghttp2_frame* frame, int, void* user) {
    auto& self = *static_cast<Implementation*>(user);
    if (frame->hd.type == NGHTTP2_HEADERS && self.find(frame->hd.stream_id) == nullptr) self.count_broken_stream();
    return 0;
}

void Connection::Implementation::count_broken_stream() {
    if (++broken_streams > limits.broken_streams) end_with(Trouble::broken_streams, NGHTTP2_ENHANCE_YOUR_CALM);
}

ssize_t Connection::Implementation::next_content(nghttp2_session*, std::int32_t id, std::uint8_t* into,
                                                 std::size_t size, std::uint32_t* flags, nghttp2_data_source*,
                                                 void* user) {
    auto& self = *static_cast<Implementation*>(user);
    Stream* stream = self.find(id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    Outgoing& outgoing = stream->outgoing;
    const std::string_view left = outgoing.left();
    if (left.empty() && !outgoing.complete) return NGHTTP2_ERR_DEFERRED;
    const std::size_t count = std::min(size, left.size());
    std::memcpy(into, left.data(), count);
    outgoing.sent += count;
    stream->sent += count;
    if (count < left.size()) return static_cast<ssize_t>(count);
    if (outgoing.complete) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    } else {
        outgoing.set(std::string());
        self.events.emplace_back(WantsMore{id});
    }
    return static_cast<ssize_t>(count);
}

void Connection::Implementation::end_with(Trouble why, std::uint32_t code) {
    if (trouble != Trouble::none) return;
    trouble = why;
    static_cast<void>(nghttp2_session_terminate_session(session.get(), code));
}

template <class Octets>
void Connection::Implementation::give(StreamId id, Octets octets) {
    Stream* stream = find(id);
    if (stream == nullptr) return;
    base::expects(stream->answer_begun && !stream->outgoing.complete && stream->outgoing.left().empty(),
                  "a piece of an answer is given when the one before has gone");
    stream->outgoing.set(std::move(octets));
    resume(id);
}

void Connection::Implementation::give_up(StreamId id, std::uint32_t code) {
    Stream* stream = find(id);
    if (stream == nullptr) return;
    stream->given_up = true;
    submit_reset(id, code);
}

Connection::Connection(const Limits& limits) : implementation_(std::make_unique<Implementation>(limits)) {}
Connection::~Connection() = default;

void Connection::put(std::string_view octets) {
    Implementation& self = *implementation_;
    if (self.is_dead) return;
    const auto* data = reinterpret_cast<const std::uint8_t*>(octets.data());
    const ssize_t taken = nghttp2_session_mem_recv(self.session.get(), data, octets.size());
    if (taken == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
    if (taken >= 0) return;
    if (self.trouble == Trouble::none) {
        self.trouble = taken == NGHTTP2_ERR_FLOODED ? Trouble::idle_frames : Trouble::protocol;
    }
    self.is_dead = true;
}

std::vector<Event> Connection::take_events() { return std::exchange(implementation_->events, {}); }

void Connection::consumed(StreamId id, std::size_t octets) {
    Implementation& self = *implementation_;
    Stream* stream = self.find(id);
    if (stream == nullptr || self.is_dead) return;  // given back when it ended
    octets = std::min(octets, stream->unread);      // what is of no interest any more was given back at once
    stream->unread -= octets;
    static_cast<void>(nghttp2_session_consume(self.session.get(), id, octets));
}

void Connection::ignore_content(StreamId id) {
    Stream* stream = implementation_->find(id);
    if (stream == nullptr || stream->ignores_content) return;
    stream->ignores_content = true;
    consumed(id, stream->unread);
}

void Connection::respond(StreamId id, const wire::ResponseHead& head, bool complete) {
    Implementation& self = *implementation_;
    Stream* stream = self.find(id);
    if (stream == nullptr || self.is_dead) return;
    base::expects(!stream->answer_begun, "a request has one answer");
    stream->answer_begun = true;
    stream->outgoing.complete = complete;
    const std::string status = std::to_string(head.status);
    std::vector<nghttp2_nv> fields;
    fields.reserve(head.fields.size() + 1);
    const auto add = [&](std::string_view name, std::string_view value) {
        // They are copied: nghttp2 changes none of them.
        auto* name_data = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
        auto* value_data = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
        fields.push_back({name_data, value_data, name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    };
    add(":status", status);
    for (const wire::Field& field : head.fields) add(field.name, field.value);
    nghttp2_data_provider content{.source = {}, .read_callback = Implementation::next_content};
    const int done =
        nghttp2_submit_response(self.session.get(), id, fields.data(), fields.size(), complete ? nullptr : &content);
    if (done != 0) self.submit_reset(id, NGHTTP2_INTERNAL_ERROR);
}

void Connection::give(StreamId stream, std::string octets) { implementation_->give(stream, std::move(octets)); }
void Connection::give(StreamId stream, std::shared_ptr<const std::string> octets) {
    implementation_->give(stream, std::move(octets));
}

void Connection::finish(StreamId id) {
    Stream* stream = implementation_->find(id);
    if (stream == nullptr || stream->outgoing.complete) return;
    stream->outgoing.complete = true;
    implementation_->resume(id);
}

std::uint64_t Connection::octets_sent(StreamId id) const {
    const Stream* stream = implementation_->find(id);
    return stream == nullptr ? 0 : stream->sent;
}

void Connection::reset(StreamId stream) { implementation_->give_up(stream, NGHTTP2_INTERNAL_ERROR); }
void Connection::refuse(StreamId stream) { implementation_->give_up(stream, NGHTTP2_REFUSED_STREAM); }

void Connection::append_output(std::string& output, std::size_t enough) {
    Implementation& self = *implementation_;
    while (!self.is_dead && output.size() < enough) {
        const std::uint8_t* data = nullptr;
        const ssize_t size = nghttp2_session_mem_send(self.session.get(), &data);
        if (size == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
        if (size < 0) self.is_dead = true;
        if (size <= 0) return;
        output.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    }
}

bool Connection::has_output() const {
    return !implementation_->is_dead && nghttp2_session_want_write(implementation_->session.get()) != 0;
}

void Connection::shut_down() {
    Implementation& self = *implementation_;
    const std::int32_t last = nghttp2_session_get_last_proc_stream_id(self.session.get());
    static_cast<void>(nghttp2_submit_goaway(self.session.get(), NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0));
}

Trouble Connection::trouble() const { return implementation_->trouble; }

bool Connection::is_over() const {
    nghttp2_session* session = implementation_->session.get();
    if (implementation_->is_dead) return true;
    return nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0;
}

std::size_t Connection::streams() const { return implementation_->streams.size(); }
std::uint64_t Connection::requests() const { return implementation_->requests; }

}  // namespace http::h2

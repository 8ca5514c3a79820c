#include "protocols/http/http2.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "protocols/http/wire/response_writer.h"

namespace http {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t output_octets = 64U << 10;        // made at a time
constexpr std::size_t own_octets = 24U << 10;           // of memory, for a connection without streams
constexpr std::uint64_t least_pace_octets = 64U << 10;  // within the request time (net::Stream's measure)

h2::Limits limits_of(const Options& options) {
    h2::Limits limits = options.h2;
    limits.head = options.head;
    limits.requests = options.requests;
    limits.dropped_octets = options.dropped_octets;
    return limits;
}

}  // namespace

Http2::Http2(Session& session)
    : session_(session),
      stream_(session.stream),
      h2_(limits_of(session.options)),
      memory_(net::Resource::memory, session.stream.allowance()),
      idle_since_(session.started) {}

Http2::~Http2() {
    for (const auto& [id, running] : running_) {
        running.work->leave();
        running.work->cancel();
    }
    for (const std::shared_ptr<Work>& work : leaving_) work->leave();
}

asio::awaitable<services::EndReason> Http2::converse() {
    for (;;) {
        take_input();
        take_events();
        look_at_rung();
        account_for_memory();
        co_await send_output();
        if (h2_.is_over()) break;
        const bool is_last = last_moment_ && (is_idle() || steady_clock::now() >= *last_moment_);
        if (is_last) break;
        co_await stream_.drain();
        if (!stream_.buffered().empty() || !rung_.empty()) continue;
        co_await wait();
        if (is_late_) break;
    }
    if (is_late_) h2_.shut_down();
    h2_.append_output(stream_.output(), output_octets);
    co_await stream_.flush();
    co_return reason();
}

services::EndReason Http2::reason() const {
    if (h2_.trouble() != h2::Trouble::none) return services::EndReason::too_many_errors;
    if (last_moment_) return services::EndReason::shutdown;
    return is_late_ ? services::EndReason::timeout : services::EndReason::quit;
}

void Http2::take_input() {
    const std::string_view input = stream_.buffered();
    if (input.empty()) return;
    session_.log.spoken();
    h2_.put(input);
    stream_.consume(input.size());
}

void Http2::take_events() {
    for (h2::Event& event : h2_.take_events()) {
        std::visit([this](auto& happened) { come(happened); }, event);
    }
}

void Http2::come(h2::RequestCame& came) {
    // Works that were cancelled count until they are over: a client that resets its requests has no more at work.
    if (running_.size() + leaving_.size() >= std::size_t{2} * session_.options.h2.streams || last_moment_) {
        return h2_.refuse(came.stream);
    }
    const h2::StreamId id = came.stream;
    const auto ring = [this, id] {
        rung_.push_back(id);
        session_.bell.ring();
    };
    Running& running = running_[id];
    running.work = session_.begin(std::move(came.request.head), ring);
    running.content_ended = !came.has_content;
    running.work->body().set_length(came.request.content_length);
    if (!came.has_content) running.work->body().end();
    rung_.push_back(id);
    running.work->start(session_.services.handler);
}

void Http2::come(h2::RequestRefused& refused) {
    session_.log.refused({{"status", refused.fault.status}, {"reason", refused.fault.what}});
    Response response = plain_answer(refused.fault.status, refused.fault.what + ".\n");
    session_.complete(response);
    h2_.respond(refused.stream, {.status = response.status, .fields = std::move(response.fields)}, false);
    h2_.give(refused.stream, std::move(response.body));
    h2_.finish(refused.stream);
}

void Http2::come(h2::Content& content) {
    const auto found = running_.find(content.stream);
    if (found == running_.end()) return h2_.ignore_content(content.stream);
    found->second.received += content.octets.size();
    found->second.work->body().put(std::move(content.octets));
    see_what_is_owed(content.stream, found->second);
}

void Http2::come(h2::ContentEnded& ended) {
    const auto found = running_.find(ended.stream);
    if (found == running_.end()) return;
    found->second.content_ended = true;
    found->second.work->body().end();
    see_what_is_owed(ended.stream, found->second);
}

void Http2::come(h2::WantsMore& wants) {
    const auto found = running_.find(wants.stream);
    if (found == running_.end()) return;
    found->second.pending = false;
    if (found->second.work->piece() != nullptr) found->second.work->piece_taken();
    rung_.push_back(wants.stream);
}

void Http2::come(h2::StreamOver& over) {
    const auto found = running_.find(over.stream);
    if (found == running_.end()) return;
    const std::shared_ptr<Work> work = std::move(found->second.work);
    running_.erase(found);
    if (is_idle()) idle_since_ = steady_clock::now();
    work->cancel();
    if (work->ended()) return session_.log_failure(*work);
    leaving_.push_back(work);
}

void Http2::look_at_rung() {
    std::erase_if(leaving_, [](const std::shared_ptr<Work>& work) { return work->ended(); });
    std::vector<h2::StreamId> rung = std::exchange(rung_, {});
    std::ranges::sort(rung);
    const auto [first, last] = std::ranges::unique(rung);
    rung.erase(first, last);
    for (const h2::StreamId id : rung) {
        const auto found = running_.find(id);
        if (found != running_.end()) look_at(id, found->second);
    }
}

void Http2::look_at(h2::StreamId id, Running& running) {
    Work& work = *running.work;
    if (const std::size_t read = work.body().take_consumed(); read > 0) h2_.consumed(id, read);
    if (!running.begun && work.answer() != nullptr) begin_answer(id, running, *work.answer());
    if (running.begun && !running.pending && !running.finished) {
        if (std::string* piece = work.piece()) {
            h2_.give(id, std::move(*piece));
            running.pending = true;
        } else if (work.broke_off()) {
            h2_.reset(id);
        } else if (work.ended()) {
            h2_.finish(id);
            running.finished = true;
        }
    }
    if (!running.begun && work.ended()) h2_.reset(id);
    see_what_is_owed(id, running);
}

void Http2::begin_answer(h2::StreamId id, Running& running, Response& response) {
    running.begun = true;
    session_.complete(response);
    const bool may_have_content = wire::may_have_content(running.work->method(), response.status);
    const std::size_t size = response.shared ? response.shared->size() : response.body.size();
    const std::optional<std::uint64_t> length = response.stream ? response.length : std::optional<std::uint64_t>(size);
    wire::ResponseHead head{.status = response.status, .fields = std::move(response.fields)};
    if (length && wire::may_have_content("", response.status)) {
        head.fields.push_back({"content-length", std::to_string(*length)});
    }
    const bool is_complete = !may_have_content || (!response.stream && size == 0);
    h2_.respond(id, head, is_complete);
    running.finished = is_complete || !response.stream;
    if (is_complete) return;
    if (response.stream) return;
    if (response.shared) {
        h2_.give(id, response.shared);
    } else {
        h2_.give(id, std::move(response.body));
    }
    h2_.finish(id);
}

// Back-pressure: no more is made than the client takes.
asio::awaitable<void> Http2::send_output() {
    stream_.set_deadline(session_.options.request_time);
    while (h2_.has_output()) {
        const std::size_t before = stream_.output().size();
        h2_.append_output(stream_.output(), output_octets);
        const bool has_grown = stream_.output().size() > before;
        take_events();
        look_at_rung();
        if (!has_grown) break;  // the windows are shut
        if (stream_.output().size() < output_octets) continue;
        co_await stream_.flush();
        co_await stream_.give_way();
    }
    co_await stream_.flush();
}

// For the client, or the works.
asio::awaitable<void> Http2::wait() {
    const auto now = steady_clock::now();
    std::chrono::milliseconds each = std::chrono::hours(24);
    std::optional<Time> last = last_moment_;
    if (is_idle() && !last) last = idle_since_ + session_.options.idle_time;
    if (owed()) each = std::chrono::milliseconds(session_.options.request_time) / 4;
    if (last)
        each = std::min(
            each, std::max(std::chrono::ceil<std::chrono::milliseconds>(*last - now), std::chrono::milliseconds(1)));
    stream_.set_deadline(each);
    net::WaitOutcome outcome = net::WaitOutcome::signalled;
    bool left = false;
    try {
        outcome = co_await session_.bell.wait_for_client_too();
    } catch (const net::Interrupted& why) {
        if (why.cause() == net::Interrupted::Cause::crowded_out) throw;
        last_moment_ = steady_clock::now() + session_.options.last_time;
        h2_.shut_down();
    } catch (const net::PeerGone&) {
        if (!is_idle() || session_.requests == 0) throw;
        left = true;
    }
    if (left) throw LeftInPeace("left");
    if (outcome != net::WaitOutcome::deadline) co_return;
    if (is_idle() && !last_moment_) is_late_ = steady_clock::now() >= idle_since_ + session_.options.idle_time;
    end_slow_ones();
}

void Http2::see_what_is_owed(h2::StreamId id, Running& running) {
    const Body& body = running.work->body();
    const bool owes_content = !running.content_ended && !running.begun && body.wanted() && body.unread() == 0;
    const bool owes_window = running.pending || running.finished;
    const bool owes = owes_content || owes_window;
    if (owes && !running.owes) {
        running.since = steady_clock::now();
        running.moved_then = running.received + h2_.octets_sent(id);
    }
    running.owes = owes;
}

bool Http2::owed() const {
    return std::ranges::any_of(running_, [](const auto& one) { return one.second.owes; });
}

void Http2::end_slow_ones() {
    const auto now = steady_clock::now();
    for (auto& [id, running] : running_) {
        if (!running.owes) continue;
        const std::uint64_t moved = running.received + h2_.octets_sent(id);
        if (moved >= running.moved_then + least_pace_octets) {
            running.since = now;
            running.moved_then = moved;
        }
        if (now - running.since < session_.options.request_time) continue;
        if (running.begun) {
            h2_.reset(id);
        } else {
            running.work->body().fail(Body::Failure::late);
        }
        running.since = now;
    }
}

// What the works hold. The stream counts its own buffers.
void Http2::account_for_memory() {
    std::size_t octets = own_octets;
    for (const auto& [id, running] : running_) {
        octets += running.work->head_octets() + running.work->body().unread();
    }
    if (!memory_.set(octets)) throw net::Interrupted(net::Interrupted::Cause::crowded_out);
}

}  // namespace http

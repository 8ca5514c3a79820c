#include "protocols/http/http1.h"

#include <algorithm>
#include <expected>
#include <string>
#include <utility>

#include "protocols/http/wire/request_parser.h"
#include "protocols/http/wire/response_writer.h"

namespace http {
namespace {

using std::chrono::steady_clock;

// A client that goes is noticed after so long: who sends a request and then ends its side gets its answer, if that is
// not one of the long ones.
constexpr std::chrono::milliseconds unwatched{1000};
constexpr std::size_t piece_octets = 64U << 10;
constexpr std::size_t least_pace = 64U << 10;      // of content, in the request time
constexpr std::size_t skipped_octets = 64U << 10;  // of content that nobody wants, read to keep the connection

}  // namespace

Http1::~Http1() {
    if (!work_) return;
    work_->leave();
    work_->cancel();
}

asio::awaitable<services::EndReason> Http1::converse() {
    while (keep_) {
        const bool begins = co_await next_request_begins();
        if (!begins) co_return services::EndReason::timeout;
        std::optional<wire::ReceivedRequest> request = co_await read_head();
        if (!request) co_return services::EndReason::too_many_errors;
        co_await run(std::move(*request));
        if (keep_) co_await stream_.drain();
    }
    co_await stream_.flush();
    session_.has_unread_content = !content_.ended;
    co_return services::EndReason::quit;
}

// Waits for it without holding a buffer. False: too long.
asio::awaitable<bool> Http1::next_request_begins() {
    if (!stream_.buffered().empty()) co_return true;
    co_await stream_.flush();
    stream_.set_deadline(session_.requests == 0 ? session_.options.request_time : session_.options.idle_time);
    bool left = false;
    net::WaitOutcome outcome = net::WaitOutcome::deadline;
    try {
        outcome = co_await stream_.wait();
    } catch (const net::PeerGone&) {
        if (session_.requests == 0) throw;
        left = true;
    }
    if (left) throw LeftInPeace("left");
    co_return outcome == net::WaitOutcome::readable;
}

asio::awaitable<std::optional<wire::ReceivedRequest>> Http1::read_head() {
    const std::chrono::seconds time = session_.options.request_time;
    stream_.set_deadline(time, steady_clock::now() + time);
    wire::RequestParser parser(session_.options.head);
    std::optional<wire::Fault> fault;
    try {
        for (;;) {
            std::string_view input = stream_.buffered();
            const std::size_t before = input.size();
            std::optional<std::expected<wire::ReceivedRequest, wire::Fault>> read = parser.take(input);
            stream_.consume(before - input.size());
            if (read && *read) co_return std::move(**read);
            if (read) fault = std::move(read->error());
            if (fault) break;
            co_await stream_.fill();
        }
    } catch (const net::DeadlinePassed&) {
        if (!parser.begun()) throw;
        fault = wire::Fault{408, "The request came too slowly"};
    }
    co_await refuse(std::move(*fault));
    co_return std::nullopt;
}

// The answer of the door itself, after which nobody knows where the next request begins.
asio::awaitable<void> Http1::refuse(wire::Fault fault) {
    session_.log.refused({{"status", fault.status}, {"reason", fault.what}});
    keep_ = false;
    begun_ = false;
    may_have_content_ = true;
    Response response = plain_answer(fault.status, fault.what + ".\n");
    co_await begin_answer(response);
    session_.has_unread_content = true;
}

asio::awaitable<void> Http1::run(wire::ReceivedRequest request) {
    version_ = request.head.version;
    keep_ = request.persistent && session_.requests + 1 < session_.options.requests;
    begun_ = false;
    may_have_content_ = request.head.method != "HEAD";
    content_ = {};
    content_fault_.reset();
    if (request.chunked) content_.chunks.emplace(session_.options.chunks);
    content_.left = request.content_length.value_or(0);
    content_.ended = !request.chunked && content_.left == 0;
    content_.continue_due = request.expects_continue;
    work_ = session_.begin(std::move(request.head), [this] { session_.bell.ring(); });
    work_->body().set_length(request.content_length);
    if (content_.ended) work_->body().end();
    work_->start(session_.services.handler);
    for (;;) {
        bool has_moved = false;
        if (!begun_ && work_->answer() != nullptr) {
            co_await begin_answer(*work_->answer());
            has_moved = true;
        }
        if (begun_ && work_->piece() != nullptr) {
            co_await send_piece(*work_);
            has_moved = true;
        }
        if (begun_ && work_->ended()) break;
        if (work_->ended() && work_->answer() == nullptr) throw net::PeerGone("its work was ended");
        if (wants_content()) {
            co_await take_content();
            has_moved = true;
        } else {
            content_.wanted_since.reset();
        }
        if (!has_moved) co_await wait_for_work();
    }
    session_.log_failure(*work_);
    if (work_->broke_off()) throw net::PeerGone("an answer failed before its end");
    co_await end_answer();
    work_->leave();
    work_.reset();
}

// Whether what is left of the content can be read and dropped, to keep the connection.
bool Http1::can_be_skipped() const {
    return !content_.chunks && !content_.continue_due && !content_.is_late && content_.left <= skipped_octets;
}

asio::awaitable<void> Http1::begin_answer(Response& response) {
    begun_ = true;
    session_.complete(response);
    if (!content_.ended && !can_be_skipped()) keep_ = false;
    if (last_moment_) keep_ = false;
    may_have_content_ = may_have_content_ && wire::may_have_content("", response.status);
    const std::string_view content = response.shared ? std::string_view(*response.shared) : response.body;
    const std::optional<std::uint64_t> length =
        response.stream ? response.length : std::optional<std::uint64_t>(content.size());
    chunked_ = !length && version_ == wire::Version::http_1_1;
    if (!length && !chunked_ && may_have_content_) keep_ = false;  // it ends with the connection
    wire::ResponseHead head{.status = response.status, .fields = std::move(response.fields)};
    const bool has_length = wire::may_have_content("", response.status);
    if (has_length && length) head.fields.push_back({"content-length", std::to_string(*length)});
    if (has_length && chunked_) head.fields.push_back({"transfer-encoding", "chunked"});
    if (!keep_) head.fields.push_back({"connection", "close"});
    if (keep_ && version_ == wire::Version::http_1_0) head.fields.push_back({"connection", "keep-alive"});
    wire::append_response_head(stream_.output(), head);
    if (!may_have_content_ && work_ && response.stream) work_->cancel();
    if (may_have_content_ && !response.stream) co_await send_content(content);
}

asio::awaitable<void> Http1::send_content(std::string_view content) {
    stream_.set_deadline(session_.options.request_time);
    for (; !content.empty(); content.remove_prefix(std::min(content.size(), piece_octets))) {
        stream_.write(content.substr(0, piece_octets));
        co_await stream_.drain();
    }
}

asio::awaitable<void> Http1::send_piece(Work& work) {
    stream_.set_deadline(session_.options.request_time);
    if (may_have_content_) {
        if (chunked_) {
            wire::append_chunk(stream_.output(), *work.piece());
        } else {
            stream_.write(*work.piece());
        }
    }
    co_await stream_.drain();
    work.piece_taken();
}

asio::awaitable<void> Http1::end_answer() {
    const bool is_chunked = chunked_ && may_have_content_;
    if (is_chunked) stream_.write(wire::last_chunk);
    if (content_.ended || !keep_) co_return;
    co_await stream_.flush();
    while (keep_ && !content_.ended) {
        if (!take_buffered_content()) co_await stream_.fill();
        static_cast<void>(work_->body().take_consumed());
        if (content_fault_) keep_ = false;
    }
}

bool Http1::wants_content() const {
    const Body& body = work_->body();
    return !content_.ended && !work_->ended() && body.wanted() && body.unread() < session_.options.unread_octets;
}

// Some of it, or what the work does meanwhile.
asio::awaitable<void> Http1::take_content() {
    if (take_buffered_content()) co_return;
    if (content_fault_) {
        if (begun_) throw net::PeerGone("its content could not be understood");
        wire::Fault fault = *std::exchange(content_fault_, std::nullopt);
        co_await refuse(std::move(fault));
        throw LeftInPeace("its content could not be understood");
    }
    if (std::exchange(content_.continue_due, false)) stream_.write(wire::continue_response);
    co_await stream_.flush();
    const std::chrono::seconds time = session_.options.request_time;
    if (!content_.wanted_since) content_.wanted_since = steady_clock::now();
    stream_.set_deadline(time, *content_.wanted_since + time);
    net::WaitOutcome outcome = net::WaitOutcome::deadline;
    try {
        outcome = co_await session_.bell.wait_for_client_too();
    } catch (const net::Interrupted& why) {
        interrupted(why);
        outcome = net::WaitOutcome::signalled;
    }
    if (outcome == net::WaitOutcome::deadline) {
        work_->body().fail(Body::Failure::late);
        content_.is_late = true;
        content_.wanted_since.reset();
    }
}

// Gives the body what has come. False: nothing has.
bool Http1::take_buffered_content() {
    const std::string_view here = stream_.buffered();
    Body& body = work_->body();
    if (here.empty()) return false;
    content_.continue_due = false;
    content_.came += here.size();
    if (content_.came >= least_pace) {
        content_.came = 0;
        content_.wanted_since.reset();
    }
    if (!content_.chunks) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(here.size(), content_.left));
        body.put(std::string(here.substr(0, count)));
        stream_.consume(count);
        content_.left -= count;
        content_.ended = content_.left == 0;
    } else {
        std::string_view input = here;
        std::string octets;
        while (!input.empty() && !content_.chunks->ended()) {
            const std::expected<std::string_view, wire::Fault> taken = content_.chunks->take(input);
            if (!taken) {
                content_fault_ = taken.error();
                return false;
            }
            octets += *taken;
        }
        stream_.consume(here.size() - input.size());
        body.put(std::move(octets));
        content_.ended = content_.chunks->ended();
    }
    if (content_.ended) body.end();
    return true;
}

// Until the work rings, or the client goes, if it takes long.
asio::awaitable<void> Http1::wait_for_work() {
    co_await stream_.flush();
    if (last_moment_ && steady_clock::now() >= *last_moment_) throw net::Interrupted(cause_);
    co_await session_.bell.wait(last_moment_ ? session_.options.last_time : unwatched);
    const bool has_changed =
        work_->ended() || work_->piece() != nullptr || (!begun_ && work_->answer() != nullptr) || wants_content();
    if (has_changed || last_moment_) co_return;
    if (stream_.peer_state() == net::PeerState::gone) throw net::PeerGone("closed by the peer");
    if (!stream_.buffered().empty()) co_return;  // pipelined: nobody could tell its end
    stream_.set_deadline(std::chrono::hours(24));
    try {
        static_cast<void>(co_await session_.bell.wait_for_client_too());
    } catch (const net::Interrupted& why) {
        interrupted(why);
    }
    stream_.set_deadline(session_.options.request_time);
}

// The work in hand has a moment left.
void Http1::interrupted(const net::Interrupted& why) {
    if (why.cause() == net::Interrupted::Cause::crowded_out) throw net::Interrupted(why.cause());
    cause_ = why.cause();
    last_moment_ = steady_clock::now() + session_.options.last_time;
}

}  // namespace http

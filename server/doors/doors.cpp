// Each network thread has its own list of sessions: only that thread may interrupt them.
#include "server/doors/doors.h"

#include <fmt/format.h>

#include <algorithm>
#include <asio/post.hpp>
#include <atomic>
#include <optional>
#include <random>
#include <unordered_map>

#include "protocols/locking/condition.h"
#include "protocols/locking/mutex.h"
#include "protocols/net/spawn.h"
#include "server/current.h"
#include "server/doors/hidden_clients.h"

namespace server {

using asio::ip::tcp;

namespace {

constexpr std::size_t farewells_most = 100;  // at a time: further connections are closed without a word
constexpr std::chrono::seconds farewell_timeout{5};
constexpr std::uint64_t mail_connection_octets = std::uint64_t{12} << 10;  // of memory, for one that says nothing

// The sessions of one network thread, used only by that thread.
struct ThreadSessions {
    asio::any_io_executor executor;
    std::unordered_map<std::uint64_t, net::Stream::Interrupter> live;
    bool stopping = false;
};

// Counts sessions, and waits until there are none.
class Count {
  public:
    void add() {
        const locking::Lock lock(mutex_);
        ++count_;
    }
    void remove() {
        const locking::Lock lock(mutex_);
        if (--count_ == 0) none_.notify_all();
    }
    std::size_t get() const {
        const locking::Lock lock(mutex_);
        return count_;
    }
    bool wait_for_none(std::chrono::milliseconds patience) {
        const auto until = std::chrono::steady_clock::now() + patience;
        const locking::Lock lock(mutex_);
        while (count_ != 0 && none_.wait_until(mutex_, until)) continue;
        return count_ == 0;
    }

  private:
    mutable locking::Mutex mutex_;
    locking::Condition none_;
    std::size_t count_ GUARDED_BY(mutex_) = 0;
};

// Registers a session in both while it exists.
class Registration {
  public:
    Registration(std::shared_ptr<Count> count, std::shared_ptr<ThreadSessions> thread, std::uint64_t number)
        : count_(std::move(count)), thread_(std::move(thread)), number_(number) {
        count_->add();
    }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;
    ~Registration() {
        thread_->live.erase(number_);
        count_->remove();
    }

  private:
    std::shared_ptr<Count> count_;
    std::shared_ptr<ThreadSessions> thread_;
    std::uint64_t number_;
};

std::function<void()> crowd_out_of(const net::Stream& stream) {
    return [executor = stream.executor(), interrupt = stream.interrupter()] {
        asio::post(executor, [interrupt] { interrupt(net::Interrupted::Cause::crowded_out); });
    };
}

}  // namespace

struct Doors::Implementation {
    net::Threads& threads;
    services::EventLog& log;
    Current<const DoorsOptions> options;
    Admission mail_admission;
    Admission web_admission;
    budget::Budgets budgets;
    HiddenClients hidden_clients;
    std::shared_ptr<Count> count = std::make_shared<Count>();
    std::vector<std::shared_ptr<ThreadSessions>> by_thread;
    std::vector<std::pair<std::shared_ptr<const Door>, net::ListeningSocket>> opened;
    std::vector<std::unique_ptr<net::Listener>> listeners;
    std::vector<Bound> bound;
    std::atomic<std::uint64_t> next_session;
    std::atomic<std::size_t> farewells = 0;

    Implementation(net::Threads& network, services::EventLog& event_log, DoorsOptions given)
        : threads(network),
          log(event_log),
          options(std::make_shared<const DoorsOptions>(std::move(given))),
          mail_admission(options.get()->admission),
          web_admission(options.get()->web_admission),
          budgets(options.get()->budget),
          // A random start, so that ids differ between runs of the server.
          next_session((std::uint64_t{std::random_device{}()} << 4) + 1) {
        for (const asio::any_io_executor& executor : threads.all()) {
            by_thread.push_back(std::make_shared<ThreadSessions>());
            by_thread.back()->executor = executor;
        }
    }

    void note(services::Level level, const std::string& session, std::string_view event,
              const services::EventLog::Fields& fields) {
        log.write(level, "doors", session, event, fields);
    }

    std::shared_ptr<ThreadSessions> thread_of(const asio::any_io_executor& executor) const {
        const auto found =
            std::ranges::find_if(by_thread, [&](const auto& thread) { return thread->executor == executor; });
        return found == by_thread.end() ? nullptr : *found;
    }

    void accepted(std::shared_ptr<const Door> door, tcp::socket socket) {
        const asio::any_io_executor executor = socket.get_executor();
        const std::uint64_t number = next_session.fetch_add(1, std::memory_order_relaxed);
        const std::string name = door->name;
        net::spawn(name, executor, converse(std::move(door), std::move(socket), number));
    }

    asio::awaitable<void> converse(std::shared_ptr<const Door> door, tcp::socket socket, std::uint64_t number) {
        const std::shared_ptr<const DoorsOptions> now = options.get();
        const std::shared_ptr<ThreadSessions> thread = thread_of(socket.get_executor());
        const std::string session = fmt::format("{:x}", number);
        net::Stream stream(std::move(socket));
        const Registration registration(count, thread, number);
        thread->live.emplace(number, stream.interrupter());
        if (thread->stopping) co_return;

        const bool is_web = door->share == budget::Share::web;
        if (!is_web) {
            const bool ready = co_await receive_client(stream, session, *now);
            if (!ready) co_return;
        }
        const std::string address = stream.remote().address().to_string();
        // It stands for many, and names them in each request.
        const bool is_web_proxy = is_web && auth::any_contains(now->proxy_from, address);
        if (!is_web_proxy && hidden_clients.tell(address)) {
            note(services::Level::warn, session, "one-address-for-all",
                 {{"address", address},
                  {"reason",
                   "all clients so far came from this one private address: if they are several, a gateway "
                   "(Docker's) or a proxy hides who they are; server.proxy_from lets a proxy tell"}});
        }
        std::optional<Admission::Admitted> admitted;
        std::string_view over;
        if (!is_web_proxy) {
            admitted.emplace(is_web ? web_admission.admit(address) : mail_admission.admit(address, door->share));
            if (!admitted->ticket) over = reason_of(admitted->over);
        }
        if (!is_web_proxy && over.empty()) {
            const std::uint64_t octets = is_web ? now->web_connection_octets : mail_connection_octets;
            stream.set_allowance(budgets.admit(address, door->share, octets, crowd_out_of(stream)));
            if (!stream.allowance()) over = "too busy, try again later";
        }
        if (!over.empty()) {
            note(services::Level::warn, session, "turned-away",
                 {{"door", door->name}, {"address", address}, {"reason", over}});
            admitted.reset();  // its place is for others while it is told
            co_await turn_away(*door, std::move(stream), over);
            co_return;
        }
        if (door->implicit_tls) {
            const bool secure = co_await shake_hands(*door, stream, session, *now);
            if (!secure) co_return;
        }
        co_await door->serve(std::move(stream), session);
    }

    // Reads the PROXY header if the peer is a proxy; false if it did not send one.
    asio::awaitable<bool> receive_client(net::Stream& stream, const std::string& session, const DoorsOptions& now) {
        const std::string peer = stream.remote().address().to_string();
        if (!auth::any_contains(now.proxy_from, peer)) co_return true;
        std::string trouble;
        try {
            stream.set_deadline(now.proxy_header_timeout);
            co_await stream.read_proxy_header();
            co_return true;
        } catch (const std::exception& error) {
            trouble = error.what();
        }
        note(services::Level::warn, session, "no-proxy-header", {{"address", peer}, {"reason", trouble}});
        co_return false;
    }

    asio::awaitable<bool> shake_hands(const Door& door, net::Stream& stream, const std::string& session,
                                      const DoorsOptions& now) {
        std::string trouble;
        bool gone = false;
        try {
            stream.set_deadline(door.share == budget::Share::web ? now.web_handshake_timeout : now.handshake_timeout);
            co_await stream.start_tls_server(*door.implicit_tls);
            co_return true;
        } catch (const net::PeerGone& error) {
            trouble = error.what();
            gone = true;
        } catch (const std::exception& error) {
            trouble = error.what();
        }
        // From this machine it is a health check.
        const asio::ip::address address = stream.remote().address();
        note(gone && address.is_loopback() ? services::Level::debug : services::Level::info, session, "no-tls",
             {{"door", door.name}, {"address", address.to_string()}, {"reason", trouble}});
        co_return false;
    }

    // Tells the client why, unless too many are being told at the moment.
    asio::awaitable<void> turn_away(const Door& door, net::Stream stream, std::string_view reason) {
        if (farewells.fetch_add(1) < farewells_most) {
            try {
                stream.set_deadline(farewell_timeout);
                if (door.implicit_tls) co_await stream.start_tls_server(*door.implicit_tls);
                stream.write(door.farewell(reason, stream));
                co_await stream.close();
            } catch (const std::exception& error) {
                note(services::Level::debug, "", "no-farewell", {{"door", door.name}, {"reason", error.what()}});
            }
        }
        farewells.fetch_sub(1);
    }

    void interrupt_all() {
        for (const std::shared_ptr<ThreadSessions>& thread : by_thread) {
            asio::post(thread->executor, [thread] {
                thread->stopping = true;
                std::vector<net::Stream::Interrupter> interrupters;
                for (const auto& [number, interrupter] : thread->live) interrupters.push_back(interrupter);
                for (const net::Stream::Interrupter& interrupt : interrupters) interrupt();
            });
        }
    }
};

Doors::Doors(net::Threads& threads, services::EventLog& log, DoorsOptions options)
    : implementation_(std::make_unique<Implementation>(threads, log, std::move(options))) {}

Doors::~Doors() = default;

void Doors::open(Door door, std::vector<net::ListeningSocket> ports) {
    const auto shared = std::make_shared<const Door>(std::move(door));
    for (net::ListeningSocket& port : ports) {
        implementation_->bound.push_back({shared->name, port.local()});
        implementation_->opened.emplace_back(shared, std::move(port));
    }
}

void Doors::start() {
    Implementation* self = implementation_.get();
    for (auto& [door, socket] : self->opened) socket.listen();
    for (auto& [door, socket] : self->opened) {
        net::Listener::Callbacks callbacks;
        callbacks.next = [self] { return self->threads.next(); };
        callbacks.accepted = [self, door](tcp::socket accepted) { self->accepted(door, std::move(accepted)); };
        callbacks.trouble = [self, door](const std::string& what) {
            self->note(services::Level::error, "", "cannot-accept", {{"door", door->name}, {"reason", what}});
        };
        self->listeners.push_back(
            std::make_unique<net::Listener>(self->threads.next(), std::move(socket), std::move(callbacks)));
    }
    self->opened.clear();
}

const std::vector<Doors::Bound>& Doors::bound() const { return implementation_->bound; }

void Doors::configure(DoorsOptions options) {
    implementation_->mail_admission.configure(options.admission);
    implementation_->web_admission.configure(options.web_admission);
    implementation_->budgets.configure(options.budget);
    implementation_->options.set(std::make_shared<const DoorsOptions>(std::move(options)));
}

bool Doors::is_proxy(const std::string& address) const {
    return auth::any_contains(implementation_->options.get()->proxy_from, address);
}

bool Doors::stop(std::chrono::milliseconds patience) {
    implementation_->opened.clear();
    for (const auto& listener : implementation_->listeners) listener->stop();
    implementation_->interrupt_all();
    const bool none_left = implementation_->count->wait_for_none(patience);
    implementation_->listeners.clear();  // they post to threads, which must still exist
    return none_left;
}

std::size_t Doors::sessions() const { return implementation_->count->get(); }

}  // namespace server

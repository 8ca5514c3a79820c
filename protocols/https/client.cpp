// libcurl's multi interface on one thread; results are posted to the caller's executor.
#include "protocols/https/client.h"

#include <pthread.h>

#include <algorithm>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "protocols/https/transfer.h"
#include "protocols/locking/fair_queue.h"
#include "protocols/locking/mutex.h"

namespace https {

namespace {

using Clock = std::chrono::steady_clock;
using Multi = base::Handle<CURLM, curl_multi_cleanup>;

constexpr std::chrono::milliseconds longest_pause{60'000};  // without a reason to look

// Somebody who waits for an answer.
struct Job {
    Request request;
    Clock::time_point deadline;
    std::move_only_function<void(Outcome)> answer;  // empty once it is given
};

std::shared_ptr<Job> make_job(Request request, std::move_only_function<void(Outcome)> answer) {
    const Clock::time_point deadline = Clock::now() + request.timeout;
    return std::make_shared<Job>(Job{std::move(request), deadline, std::move(answer)});
}

Outcome failure(Fault fault, std::string text) { return std::unexpected(Failure{fault, std::move(text)}); }

Outcome stopped_outcome() { return failure(Fault::stopped, "the server ends"); }

}  // namespace

struct Client::Implementation {
    using Jobs = std::vector<std::shared_ptr<Job>>;
    struct Running {
        std::string party;
        std::shared_ptr<Job> job;
        std::unique_ptr<Transfer> transfer;
    };

    explicit Implementation(ClientOptions given) : options(std::move(given)) {
        // Once for all, and thread-safe since libcurl 7.84.
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl does not start");
        multi.reset(curl_multi_init());
        if (!multi) throw std::runtime_error("libcurl: out of memory");
    }

    const ClientOptions options;
    Multi multi;
    locking::Mutex mutex;
    Jobs arrived GUARDED_BY(mutex);
    std::size_t held GUARDED_BY(mutex) = 0;  // whoever has no answer yet
    bool stopped GUARDED_BY(mutex) = false;
    std::thread thread GUARDED_BY(mutex);

    // Of that thread.
    locking::FairQueue<std::string, std::shared_ptr<Job>> waiting;
    std::multimap<Clock::time_point, std::weak_ptr<Job>> deadlines;  // of those that wait
    std::map<CURL*, Running> running;

    void submit(std::shared_ptr<Job> job) {
        if (enter(job)) {
            curl_multi_wakeup(multi.get());
        } else {
            job->answer(failure(Fault::stopped, "too many requests wait, or the server ends"));
        }
    }

    bool enter(const std::shared_ptr<Job>& job) {
        const locking::Lock lock(mutex);
        if (stopped || held >= options.waiting || !has_thread()) return false;
        arrived.push_back(job);
        ++held;
        return true;
    }

    bool has_thread() REQUIRES(mutex) {
        if (thread.joinable()) return true;
        try {
            thread = std::thread([this] { loop(); });
        } catch (const std::system_error&) {
            return false;
        }
        return true;
    }

    void loop() {
        pthread_setname_np(pthread_self(), "https");
        while (take_arrived()) {
            end_late();
            begin_next();
            int ignored = 0;
            curl_multi_perform(multi.get(), &ignored);
            if (end_done()) continue;  // there are places now
            curl_multi_poll(multi.get(), nullptr, 0, static_cast<int>(pause().count()), nullptr);
        }
        give_up();
    }

    // False: it ends.
    bool take_arrived() {
        Jobs jobs;
        {
            const locking::Lock lock(mutex);
            if (stopped) return false;
            jobs.swap(arrived);
        }
        for (std::shared_ptr<Job>& job : jobs) {
            deadlines.emplace(job->deadline, job);
            const std::string party = job->request.party;
            waiting.push(party, std::move(job));
        }
        return true;
    }

    void begin_next() {
        const std::size_t of_one = std::max<std::size_t>(options.at_once / 4, 1);
        while (!waiting.empty() && running.size() < options.at_once && waiting.running_of_next() < of_one) {
            auto [party, job] = waiting.take();
            if (!job->answer || !begin(party, job)) waiting.done(party);
        }
    }

    bool begin(const std::string& party, const std::shared_ptr<Job>& job) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(job->deadline - Clock::now());
        try {
            auto transfer = std::make_unique<Transfer>(std::move(job->request), options.user_agent, left);
            CURL* handle = transfer->handle();
            if (curl_multi_add_handle(multi.get(), handle) != CURLM_OK) throw std::invalid_argument("out of memory");
            running.emplace(handle, Running{party, job, std::move(transfer)});
            return true;
        } catch (const std::invalid_argument& error) {
            answer(*job, failure(Fault::request, error.what()));
            return false;
        }
    }

    // True: some have ended.
    bool end_done() {
        bool any = false;
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            const auto found = running.find(message->easy_handle);
            const CURLcode code = message->data.result;  // the message goes with its handle
            curl_multi_remove_handle(multi.get(), found->first);
            const Running done = std::move(found->second);
            running.erase(found);
            answer(*done.job, done.transfer->outcome(code));
            waiting.done(done.party);
            any = true;
        }
        return any;
    }

    // Those whose time has passed before they had a place; libcurl ends the others.
    void end_late() {
        while (!deadlines.empty() && deadlines.begin()->first <= Clock::now()) {
            const std::shared_ptr<Job> job = deadlines.begin()->second.lock();
            deadlines.erase(deadlines.begin());
            const auto is_of = [&](const auto& one) { return one.second.job == job; };
            if (!job || !job->answer || std::ranges::any_of(running, is_of)) continue;
            answer(*job, failure(Fault::timeout, "other requests took all of its time"));
        }
    }

    std::chrono::milliseconds pause() const {
        if (deadlines.empty()) return longest_pause;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadlines.begin()->first - Clock::now());
        return std::clamp(left, std::chrono::milliseconds(0), longest_pause);
    }

    void answer(Job& job, Outcome outcome) {
        {
            const locking::Lock lock(mutex);
            --held;
        }
        std::exchange(job.answer, nullptr)(std::move(outcome));
    }

    // To all, when it ends.
    void give_up() {
        for (auto& [handle, one] : running) {
            curl_multi_remove_handle(multi.get(), handle);
            answer(*one.job, stopped_outcome());
        }
        running.clear();
        while (!waiting.empty()) {
            const std::shared_ptr<Job> job = waiting.take().work;
            if (job->answer) answer(*job, stopped_outcome());
        }
        Jobs jobs;
        {
            const locking::Lock lock(mutex);
            jobs.swap(arrived);
        }
        for (const std::shared_ptr<Job>& job : jobs) answer(*job, stopped_outcome());
    }
};

Client::Client(ClientOptions options) : implementation_(std::make_unique<Implementation>(std::move(options))) {}

Client::~Client() { stop(); }

void Client::stop() {
    std::thread thread;
    {
        const locking::Lock lock(implementation_->mutex);
        implementation_->stopped = true;
        thread.swap(implementation_->thread);
    }
    curl_multi_wakeup(implementation_->multi.get());
    if (thread.joinable()) thread.join();
}

asio::awaitable<Outcome> Client::fetch(Request request) {
    const auto initiate = [client = implementation_.get()](auto handler, Request wanted) {
        const auto executor = asio::get_associated_executor(handler);
        auto answer = [handler = std::move(handler), guard = asio::make_work_guard(executor)](Outcome outcome) mutable {
            // The guard moves with the handler: it must not outlive the context, which may end right after the handler.
            const asio::any_io_executor waiter = guard.get_executor();
            asio::post(waiter, [handler = std::move(handler), guard = std::move(guard),
                                outcome = std::make_unique<Outcome>(std::move(outcome))]() mutable {
                std::move(handler)(std::move(outcome));
            });
        };
        client->submit(make_job(std::move(wanted), std::move(answer)));
    };
    auto outcome = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::unique_ptr<Outcome>)>(
        initiate, asio::use_awaitable, std::move(request));
    co_return std::move(*outcome);
}

}  // namespace https

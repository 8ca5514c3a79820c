// Inboxes of execution contexts, and the coroutines waiting in them. A service of the context owns the waiting
// coroutines, so that they are destroyed with the context, on its thread.
#include "storage/engine/resume.h"

#include <asio/any_io_executor.hpp>
#include <asio/associated_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/execution_context.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <atomic>
#include <deque>
#include <unordered_map>
#include <utility>

#include "protocols/locking/mutex.h"

namespace storage::engine {

struct Waiter {
    asio::any_io_executor executor;  // counts as outstanding work: run() does not return while we wait
    Function<void()> resume;
};

struct Inbox {
    locking::Mutex mutex;
    bool closed GUARDED_BY(mutex) = false;     // the context is destroyed or being destroyed
    bool scheduled GUARDED_BY(mutex) = false;  // a drain was posted
    std::atomic<int> posting = 0;              // threads that are posting one now: the context waits for them
    std::unordered_map<Waiter*, std::unique_ptr<Waiter>> waiting GUARDED_BY(mutex);
    std::deque<std::unique_ptr<Waiter>> ready GUARDED_BY(mutex);
};

namespace {

void drain(std::shared_ptr<Inbox> inbox);

// Posts a drain for the ready ones, unless one was posted already.
void schedule(const std::shared_ptr<Inbox>& inbox) REQUIRES(inbox->mutex) {
    if (inbox->scheduled || inbox->ready.empty()) return;
    inbox->scheduled = true;
    asio::post(inbox->ready.front()->executor, [inbox] { drain(inbox); });
}

// Resumes those that are ready now. If one throws, the next drain resumes the rest.
void drain(std::shared_ptr<Inbox> inbox) {
    locking::Lock lock(inbox->mutex);
    inbox->scheduled = false;
    for (std::size_t left = inbox->ready.size(); left > 0 && !inbox->ready.empty(); --left) {
        std::unique_ptr<Waiter> waiter = std::move(inbox->ready.front());
        inbox->ready.pop_front();
        if (left > 1) schedule(inbox);
        lock.unlock();
        asio::dispatch(waiter->executor, std::move(waiter->resume));
        waiter.reset();
        lock.lock();
    }
    schedule(inbox);
}

class InboxService : public asio::execution_context::service {
  public:
    using key_type = InboxService;
    static asio::execution_context::id id;

    explicit InboxService(asio::execution_context& context)
        : asio::execution_context::service(context), inbox_(std::make_shared<Inbox>()) {}

    void shutdown() override {
        decltype(inbox_->waiting) waiting;
        decltype(inbox_->ready) ready;
        {
            const locking::Lock lock(inbox_->mutex);
            inbox_->closed = true;
            waiting.swap(inbox_->waiting);
            ready.swap(inbox_->ready);
        }
        while (const int posting = inbox_->posting.load()) inbox_->posting.wait(posting);
        // Destroy the coroutines here, outside the lock: their destructors may do anything.
    }

    const std::shared_ptr<Inbox>& inbox() const { return inbox_; }

  private:
    std::shared_ptr<Inbox> inbox_;
};

asio::execution_context::id InboxService::id;

// Started by asio::use_awaitable once the coroutine is suspended: puts its handler into the inbox.
struct Initiation {
    Function<void(Resumption)>* start;

    template <class Handler>
    void operator()(Handler&& handler) const {
        asio::any_io_executor executor = asio::get_associated_executor(handler);
        asio::execution_context& context = asio::query(executor, asio::execution::context_as<asio::execution_context&>);
        const std::shared_ptr<Inbox> inbox = asio::use_service<InboxService>(context).inbox();
        auto waiter = std::make_unique<Waiter>();
        waiter->executor = asio::prefer(executor, asio::execution::outstanding_work.tracked);
        waiter->resume = std::forward<Handler>(handler);
        Waiter* const key = waiter.get();
        {
            const locking::Lock lock(inbox->mutex);
            inbox->waiting.emplace(key, std::move(waiter));
        }
        Function<void(Resumption)> go = std::move(*start);
        go(Resumption(inbox, key));
    }
};

}  // namespace

// Posts outside the lock, which the woken thread needs at once.
void Resumption::operator()() {
    asio::any_io_executor executor;
    {
        const locking::Lock lock(inbox_->mutex);
        auto found = inbox_->waiting.find(waiter_);
        if (inbox_->closed || found == inbox_->waiting.end()) return;
        executor = found->second->executor;
        inbox_->ready.push_back(std::move(found->second));
        inbox_->waiting.erase(found);
        if (std::exchange(inbox_->scheduled, true)) return;
        ++inbox_->posting;
    }
    asio::post(executor, [inbox = inbox_] { drain(inbox); });
    executor = {};  // counts as the context's work: release it before the context may be destroyed
    if (--inbox_->posting == 0) inbox_->posting.notify_one();
}

asio::awaitable<void> suspend(Function<void(Resumption)> start) {
    const Initiation initiation{&start};
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(initiation, asio::use_awaitable);
}

}  // namespace storage::engine

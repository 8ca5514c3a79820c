#include "protocols/dns/prober.h"

#include <utility>
#include <variant>

namespace dns {

void Prober::send(const std::string& name, RecordType type, std::chrono::milliseconds within, Ended ended) {
    constexpr auto name_servers = static_cast<RecordType>(2);  // NS: RFC 1035 §3.2.2
    channel_ = std::make_unique<Channel>(executor_, make_());
    ended_ = std::move(ended);
    heard_ = false;
    ask(".", name_servers);
    ask(name, type);
    watch();
    end_.expires_after(within);
    end_.async_wait([weak = weak_from_this()](const asio::error_code& cancelled) {
        const auto self = weak.lock();
        if (!cancelled && self && self->channel_) self->finish(false);
    });
}

void Prober::stop() {
    ended_ = nullptr;
    end_.cancel();
    channel_.reset();
}

void Prober::ask(const std::string& name, RecordType type) {
    ub_resolve_async(channel_->context.handle.get(), name.c_str(), static_cast<int>(type), 1, this, called_back,
                     nullptr);
}

void Prober::watch() {
    channel_->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                    [weak = weak_from_this(), watched = channel_.get()](const asio::error_code& error) {
                                        const auto self = weak.lock();
                                        if (error || !self || self->channel_.get() != watched) return;
                                        ub_process(watched->context.handle.get());
                                        if (self->heard_) return self->finish(true);
                                        self->watch();
                                    });
}

// "There is no such name" is an answer, too; libunbound's own failure is none. It called: its context must outlast
// this.
void Prober::called_back(void* data, int error, ub_result* raw) {
    Prober& self = *static_cast<Prober*>(data);
    const UnboundResult result(raw);
    if (!std::holds_alternative<Unavailable>(to_answer(error, result.get(), 1))) self.heard_ = true;
}

void Prober::finish(bool answered) {
    end_.cancel();
    channel_.reset();
    if (const Ended ended = std::exchange(ended_, nullptr)) ended(answered);
}

}  // namespace dns

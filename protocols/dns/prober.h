// Asks whether any name server answers, in a context of libunbound made for that: it remembers nothing, so whatever it
// is told has just come. The root's servers are asked for, which all that forward know; and a name that is wanted, for
// those of private networks that know nothing else. On the resolver's executor.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "protocols/dns/channel.h"

namespace dns {

class Prober : public std::enable_shared_from_this<Prober> {
  public:
    using Made = std::function<UnboundContext()>;  // may throw std::runtime_error
    using Ended = std::function<void(bool answered)>;

    Prober(asio::any_io_executor executor, Made make) : executor_(executor), make_(std::move(make)), end_(executor) {}

    // Ends within the time. One at a time. Throws as Made does.
    void send(const std::string& name, RecordType type, std::chrono::milliseconds within, Ended ended);
    // `ended` is not called any more.
    void stop();

  private:
    void ask(const std::string& name, RecordType type);
    void watch();
    void finish(bool answered);
    static void called_back(void* data, int error, ub_result* raw);

    asio::any_io_executor executor_;
    Made make_;
    asio::steady_timer end_;
    std::unique_ptr<Channel> channel_;
    bool heard_ = false;
    Ended ended_;
};

}  // namespace dns

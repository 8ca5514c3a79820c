// What is asked of the DNS about a client and its reverse-path before their message is here: SPF (RFC 7208) and iprev
// (RFC 8601 §3). judge.h asks for the rest.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "protocols/dns/source.h"
#include "protocols/mailauth/iprev.h"
#include "protocols/mailauth/spf.h"
#include "protocols/services/intake.h"

namespace server::delivery {

struct JudgedEnvelope {
    std::string client_address;  // textual
    std::string client_name;     // as given in HELO
    std::string reverse_path;    // without <>
    std::string hostname;        // ours
    std::int64_t now = 0;        // Unix seconds
};

// On one thread. What is not known yet is a temporary error.
class ClientInquiry : public services::Inquiry {
  public:
    using Clock = std::chrono::steady_clock;

    // Begins on the executor, on which the source is asked.
    ClientInquiry(asio::any_io_executor executor, std::shared_ptr<dns::Source> source, JudgedEnvelope envelope);
    // Nothing more is asked then.
    ~ClientInquiry() override;

    // Until that, or all, is known, or the time is over.
    asio::awaitable<void> wait_for_spf(Clock::time_point until);
    asio::awaitable<void> wait(Clock::time_point until);
    bool is_known() const;
    const mailauth::SpfResult& spf() const;
    const mailauth::IprevResult& iprev() const;
    const std::shared_ptr<dns::Source>& source() const { return source_; }

  private:
    struct State;
    static asio::awaitable<void> look_up_sender(std::shared_ptr<State> state);
    static asio::awaitable<void> look_up_address(std::shared_ptr<State> state);

    std::shared_ptr<dns::Source> source_;
    std::shared_ptr<State> state_;  // outlives it while answers are still to come
};

}  // namespace server::delivery

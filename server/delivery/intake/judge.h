// Judges a message from outside while it comes in: SPF (RFC 7208), DKIM (RFC 6376), ARC (RFC 8617), DMARC (RFC 9989),
// iprev (RFC 8601 §3). protocols/mailauth does it; this asks in time, bounds the whole, and says what came out. What
// follows from it: policy.h.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mailauth/arc_verifier.h"
#include "protocols/mailauth/authentication_results.h"
#include "protocols/mailauth/dkim_verifier.h"
#include "protocols/mailauth/dmarc.h"
#include "protocols/mailauth/iprev.h"
#include "protocols/mailauth/spf.h"
#include "server/delivery/intake/client_inquiry.h"

namespace server::delivery {

// What was found out. What the DNS did not tell in time is a temporary error; DMARC is judged without it, since whoever
// sends chooses most of the names that are asked for, and their servers may be silent on purpose.
struct Verdicts {
    std::vector<std::string> authors;  // the domains of the addresses in From, as given
    mailauth::IprevResult iprev;
    mailauth::SpfResult spf;
    std::vector<mailauth::DkimResult> dkim;
    mailauth::DmarcResult dmarc;
    mailauth::ArcResult arc;
};

class Judge {
  public:
    // The client's source is asked on the executor. now: Unix seconds. `patience`: how long the whole may take, from
    // the end of the message on.
    Judge(asio::any_io_executor executor, std::shared_ptr<ClientInquiry> client, std::int64_t now,
          std::chrono::steady_clock::duration patience);
    ~Judge();

    // The header section as it came; it is needed no longer then. What it makes us ask begins to be asked. Then the
    // body, in pieces of any size.
    void read_header(std::string_view section);
    void feed(std::string_view body);
    // After the last piece; once.
    asio::awaitable<Verdicts> finish();

  private:
    struct State;
    static asio::awaitable<void> judge_content(std::shared_ptr<State> state);
    static asio::awaitable<void> judge_author(std::shared_ptr<State> state);

    std::chrono::steady_clock::duration patience_;
    std::shared_ptr<State> state_;  // outlives the judge while answers are still to come
};

// The verdicts as RFC 8601 says them, in the order in which they are written.
std::vector<mailauth::AuthenticationResult> results_of(const Verdicts& verdicts, const std::string& client_address);

// One of them for the trace: "dkim=pass header.d=example.org header.s=s1 (reason)".
std::string to_line(const mailauth::AuthenticationResult& result);

}  // namespace server::delivery

// How many connections to one next hop are allowed, and when it is not tried at all. Like Postfix's queue manager: one
// connection at first, one more for each answered message, fewer if the peer refuses connections. An unreachable next
// hop is tried by one probe after a while, not by each message. Pure; times in Unix seconds.
#pragma once

#include <cstdint>

namespace server::queue {

class Concurrency {
  public:
    // `most`: connections at most. `back_off`: seconds between two probes of a dead next hop.
    Concurrency(std::uint32_t most, std::int64_t back_off) : most_(most), back_off_(back_off) {}
    void configure(std::uint32_t most, std::int64_t back_off);

    // How many connections may be open or opening now; 0: none before resumes_at().
    std::uint32_t window(std::int64_t now) const;
    std::int64_t resumes_at() const { return resumes_at_; }
    // It was unreachable, and is not tried at `now`: its mail need not wait for it.
    bool is_dead(std::int64_t now) const { return dead_ && now < resumes_at_; }
    // It has answered since it was last dead (or first used): it may have more of the shared connections.
    bool is_proven() const { return proven_; }
    bool has_delivered_lately(std::int64_t now) const { return last_success_ != 0 && now - last_success_ < lately; }

    // A message was answered, positively or not.
    void succeeded(std::int64_t now);

    enum class Verdict : std::uint8_t {
        fewer,  // other connections still work: the next hop only wants fewer
        later,  // it has taken mail lately: a short pause, during which its mail waits
        dead,   // not tried during the back-off
    };
    // A connection failed, while `others` were open or opening.
    Verdict refused(std::int64_t now, std::uint32_t others);
    // An open connection broke during its first message: never `dead` while others are open or opening.
    Verdict broke(std::int64_t now, std::uint32_t others);
    // An administrator wants it tried now, even if it is dead.
    void revive();

    static constexpr std::int64_t lately = 600;  // seconds

  private:
    void shrink(std::uint32_t to);
    Verdict die(std::int64_t now);

    static constexpr std::uint32_t most_pauses = 5;   // of 1, 2, 4 … seconds
    static constexpr std::uint32_t most_breaks = 3;   // in a row
    static constexpr std::uint32_t slow_growth = 16;  // messages per additional connection, after one was refused
    static constexpr std::uint32_t slowest_growth = 1024;

    std::uint32_t most_;
    std::int64_t back_off_;
    std::uint32_t window_ = 1;
    std::uint32_t growth_ = 1;       // answered messages per additional connection
    std::uint32_t credit_ = 0;       // answered messages since the window grew
    std::uint32_t pauses_ = 0;       // since the last success
    std::uint32_t breaks_ = 0;       // the same
    std::int64_t last_success_ = 0;  // 0: never
    std::int64_t resumes_at_ = 0;
    bool dead_ = false;
    bool proven_ = false;
};

}  // namespace server::queue

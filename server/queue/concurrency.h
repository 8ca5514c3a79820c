// How many connections one next hop is worth, and when it is left in peace. In the manner of Postfix's queue manager:
// one connection at first, one more for each message that the peer answers, fewer when it does not have us; a next hop
// that nobody could reach is tried by one probe after a while, not by each message. Pure; times in Unix seconds.
#pragma once

#include <cstdint>

namespace server::queue {

class Concurrency {
  public:
    // `most`: connections at best. `back_off`: seconds between two probes of a dead next hop.
    Concurrency(std::uint32_t most, std::int64_t back_off) : most_(most), back_off_(back_off) {}
    void configure(std::uint32_t most, std::int64_t back_off);

    // Connections that may be open or opening now; 0: none before resumes_at().
    std::uint32_t window(std::int64_t now) const;
    std::int64_t resumes_at() const { return resumes_at_; }
    // It could not be reached, and is not to be tried at `now`: its mail need not wait for it.
    bool is_dead(std::int64_t now) const { return dead_ && now < resumes_at_; }
    // It has answered since it was last dead (or first used): worth more of what all share.
    bool is_proven() const { return proven_; }
    bool has_delivered_lately(std::int64_t now) const { return last_success_ != 0 && now - last_success_ < lately; }

    // A message was answered, whatever the answer.
    void succeeded(std::int64_t now);

    enum class Verdict : std::uint8_t {
        fewer,  // others of its connections go on: nothing is said of the next hop but that it wants fewer
        later,  // it has taken mail lately: a short pause, for which its mail waits
        dead,   // left in peace for the back-off
    };
    // No connection was to be had, while so many others were open or opening.
    Verdict refused(std::int64_t now, std::uint32_t others);
    // One that was open broke in the middle of its first message.
    Verdict broke(std::int64_t now, std::uint32_t others);
    // Somebody wants it tried now, whatever is known.
    void revive();

    static constexpr std::int64_t lately = 600;  // seconds

  private:
    void shrink(std::uint32_t to);
    Verdict die(std::int64_t now);

    static constexpr std::uint32_t most_pauses = 5;   // of 1, 2, 4 … seconds
    static constexpr std::uint32_t most_breaks = 3;   // one after the other
    static constexpr std::uint32_t slow_growth = 16;  // messages for one more connection, once one was refused
    static constexpr std::uint32_t slowest_growth = 1024;

    std::uint32_t most_;
    std::int64_t back_off_;
    std::uint32_t window_ = 1;
    std::uint32_t growth_ = 1;       // answered messages for one more connection
    std::uint32_t credit_ = 0;       // answered since the window grew
    std::uint32_t pauses_ = 0;       // since the last success
    std::uint32_t breaks_ = 0;       // the same
    std::int64_t last_success_ = 0;  // 0: never
    std::int64_t resumes_at_ = 0;
    bool dead_ = false;
    bool proven_ = false;
};

}  // namespace server::queue

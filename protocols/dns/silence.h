// Whether any name server answers. Each look-up would wait its whole time while none does, and mail with it; but a
// look-up may also lack an answer because its domain's own servers are silent. So one that has waited is a reason to
// ask, by a probe that nothing remembered can answer (prober.h). Pure.
#pragma once

#include <chrono>

namespace dns {

struct SilencePatience {
    std::chrono::milliseconds question{3'000};  // without an answer for so long: a probe is sent
    std::chrono::milliseconds probe{4'000};     // libunbound asks each server several times meanwhile
    std::chrono::milliseconds believed{5'000};  // what an answered probe proves holds as long
};

class Silence {
  public:
    using Time = std::chrono::steady_clock::time_point;
    enum class News { none, begins, ends };

    explicit Silence(SilencePatience patience) : patience_(patience) {}

    // None answers: look-ups fail at once.
    bool is_silent() const { return silent_; }
    // Whether a probe should be sent, as long as a question asked then has no answer. In silence they follow each
    // other.
    bool wants_probe(Time asked_at, Time now) const;
    void probe_sent() { probing_ = true; }
    bool is_probing() const { return probing_; }
    News probe_ended(bool answered, Time now);

  private:
    const SilencePatience patience_;
    bool silent_ = false;
    bool probing_ = false;
    Time believed_until_{};
};

}  // namespace dns

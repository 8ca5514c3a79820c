// A server within the test process: scratch directory, ports chosen by the kernel, the accounts that the transcripts
// use.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/transcript.h"

namespace support {

class TestHouse {
  public:
    // With the domains and accounts of tests/transcripts/README.md; `config` is TOML appended to the defaults.
    // With `web`, the door "http" is open too.
    // Log::kept: all that is logged is kept for log_lines(); else errors go to standard error.
    enum class Log { errors, kept };
    explicit TestHouse(const std::string& config = "", Log log = Log::errors, bool web = false);
    ~TestHouse();  // stops the server and deletes the directory

    const Stage& stage() const;
    // Does what SIGTERM does.
    void stop();
    // The kept lines that contain these words, in order, without their times. Waits until there are so many.
    std::vector<std::string> log_lines(const std::string& words, std::size_t at_least = 0) const;
    // True if every protocol greets a new client and the server then stops in time.
    bool is_well();

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace support

// A server within the test process: scratch directory, ports chosen by the kernel, the accounts that the transcripts
// use.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/transcript.h"

namespace support {

class TestHouse {
  public:
    // With the domains and accounts of tests/transcripts/README.md; `config` is TOML appended to the defaults.
    explicit TestHouse(const std::string& config = "");
    ~TestHouse();  // stops the server and deletes the directory

    const Stage& stage() const;
    // Does what SIGTERM does.
    void stop();
    // True if every protocol greets a new client and the server then stops in time.
    bool is_well();

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace support

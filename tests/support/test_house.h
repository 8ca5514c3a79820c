// A house in the process, for tests: scratch directory, ports of the kernel's choice, the accounts of the seed
// sessions.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/transcript.h"

namespace support {

class TestHouse {
  public:
    // With the domains and accounts that tests/transcripts/README.md names; `config` is TOML put behind the defaults.
    explicit TestHouse(const std::string& config = "");
    ~TestHouse();  // stops and deletes the directory

    const Stage& stage() const;
    // What SIGTERM does.
    void stop();
    // True if every door greets a new client and the house then stops in time.
    bool is_well();

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace support

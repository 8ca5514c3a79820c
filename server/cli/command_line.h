// The command line: `mailstead serve`, `mailstead account add bob`, … server/README.md "Config". Exit status 0, or 1
// with one clear line on standard error, 2 for wrong usage. CLI11 parses; each command has its own file.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "server/config/config.h"

namespace server::cli {

// The streams of a command; tests pass their own.
struct Console {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool interactive = false;  // a person can be asked for a password
    Environment environment;
};

// Runs one command line (without the program's name); returns its exit status.
int run(const std::vector<std::string>& arguments, Console& console);

// The same for main().
int run(int argc, char** argv);

}  // namespace server::cli

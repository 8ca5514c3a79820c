// The command line: `mailstead serve`, `mailstead account add bob`, … server/README.md "Config". Exit status 0, or 1
// with one clear line on standard error, 2 for wrong usage. The grammar is CLI11's; each command is a file of its own.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "server/config/config.h"

namespace server::cli {

// What a command reads and writes; tests pass their own.
struct Console {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool interactive = false;  // a person may be asked for a password
    Environment environment;
};

// Runs one command line (without the program's name) to its exit status.
int run(const std::vector<std::string>& arguments, Console& console);

// The same for main().
int run(int argc, char** argv);

}  // namespace server::cli

// The running server confines itself to what it needs: no new privileges, no capabilities, no other files (Landlock),
// no system calls that a mail server never makes (seccomp). Whoever takes it over through a fault in a parser has that
// and no more. Linux; what the kernel does not have is reported and left out.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "protocols/services/event_log.h"
#include "server/config/config.h"

namespace server {

using Paths = std::vector<std::filesystem::path>;

// Each measure with "yes", or "no: " and the reason.
struct Confinement {
    std::string no_new_privs;
    std::string undumpable;    // no core dumps, no tracing by others of the same user
    std::string capabilities;  // given up
    std::string landlock;
    std::string seccomp;
};

// Confines this thread and all threads and processes that it starts, for good: call it before there are others. The
// process may then read and write files in `data`, and read what is in `readable`, directories or files; files that are
// open stay open. The network is not restricted.
Confinement confine(const std::filesystem::path& data, const Paths& readable);

// One line: event=confined; a warning if something is missing.
void log_confinement(services::EventLog& log, const Confinement& confinement);

// What a server with this config reads besides its data: the system's directories, and those of the files that the
// config names (so that renewed certificates beside them can be read), as named and as links lead.
Paths readable_paths(const Config& config, const std::filesystem::path& config_file, const Environment& environment);

// The first file that this config names and that lies in none of these directories, as "key: path"; nullopt: none.
std::optional<std::string> first_outside(const Config& config, const Paths& readable);

}  // namespace server

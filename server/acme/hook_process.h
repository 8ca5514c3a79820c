// Runs the hook: by a process of its own, which is made before the server confines itself, and which starts that one
// program and no other. The server itself starts none: whoever takes it over can call the hook, with names of
// challenges and values of their kind, and no more.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "server/acme/hook.h"

namespace server::acme {

// nullptr if there is no command. Call it while the process has one thread. The program runs without a shell, with a
// short environment (PATH, HOME, LANG, LC_ALL, TZ), nothing to read, and what it prints goes to standard error; it is
// killed after that time. Throws std::system_error.
std::unique_ptr<Hook> start_hook_process(std::string command, std::chrono::seconds time);

// What the process takes: actions, names and values as they stand in hook.h.
bool is_hook_call(const std::string& action, const std::string& name, const std::string& value);

}  // namespace server::acme

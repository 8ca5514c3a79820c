// Where a new password comes from: standard input, a generator, or a person at a terminal.
#pragma once

#include <string>

#include "server/cli/context.h"

namespace server::cli {

struct PasswordSource {
    bool from_stdin = false;  // --password-stdin
    bool generate = false;    // --generate
};

// The password; generated ones are to be shown once by the caller. Warns of a short one, but takes it: the
// administrator may insist. Throws WrongUsage when there is no way to get one, Failure when it cannot be one.
std::string obtain_password(Context& context, const PasswordSource& source);

}  // namespace server::cli

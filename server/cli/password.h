// Gets a new password: from standard input, a generator, or a person at a terminal.
#pragma once

#include <string>

#include "server/cli/context.h"

namespace server::cli {

struct PasswordSource {
    bool from_stdin = false;  // --password-stdin
    bool generate = false;    // --generate
};

// The password; the caller shows a generated one once. Warns of a short one, but accepts it. Throws WrongUsage if there
// is no way to get one, Failure if it is not allowed.
std::string obtain_password(Context& context, const PasswordSource& source);

}  // namespace server::cli

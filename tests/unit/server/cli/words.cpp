// What others have written is shown on a terminal.
#include "server/cli/words.h"

#include <doctest/doctest.h>

using server::cli::on_terminal;

TEST_CASE("what a terminal could take for a command is shown as a question mark") {
    CHECK(on_terminal("250 ok") == "250 ok");
    CHECK(on_terminal("a\x1b[2J\r\n\tb\x7f") == "a?[2J???b?");
    CHECK(on_terminal("Grüße ☃ \u00a0") == "Grüße ☃ \u00a0");
    CHECK(on_terminal("a\xc2\x9b"
                      "31mb\xc2\x80\xc2\x9f") == "a?31mb??");
    CHECK(on_terminal("no UTF-8: \x9b"
                      "31m\xfc\xc2") == "no UTF-8: ?31m??");
    CHECK(on_terminal("").empty());
}

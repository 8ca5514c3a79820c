// SASLprep by the examples of RFC 4013 §3.
#include "protocols/sasl/saslprep.h"

#include <doctest/doctest.h>

using sasl::normalise_password;
using sasl::saslprep;

TEST_CASE("RFC 4013 §3") {
    CHECK(saslprep("I\u00ADX") == "IX");              // SOFT HYPHEN mapped to nothing
    CHECK(saslprep("user") == "user");                // no transformation
    CHECK(saslprep("USER") == "USER");                // case preserved
    CHECK(saslprep("\u00AA") == "a");                 // NFKC
    CHECK(saslprep("\u2168") == "IX");                // NFKC, same as the first
    CHECK(saslprep("\x07") == std::nullopt);          // prohibited
    CHECK(saslprep("\u0627\u0031") == std::nullopt);  // bidi
}

TEST_CASE("more of the tables") {
    CHECK(saslprep("a\u00A0b\u3000c") == "a b c");
    CHECK(saslprep("\u0627\u0628") == "\u0627\u0628");
    CHECK(saslprep("\u0627a\u0628") == std::nullopt);
    CHECK(saslprep("a\uE000") == std::nullopt);
    CHECK(saslprep("a\u200E") == std::nullopt);
    CHECK(saslprep("a\uFFFD") == std::nullopt);
    CHECK(saslprep("\x80") == std::nullopt);
    CHECK(saslprep("") == "");
    CHECK(saslprep("pa\u0308ss") == "p\u00E4ss");
}

TEST_CASE("a password that cannot be prepared stays as it is") {
    CHECK(normalise_password("pa\u0308ss") == "p\u00E4ss");
    CHECK(normalise_password("tab\t") == "tab\t");
    CHECK(normalise_password("latin1 \xE4") == "latin1 \xE4");
}

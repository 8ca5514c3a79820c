// Normalization Form C: the Unicode Standard, annex 15.
#include "protocols/mime/normal_form.h"

#include <doctest/doctest.h>

TEST_CASE("characters are composed; ASCII and what is not UTF-8 stay") {
    CHECK(mime::normal_form_c("na\u00efve") == "na\u00efve");
    CHECK(mime::normal_form_c("nai\u0308ve") == "na\u00efve");
    CHECK(mime::normal_form_c("plain") == "plain");
    CHECK(mime::normal_form_c("\xff"
                              "e\u0301") ==
          "\xff"
          "e\u0301");
    CHECK(mime::normal_form_c("").empty());
}

// Domain names. RFC 1035 §2.3.4, RFC 5890 §2.3.
#include "protocols/mailauth/domain_name.h"

#include <doctest/doctest.h>

using namespace mailauth;

TEST_CASE("names that a question can be put about") {
    const std::string label(63, 'a');
    const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
    for (const std::string& name : {std::string("a"), std::string("_dmarc.example.org"), std::string("a b%.example"),
                                    label + ".example", longest}) {
        CAPTURE(name);
        CHECK(can_be_asked(name));
    }
    for (const std::string& name :
         {std::string(), std::string("."), std::string("a..b"), std::string(".a"), std::string("a."), "a" + longest,
          "a" + label + ".example", std::string("a\\.b"), std::string("a\0b", 3), std::string("b\xc3\xbc.example")}) {
        CAPTURE(name);
        CHECK_FALSE(can_be_asked(name));
    }
}

TEST_CASE("domains of addresses become A-labels in lower case") {
    CHECK(normal_domain("Mail.Example.ORG.") == "mail.example.org");
    CHECK(normal_domain("b\xc3\xbc"
                        "cher.example") == "xn--bcher-kva.example");
    CHECK(normal_domain("my_host.example") == "my_host.example");
    CHECK_FALSE(normal_domain("").has_value());
    CHECK_FALSE(normal_domain("[192.0.2.1]").has_value());
    CHECK_FALSE(normal_domain("a..example").has_value());
    CHECK_FALSE(normal_domain("a b.example").has_value());
    CHECK_FALSE(normal_domain("\xff.example").has_value());
}

TEST_CASE("labels are counted and taken from the right") {
    CHECK(count_labels("") == 0);
    CHECK(count_labels("example") == 1);
    CHECK(count_labels("a.b.example") == 3);
    CHECK(last_labels("a.b.example", 2) == "b.example");
    CHECK(last_labels("a.b.example", 3) == "a.b.example");
    CHECK(last_labels("a.b.example", 9) == "a.b.example");
    CHECK(last_labels("a.b.example", 0).empty());
}

TEST_CASE("within a domain") {
    CHECK(is_within("Example.org", "example.ORG"));
    CHECK(is_within("mail.example.org", "example.org"));
    CHECK_FALSE(is_within("mail.bad-example.org", "example.org"));
    CHECK_FALSE(is_within("example.org", "mail.example.org"));
}

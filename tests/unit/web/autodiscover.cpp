#include "web/autodiscover.h"

#include <doctest/doctest.h>

namespace {

web::Options offering() {
    web::Options options;
    options.hostname = "mail.example.org";
    options.imaps_port = 993;
    options.imap_port = 143;
    options.submissions_port = 465;
    options.submission_port = 587;
    return options;
}

std::string with_address(const std::string& text) {
    return "<Autodiscover><Request><EMailAddress>" + text + "</EMailAddress></Request></Autodiscover>";
}

}  // namespace

TEST_CASE("autodiscover: Outlook hears the host, ports and log-in name") {
    const std::string answer = web::autodiscover_document(offering(), with_address("bob@example.org"));
    CHECK(answer.contains("<Type>IMAP</Type>\n        <Server>mail.example.org</Server>\n        <Port>993</Port>\n"));
    CHECK(answer.contains("<Type>SMTP</Type>\n        <Server>mail.example.org</Server>\n        <Port>465</Port>\n"));
    CHECK(answer.contains("<LoginName>bob@example.org</LoginName>\n"));
    CHECK(!answer.contains("POP3"));
    CHECK(!answer.contains("TLS"));
}

TEST_CASE("autodiscover: with STARTTLS where there is no port for TLS from the first octet") {
    web::Options options = offering();
    options.imaps_port = options.submissions_port = 0;
    const std::string answer = web::autodiscover_document(options, "");
    CHECK(answer.contains("<Port>143</Port>\n"));
    CHECK(answer.contains("<Port>587</Port>\n"));
    CHECK(answer.contains("<Encryption>TLS</Encryption>"));
    CHECK(!answer.contains("<Encryption>SSL</Encryption>"));
}

TEST_CASE("autodiscover: whatever is posted, nothing of it stands in the answer but an address") {
    for (const std::string& posted :
         {std::string(), std::string("<EMailAddress>"), with_address(""), with_address("bob"),
          with_address("a@b<script>"), with_address("a@b&amp;c"), std::string("<EMailAddress>a@b<"),
          with_address(std::string(320, 'a') + "@b"), std::string("\xff\xfe\0<", 4)}) {
        CHECK_MESSAGE(!web::autodiscover_document(offering(), posted).contains("LoginName"), posted);
    }
    CHECK(web::autodiscover_document(offering(), with_address("\"a\"@b")).contains("<LoginName>&quot;a&quot;@b<"));
}

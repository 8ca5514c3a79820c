// Which parts are the body: RFC 8621 §4.1.4, with the RFC's own example.
#include "web/jmap/mail/body_parts.h"

#include <doctest/doctest.h>

#include "protocols/mime/summary.h"

using namespace jmap;

namespace {

std::string part(const std::string& type, const std::string& name, const std::string& more = "") {
    return "Content-Type: " + type + "\r\nContent-Description: " + name + "\r\n" + more + "\r\nx\r\n";
}

std::string multipart(const std::string& subtype, const std::string& boundary, const std::vector<std::string>& parts) {
    std::string text = "Content-Type: multipart/" + subtype + "; boundary=" + boundary + "\r\n\r\n";
    for (const std::string& one : parts) text += "--" + boundary + "\r\n" + one;
    return text + "--" + boundary + "--\r\n";
}

std::string names(const std::vector<const BodyPart*>& parts) {
    std::string text;
    for (const BodyPart* one : parts) text += one->view.description.value_or("?");
    return text;
}

struct Lists {
    std::string text;
    std::string html;
    std::string attachments;
    friend bool operator==(const Lists&, const Lists&) = default;
};
Lists lists_of(const std::string& message) {
    const std::string encoded = mime::encode_summary(mime::summarize(message));
    const mime::SummaryView summary(encoded);
    const BodyPart root = body_structure(summary);
    const BodyLists lists = body_lists(root);
    return {names(lists.text), names(lists.html), names(lists.attachments)};
}

constexpr const char* shown = "Content-Disposition: inline\r\n";

}  // namespace

TEST_CASE("the example of RFC 8621 §4.1.4") {
    const std::string alternative = multipart(
        "alternative", "m3",
        {multipart("mixed", "m4",
                   {part("text/plain", "B", shown), part("image/jpeg", "C", shown), part("text/plain", "D", shown)}),
         multipart("related", "m5", {part("text/html", "E"), part("image/jpeg", "F")})});
    const std::string message =
        multipart("mixed", "m1",
                  {part("text/plain", "A", shown),
                   multipart("mixed", "m2",
                             {alternative, part("image/jpeg", "G", "Content-Disposition: attachment\r\n"),
                              part("application/x-excel", "H"), part("message/rfc822", "J")}),
                   part("text/plain", "K", shown)});
    CHECK(lists_of(message) == Lists{"ABCDK", "AEK", "CFGHJ"});
}

TEST_CASE("one part, or only one of two alternatives, stands for both") {
    CHECK(lists_of(part("text/plain", "A")) == Lists{"A", "A", ""});
    CHECK(lists_of(part("text/html", "A")) == Lists{"A", "A", ""});
    CHECK(lists_of(part("application/pdf", "A")) == Lists{"", "", "A"});
    CHECK(lists_of(multipart("alternative", "b", {part("text/html", "A"), part("text/calendar", "B")})) ==
          Lists{"A", "A", "B"});
    CHECK(lists_of(multipart("alternative", "b", {part("text/plain", "A"), part("text/html", "B")})) ==
          Lists{"A", "B", ""});
    // A text with a name after another part is an attachment.
    CHECK(lists_of(multipart("mixed", "b", {part("text/plain", "A"), part("text/plain; name=n.txt", "B")})) ==
          Lists{"A", "A", "B"});
}

TEST_CASE("names, charsets and numbers of parts") {
    const std::string encoded = mime::encode_summary(mime::summarize(
        multipart("mixed", "b",
                  {part("text/plain", "A"), part("text/plain; charset=x", "B"),
                   part("image/png", "C", "Content-Disposition: INLINE; filename*=utf-8''%C3%A9.png\r\n"),
                   multipart("mixed", "c", {part("text/plain; name=\"=?utf-8?Q?=C3=A9?=\"", "D")})})));
    const mime::SummaryView summary(encoded);
    const BodyPart root = body_structure(summary);
    CHECK(root.id().empty());
    REQUIRE(root.sub_parts.size() == 4);
    CHECK(root.sub_parts[0].charset() == "us-ascii");
    CHECK(root.sub_parts[1].charset() == "x");
    CHECK_FALSE(root.sub_parts[2].charset());
    CHECK(root.sub_parts[2].name == "\u00e9.png");
    CHECK(root.sub_parts[2].disposition == "inline");
    CHECK(root.sub_parts[3].sub_parts[0].id() == "4.1");
    CHECK(root.sub_parts[3].sub_parts[0].name == "\u00e9");
}

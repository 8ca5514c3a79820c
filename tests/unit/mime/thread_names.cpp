// Names that put messages into one thread: RFC 8621 §3 (which fields count, and the base subject).
#include "protocols/mime/thread_names.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace {

std::vector<std::string> names_of(const std::string& header) {
    return mime::thread_names(mime::summarize(header + "\r\nbody\r\n"));
}

std::size_t shared(const std::string& one, const std::string& other) {
    const std::vector<std::string> others = names_of(other);
    return static_cast<std::size_t>(std::ranges::count_if(
        names_of(one), [&](const std::string& name) { return std::ranges::find(others, name) != others.end(); }));
}

}  // namespace

TEST_CASE("who shares a name of a thread with whom") {
    const std::string question = "Message-ID: <1@a>\r\nSubject: Lunch?\r\n";
    CHECK(names_of(question).size() == 1);
    CHECK(shared(question, "Message-ID: <2@a>\r\nReferences: <0@a> <1@a>\r\nSubject: Re: Lunch?\r\n") == 1);
    CHECK(shared(question, "Message-ID: <2@a>\r\nIn-Reply-To: <1@a>\r\nSubject: [food] RE: lunch?\r\n") == 1);
    CHECK(shared(question, "In-Reply-To: <1@a>\r\nReferences: <9@a>\r\nSubject: Lunch?\r\n") == 1);
    CHECK(shared(question, "Message-ID: <2@a>\r\nIn-Reply-To: <1@a>\r\nSubject: Dinner\r\n") == 0);
    CHECK(shared(question, "Message-ID: <2@a>\r\nSubject: Lunch?\r\n") == 0);
    // Encoded words, quoting and no subject at all.
    CHECK(shared("Message-ID: <1@a>\r\nSubject: =?utf-8?q?Caf=C3=A9?=\r\n",
                 "References: <\"1\"@a>\r\nSubject: Re: =?iso-8859-1?q?CAF=E9?=\r\n") == 1);
    CHECK(shared("Message-ID: <1@a>\r\n", "References: <1@a>\r\nSubject: Re:\r\n") == 1);
    CHECK(names_of("Subject: Lunch?\r\nMessage-ID: none\r\n").empty());
    CHECK(names_of("Message-ID: <1@a>\r\nIn-Reply-To: <1@a>\r\nReferences: <1@a> <1@a>\r\n").size() == 1);
}

TEST_CASE("of many references the first and the last count") {
    std::string header = "Message-ID: <own@a>\r\nSubject: x\r\nReferences:";
    for (int i = 0; i < 90; ++i) header += "\r\n <" + std::to_string(i) + "@a>";
    header += "\r\n";
    CHECK(names_of(header).size() == 22);
    CHECK(shared(header, "Message-ID: <own@a>\r\nSubject: x\r\n") == 1);
    CHECK(shared(header, "Message-ID: <0@a>\r\nSubject: x\r\n") == 1);
    CHECK(shared(header, "Message-ID: <89@a>\r\nSubject: x\r\n") == 1);
    CHECK(shared(header, "Message-ID: <1@a>\r\nSubject: x\r\n") == 0);
}

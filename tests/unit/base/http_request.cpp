// Telling HTTP from mail commands. RFC 9112 §3; RFC 9051 §9 (an IMAP client may use "GET" as a tag).
#include <doctest/doctest.h>

#include "protocols/base/http_request.h"

TEST_CASE("a request line is known by its target and version, whatever its method") {
    for (const char* line :
         {"GET / HTTP/1.1", "POST /mail?x=1 HTTP/1.0", "HEAD / HTTP/1.1", "PUT /a HTTP/1.1", "DELETE /a HTTP/1.1",
          "OPTIONS * HTTP/1.1", "CONNECT mail.example.org:25 HTTP/1.1", "TRACE / HTTP/1.1", "PATCH / HTTP/1.1",
          "PRI * HTTP/2.0", "GET http://a.example/ HTTP/1.1", "PROPFIND / HTTP/1.1", "NOOP / HTTP/1.1",
          "EHLO / HTTP/1.1", "get / http/1.0", "GET /", "CONNECT a:25"}) {
        CAPTURE(line);
        CHECK(base::is_http_request(line));
    }
}

TEST_CASE("commands of mail are no requests, also where a tag is a method's name") {
    for (const char* line : {"",
                             " ",
                             "GET",
                             "GET ",
                             "EHLO crepes.fr",
                             "MAIL FROM:<a@b.fr>",
                             "NOOP",
                             "NOOP /",
                             "VRFY /HTTP/1.1",
                             "GET CAPABILITY",
                             "GET NOOP",
                             "POST SELECT INBOX",
                             "PUT LOGIN bob HTTP/1.1",
                             "GET SELECT HTTP/1.1",
                             "DELETE DELETE /a",
                             "OPTIONS LIST \"\" *",
                             "CONNECT LOGIN a:b c",
                             "CONNECT NOOP",
                             "a1 LIST / *",
                             "a1 LIST \"\" HTTP/1.1",
                             "PASS /x HTTP",
                             "USER http://x",
                             "RETR 1",
                             "TOP 1 0"}) {
        CAPTURE(line);
        CHECK(!base::is_http_request(line));
    }
}

TEST_CASE("a session's first line may be any request; no later one begins with a method") {
    base::HttpWatch watch;
    CHECK_FALSE(watch.sees_request("EHLO crepes.fr"));
    CHECK_FALSE(watch.sees_request("NOOP / HTTP/1.1"));  // a valid argument of NOOP
    CHECK(watch.sees_request("POST / HTTP/1.1"));
    CHECK(watch.sees_request("post"));
    CHECK(base::HttpWatch().sees_request("NOOP / HTTP/1.1"));
    CHECK(base::HttpWatch().sees_request("GET"));
}

TEST_CASE("methods are whole words") {
    for (const char* word : {"GET", "get", "POST", "PRI", "PATCH"}) CHECK(base::is_http_method(word));
    for (const char* word : {"", "GE", "GETS", "EHLO", "DELE", "TOP", "RETR"}) CHECK(!base::is_http_method(word));
}

// Whether certificates come by themselves: never for names of tests, never at ports that nobody asks at.
#include "server/acme/situation.h"

#include <doctest/doctest.h>

using namespace server::acme;

namespace {

Situation usual() {
    Situation situation;
    situation.directory = std::string(public_directory);
    situation.hostname = "mail.crepes.fr";
    situation.https = {{"0.0.0.0", 443}, {"::", 443}};
    return situation;
}

}  // namespace

TEST_CASE("acme situation: names that no public authority knows") {
    for (const char* name : {"localhost",
                             "mail",
                             "",
                             "mail.example.org",
                             "example.com",
                             "MX.Example.NET",
                             "mail.demo.test",
                             "test",
                             "a.b.example",
                             "host.local",
                             "nas.lan",
                             "mail.corp.internal",
                             "x.home.arpa",
                             "1.0.168.192.in-addr.arpa",
                             "192.0.2.1",
                             "[::1]",
                             "mail.",
                             "a.invalid",
                             "x.localhost",
                             "y.onion"}) {
        CAPTURE(name);
        CHECK(is_private_name(name));
    }
    for (const char* name :
         {"mail.crepes.fr", "crepes.fr", "myexample.org", "mail.test.de", "xn--bcher-kva.example2.ch", "a1.b2"}) {
        CAPTURE(name);
        CHECK_FALSE(is_private_name(name));
    }
}

TEST_CASE("acme situation: by default the public server is asked only from ports and names that it can ask at") {
    CHECK(what_is_missing(usual()).empty());
    CHECK(usable_types(usual()) == ChallengeTypes{"tls-alpn-01"});
    Situation demonstration = usual();
    demonstration.hostname = "localhost";
    CHECK(what_is_missing(demonstration) == "hostname is \"localhost\", a name that no public authority knows");
    for (const char* name : {"mail.demo.test", "mail.example.org", "printer"}) {
        demonstration.hostname = name;
        CHECK_FALSE(what_is_missing(demonstration).empty());
    }
    Situation other_port = usual();
    other_port.https = {{"0.0.0.0", 8443}};
    CHECK(what_is_missing(other_port).starts_with("no door can answer a challenge"));
    other_port.https = {{"127.0.0.1", 443}, {"::1", 443}};
    CHECK_FALSE(what_is_missing(other_port).empty());
    other_port.http = {{"192.0.2.1", 80}};
    CHECK(what_is_missing(other_port).empty());
    CHECK(usable_types(other_port) == ChallengeTypes{"http-01"});
    other_port.http.clear();
    other_port.has_hook = true;
    CHECK(usable_types(other_port) == ChallengeTypes{"dns-01"});
}

TEST_CASE("acme situation: one kind of challenge if it is wished") {
    Situation situation = usual();
    situation.http = {{"0.0.0.0", 80}};
    situation.has_hook = true;
    CHECK(usable_types(situation) == ChallengeTypes{"tls-alpn-01", "http-01", "dns-01"});
    situation.challenge = "http-01";
    CHECK(usable_types(situation) == ChallengeTypes{"http-01"});
    situation.challenge = "dns-01";
    situation.has_hook = false;
    CHECK(what_is_missing(situation) == "[acme] hook is empty: it is needed to answer dns-01 challenges");
}

TEST_CASE("acme situation: a directory that is named is asked whatever names and ports; an empty one never") {
    Situation situation = usual();
    situation.directory = "https://127.0.0.1:14000/dir";
    situation.hostname = "mail.demo.test";
    situation.https = {{"127.0.0.1", 5001}};
    CHECK(is_asked_for(situation));
    CHECK(what_is_missing(situation).empty());
    situation.https.clear();
    CHECK_FALSE(what_is_missing(situation).empty());
    CHECK_FALSE(is_switched_off(situation));
    situation.has_files = true;
    CHECK(is_switched_off(situation));
    situation.has_files = false;
    situation.directory = "";
    CHECK(is_switched_off(situation));
}

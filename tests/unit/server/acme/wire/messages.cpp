// What an ACME server says: the RFC's examples, and what is none of them.
#include "server/acme/wire/messages.h"

#include <doctest/doctest.h>

using namespace server::acme;

TEST_CASE("acme messages: the RFC's objects") {
    const auto directory =
        read_directory(R"({"newNonce":"https://a/n","newAccount":"https://a/a","newOrder":"https://a/o",
        "revokeCert":"https://a/r","renewalInfo":"https://a/i","meta":{"externalAccountRequired":true}})");
    REQUIRE(directory);
    CHECK(directory->new_order == "https://a/o");
    CHECK(directory->renewal_info == "https://a/i");
    CHECK(directory->needs_external_account);
    const auto order = read_order(R"({"status":"valid","expires":"2016-01-20T14:09:07.99Z",
        "identifiers":[{"type":"dns","value":"www.example.org"}],"authorizations":["https://a/authz/1","https://a/authz/2"],
        "finalize":"https://a/order/finalize","certificate":"https://a/cert/1"})");
    REQUIRE(order);
    CHECK(order->status == Status::valid);
    CHECK(order->authorizations.size() == 2);
    CHECK(order->certificate == "https://a/cert/1");
    CHECK_FALSE(order->error);
    const auto authorization =
        read_authorization(R"({"status":"invalid","identifier":{"type":"dns","value":"WWW.example.org"},
        "challenges":[{"url":"https://a/chall/1","type":"http-01","status":"invalid","token":"DGyRejmCefe7v4NfDGDKfA",
        "error":{"type":"urn:ietf:params:acme:error:dns","detail":"no such name"}}],"wildcard":false})");
    REQUIRE(authorization);
    CHECK(authorization->status == Status::invalid);
    CHECK(authorization->name == "www.example.org");
    REQUIRE(authorization->challenges.size() == 1);
    CHECK(authorization->challenges[0].token == "DGyRejmCefe7v4NfDGDKfA");
    CHECK(text_of(authorization->challenges[0].error.value()) == "dns: no such name");
    const auto window =
        read_renewal_window(R"({"suggestedWindow":{"start":"2025-01-02T04:00:00Z","end":"2025-01-03T04:00:00Z"},
        "explanationURL":"https://a/why"})");
    REQUIRE(window);
    CHECK(window->start == 1'735'790'400);
    CHECK(window->end - window->start == 86'400);
}

TEST_CASE("acme messages: problems in one line") {
    const auto problem =
        read_problem(R"({"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many\ncertificates",
        "subproblems":[{"detail":"for example.org"},7,{"type":"x"}]})");
    REQUIRE(problem);
    CHECK(problem->type == "rateLimited");
    CHECK(text_of(*problem) == "rateLimited: too many certificates; for example.org; ");
    CHECK(text_of(Problem{}) == "no reason is given");
    const auto long_one = read_problem(R"({"detail":")" + std::string(3'000, 'x') + "\"}");
    REQUIRE(long_one);
    CHECK(long_one->detail.size() == 400);
}

TEST_CASE("acme messages: what is missing, of another type or too much is a fault") {
    for (const char* text :
         {"", "null", "[]", "7", "\"x\"", "{", R"({"status":7,"finalize":"x","authorizations":[]})",
          R"({"status":"valid","finalize":"x"})", R"({"status":"valid","finalize":"x","authorizations":[7]})",
          R"({"status":"valid","authorizations":[]})", "{\"status\":\"\xff\"}"}) {
        CAPTURE(text);
        CHECK_FALSE(read_order(text));
        CHECK_FALSE(read_directory(text));
        CHECK_FALSE(read_authorization(text));
        CHECK_FALSE(read_renewal_window(text));
    }
    std::string many = R"({"status":"valid","finalize":"x","authorizations":[)";
    for (int i = 0; i < 101; ++i) many += i == 0 ? "\"a\"" : ",\"a\"";
    CHECK_FALSE(read_order(many + "]}"));
    const auto with_token = [](const std::string& token) {
        return read_authorization(
            R"({"status":"pending","identifier":{"value":"a.example"},"challenges":[{"type":"http-01",)"
            R"("url":"u","status":"pending","token":")" +
            token + "\"}]}");
    };
    CHECK(with_token("abc_-09"));
    CHECK_FALSE(with_token("../../etc/passwd"));
    CHECK_FALSE(with_token("a b"));
    CHECK_FALSE(with_token(std::string(257, 'a')));
    // It ends before it begins: RFC 9773 §4.2.
    CHECK_FALSE(
        read_renewal_window(R"({"suggestedWindow":{"start":"2025-01-03T04:00:00Z","end":"2025-01-03T04:00:00Z"}})"));
    CHECK_FALSE(read_renewal_window(R"({"suggestedWindow":{"start":"soon","end":"2025-01-03T04:00:00Z"}})"));
}

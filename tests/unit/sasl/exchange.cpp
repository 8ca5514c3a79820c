// The server's mechanisms: PLAIN and LOGIN steps, SCRAM by the example of RFC 7677 §3, and every way to fail.
#include "protocols/sasl/exchange.h"

#include <doctest/doctest.h>

#include <string>
#include <variant>

#include "protocols/base/base64.h"
#include "protocols/base/expects.h"
#include "protocols/sasl/client.h"

using namespace sasl;
using namespace std::string_literals;

namespace {

template <class T>
T expect_step(Step step) {
    if (const auto* failed = std::get_if<Failed>(&step)) INFO("failed: " << failed->what);
    REQUIRE(std::holds_alternative<T>(step));
    return std::get<T>(std::move(step));
}

ExchangeOptions rfc_options() {
    ExchangeOptions options;
    options.server_nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    return options;
}

ScramKeys rfc_keys() { return derive_scram_keys("pencil", *base::decode_base64("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096); }

const char* const rfc_client_first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
const char* const rfc_client_final =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

}  // namespace

TEST_CASE("PLAIN, RFC 4616 §4") {
    auto exchange = make_exchange("plain", {});
    REQUIRE(exchange);
    SUBCASE("initial response") {
        const auto check = expect_step<CheckPassword>(exchange->start("\0tim\0tanstaaftanstaaf"s));
        CHECK(check.authzid.empty());
        CHECK(check.authcid == "tim");
        CHECK(check.password == "tanstaaftanstaaf");
        CHECK(expect_step<Succeeded>(exchange->password_checked(true)).authcid == "tim");
    }
    SUBCASE("the server waits with an empty challenge") {
        CHECK(expect_step<Challenge>(exchange->start(std::nullopt)).octets.empty());
        const auto check = expect_step<CheckPassword>(exchange->respond("Ursel\0Kurt\0xipj3plmq"s));
        CHECK(check.authzid == "Ursel");
        CHECK(check.authcid == "Kurt");
        const auto failed = expect_step<Failed>(exchange->password_checked(false));
        CHECK(failed.fault == Failed::Fault::refused);
    }
    SUBCASE("out of order is our own mistake") {
        CHECK_THROWS_AS(exchange->password_checked(true), base::BrokenExpectation);
        CHECK_THROWS_AS(exchange->scram_keys(std::nullopt), base::BrokenExpectation);
    }
}

TEST_CASE("PLAIN, malformed") {
    const std::string responses[] = {"",
                                     "tim",
                                     "tim\0pass"s,
                                     "\0tim\0"s,
                                     "\0\0pass"s,
                                     "a\0b\0c\0d"s,
                                     "\0\xFF\0pass"s,
                                     "\xC0\0tim\0pass"s,
                                     "\0tim\0"s + std::string(5000, 'x')};
    for (const std::string& response : responses) {
        const auto failed = expect_step<Failed>(make_exchange("PLAIN", {})->start(response));
        CHECK(failed.fault == Failed::Fault::malformed);
    }
}

TEST_CASE("LOGIN has the exact prompts (CLIENTS.md 19)") {
    auto exchange = make_exchange("LOGIN", {});
    SUBCASE("two prompts") {
        CHECK(expect_step<Challenge>(exchange->start(std::nullopt)).octets == "Username:");
        CHECK(expect_step<Challenge>(exchange->respond("tim")).octets == "Password:");
    }
    SUBCASE("user name as initial response") {
        CHECK(expect_step<Challenge>(exchange->start("tim")).octets == "Password:");
    }
    const auto check = expect_step<CheckPassword>(exchange->respond("secret"));
    CHECK(check.authcid == "tim");
    CHECK(check.password == "secret");
    expect_step<Succeeded>(exchange->password_checked(true));
}

TEST_CASE("SCRAM-SHA-256, the example of RFC 7677 §3") {
    auto exchange = make_exchange("SCRAM-SHA-256", rfc_options());
    CHECK(expect_step<NeedScramKeys>(exchange->start(rfc_client_first)).user == "user");
    CHECK(expect_step<Challenge>(exchange->scram_keys(rfc_keys())).octets ==
          "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    const auto success = expect_step<Succeeded>(exchange->respond(rfc_client_final));
    CHECK(success.authcid == "user");
    CHECK(success.final_data == "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST_CASE("SCRAM, a wrong password and an unknown user look the same") {
    for (const bool known : {true, false}) {
        ExchangeOptions options = rfc_options();
        options.fake_secret = "server secret";
        options.fake_iterations = 4096;
        auto exchange = make_exchange("SCRAM-SHA-256", options);
        expect_step<NeedScramKeys>(exchange->start(rfc_client_first));
        ScramKeys wrong = derive_scram_keys("pen", rfc_keys().salt, 4096);
        const auto challenge =
            expect_step<Challenge>(exchange->scram_keys(known ? std::optional(wrong) : std::nullopt));
        CHECK(challenge.octets.ends_with(",i=4096"));
        const auto failed = expect_step<Failed>(exchange->respond(rfc_client_final));
        CHECK(failed.fault == Failed::Fault::refused);
        CHECK(failed.what == "wrong user name or password");
    }
}

TEST_CASE("SCRAM, made-up keys are stable for a user and differ between users and servers") {
    const ScramKeys keys = fake_scram_keys("secret", "alice", 4096);
    CHECK(keys.salt.size() == scram_salt_octets);
    CHECK(keys.salt == fake_scram_keys("secret", "alice", 4096).salt);
    CHECK(keys.salt != fake_scram_keys("secret", "bob", 4096).salt);
    CHECK(keys.salt != fake_scram_keys("other", "alice", 4096).salt);
}

TEST_CASE("SCRAM, client-first-messages that fail") {
    struct Row {
        const char* message;
        Failed::Fault fault;
    };
    const auto malformed = Failed::Fault::malformed;
    const auto refused = Failed::Fault::refused;
    const Row rows[] = {
        {"", malformed},
        {"n", malformed},
        {"n,", malformed},
        {"n,,", malformed},
        {"n,,n=user", malformed},
        {"n,,n=user,", malformed},
        {"n,,n=user,r=", malformed},
        {"n,,n=,r=abc", malformed},
        {"n,,r=abc,n=user", malformed},
        {"n,,m=x,n=user,r=abc", malformed},           // mandatory extension
        {"n,,n=us=er,r=abc", malformed},              // bare "=" in a saslname
        {"n,,n=us\x01er,r=abc", malformed},           // prohibited by SASLprep
        {"n,,n=user,r=a\x7F", malformed},             // not printable
        {"x,,n=user,r=abc", malformed},               // no such flag
        {"n,b=adm,n=user,r=abc", malformed},          // not a=
        {"p=tls-exporter,,n=user,r=abc", malformed},  // binding without -PLUS
        {"y,,n=user,r=abc", refused},                 // downgrade: -PLUS was offered
    };
    for (const Row& row : rows) {
        CAPTURE(row.message);
        ExchangeOptions options = rfc_options();
        options.plus_offered = true;
        options.channel_bindings = {{.name = "tls-exporter", .data = "E"}};
        auto exchange = make_exchange("SCRAM-SHA-256", options);
        CHECK(expect_step<Failed>(exchange->start(row.message)).fault == row.fault);
    }
}

TEST_CASE("SCRAM, y is fine where -PLUS was not offered; authzid and escaped names are decoded") {
    auto exchange = make_exchange("SCRAM-SHA-256", rfc_options());
    CHECK(expect_step<NeedScramKeys>(exchange->start("y,a=ad=2Cmin,n=us=3Der,r=abc,x=1")).user == "us=er");
}

TEST_CASE("SCRAM, client-final-messages that fail") {
    const std::string final = rfc_client_final;
    std::string changed_proof = final;
    changed_proof[final.find("p=") + 2] ^= 1;
    const std::string messages[] = {
        "",
        "c=biws",
        final.substr(0, final.find(",p=")),
        "c=biws,r=rOprNGfwEbeRWgbNEkqOx,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "c=eSws" + final.substr(6),  // "y,,": differs from the first message
        "c=*" + final.substr(6),
        changed_proof,
        final + "=",
    };
    for (const std::string& message : messages) {
        CAPTURE(message);
        auto exchange = make_exchange("SCRAM-SHA-256", rfc_options());
        expect_step<NeedScramKeys>(exchange->start(rfc_client_first));
        expect_step<Challenge>(exchange->scram_keys(rfc_keys()));
        expect_step<Failed>(exchange->respond(message));
    }
}

TEST_CASE("SCRAM-SHA-256-PLUS binds to the channel") {
    ExchangeOptions options = rfc_options();
    CHECK(make_exchange("SCRAM-SHA-256-PLUS", options) == nullptr);
    options.plus_offered = true;
    options.channel_bindings = {{.name = "tls-exporter", .data = "exported"},
                                {.name = "tls-server-end-point", .data = "hash"}};
    const ScramKeys keys = rfc_keys();
    const std::string salted = salted_password("pencil", keys.salt, 4096);

    for (const std::string bound : {"hash", "another channel"}) {
        auto exchange = make_exchange("SCRAM-SHA-256-PLUS", options);
        const std::string bare = "n=user,r=abc";
        expect_step<NeedScramKeys>(exchange->start("p=tls-server-end-point,," + bare));
        const std::string first = expect_step<Challenge>(exchange->scram_keys(keys)).octets;
        const std::string final =
            "c=" + base::encode_base64("p=tls-server-end-point,," + bound) + ",r=abc" + options.server_nonce;
        const std::string client_key = hmac_sha256(salted, "Client Key");
        const std::string signature = hmac_sha256(keys.stored_key, bare + "," + first + "," + final);
        const Step step = exchange->respond(final + ",p=" + base::encode_base64(exclusive_or(client_key, signature)));
        CHECK(std::holds_alternative<Succeeded>(step) == (bound == "hash"));
    }
    expect_step<Failed>(make_exchange("SCRAM-SHA-256-PLUS", options)->start("n,,n=user,r=abc"));
    expect_step<Failed>(make_exchange("SCRAM-SHA-256-PLUS", options)->start("p=tls-unique,,n=user,r=abc"));
}

TEST_CASE("mechanisms are listed strongest first") {
    CHECK(mechanisms().front().name == "SCRAM-SHA-256-PLUS");
    CHECK(mechanisms().front().needs_tls);
    REQUIRE(find_mechanism("login"));
    CHECK(find_mechanism("login")->plaintext_password);
    CHECK_FALSE(find_mechanism("SCRAM-SHA-256")->plaintext_password);
    CHECK(find_mechanism("CRAM-MD5") == nullptr);
    CHECK(make_exchange("CRAM-MD5", {}) == nullptr);
}

TEST_CASE("client SCRAM-SHA-256, the example of RFC 7677 §3") {
    const auto make = [] {
        return make_client_exchange("SCRAM-SHA-256",
                                    {.user = "user", .password = "pencil", .nonce = "rOprNGfwEbeRWgbNEkqO"});
    };
    const std::string server_first =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    auto client = make();
    CHECK(client->initial() == rfc_client_first);
    CHECK(client->respond(server_first) == rfc_client_final);
    CHECK_FALSE(client->server_is_proved());
    CHECK(client->respond("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=") == "");
    CHECK(client->server_is_proved());
    CHECK_FALSE(client->respond("").has_value());

    for (const char* bad : {"", "r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "r=rOprNGfwEbeRWgbNEkqO,s=AAAA,i=4096",
                            "r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=1", "r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=100000000",
                            "r=rOprNGfwEbeRWgbNEkqOx,s=*,i=4096"}) {
        CAPTURE(bad);
        auto other = make();
        other->initial();
        CHECK_FALSE(other->respond(bad).has_value());
    }
    auto deceived = make();
    deceived->initial();
    REQUIRE(deceived->respond(server_first).has_value());
    CHECK_FALSE(deceived->respond("v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").has_value());
    CHECK_FALSE(deceived->server_is_proved());
}

TEST_CASE("our client and our server understand each other") {
    for (const std::string mechanism : {"PLAIN", "LOGIN", "SCRAM-SHA-256"}) {
        auto client = make_client_exchange(mechanism, {.user = "al=ice,", .password = "p\u00e4ss"});
        auto server = make_exchange(mechanism, {});
        Step step = server->start(client->initial());
        for (int i = 0; i < 8 && !std::holds_alternative<Succeeded>(step); ++i) {
            if (const auto* challenge = std::get_if<Challenge>(&step)) {
                const auto response = client->respond(challenge->octets);
                REQUIRE(response.has_value());
                step = server->respond(*response);
            } else if (const auto* check = std::get_if<CheckPassword>(&step)) {
                CHECK(check->password == "p\u00e4ss");
                step = server->password_checked(true);
            } else {
                step = server->scram_keys(derive_scram_keys("p\u00e4ss", "salt", 4096));
            }
        }
        const auto success = expect_step<Succeeded>(step);
        CHECK(success.authcid == "al=ice,");
        if (!success.final_data.empty()) CHECK(client->respond(success.final_data) == "");
        CHECK(client->server_is_proved());
    }
}

TEST_CASE("the best mechanism that a server offers") {
    const std::string offered[] = {"PLAIN", "login", "XOAUTH2"};
    CHECK(choose_mechanism(offered, true) == "PLAIN");
    CHECK(choose_mechanism(offered, false).empty());
    const std::string with_scram[] = {"PLAIN", "SCRAM-SHA-256"};
    CHECK(choose_mechanism(with_scram, false) == "SCRAM-SHA-256");
}

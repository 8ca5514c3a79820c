// Key records: RFC 6376 §3.6.1 and §6.1.2, RFC 8463 §4; lengths: RFC 8301 §3.2.
#include "protocols/mailauth/dkim_public_key.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/mailauth/dkim_messages.h"

using mailauth::DkimAlgorithm;
using mailauth::KeyAlgorithm;

namespace {

// How many bits the key has, or why it is none.
std::string loaded(std::string_view text, DkimAlgorithm algorithm = DkimAlgorithm::rsa_sha256) {
    const auto record = mailauth::parse_dkim_key_record(text);
    if (!record) return record.error().reason;
    const auto key = mailauth::load_dkim_key(*record, algorithm);
    return key ? std::to_string(key->bits) : key.error().reason;
}

std::string rsa_with(const std::string& tags) {
    return tags + std::string(rfc8463_rsa_record.substr(rfc8463_rsa_record.find("p=")));
}

}  // namespace

TEST_CASE("key records: what is a key, and what is none") {
    struct Row {
        std::string text;
        std::string_view expected;
    };
    const std::vector<Row> rows = {
        {rsa_with("v=DKIM1; k=rsa; "), "1024"},
        {rsa_with(""), "1024"},
        {rsa_with("k=RSA; n=a note; g=*; "), "1024"},
        {rsa_with("v=DKIM1; h=sha1 : sha256; s=tlsrpt : email; t=y:s:z; "), "1024"},
        {rsa_with("v=DKIM1; s=*; "), "1024"},
        {rsa_with("v=DKIM1; h=sha1; "), "the key is not for SHA-256"},
        {rsa_with("v=DKIM1; h=; "), "the key is not for SHA-256"},
        {rsa_with("v=DKIM1; s=tlsrpt; "), "the key is not for mail"},
        {rsa_with("v=DKIM1.0; "), "the key record's v= is not DKIM1"},
        {rsa_with("v=dkim1; "), "the key record's v= is not DKIM1"},
        {rsa_with("k=rsa; v=DKIM1; "), "v= is not the key record's first tag"},
        {rsa_with("k=dsa; "), "the key record's k= is unknown"},
        {rsa_with("k=ed25519; "), "the key is not for the algorithm of a="},
        {rsa_with("p=; "), "the key record is malformed: tag p twice"},
        {"v=DKIM1; p=", "the key is revoked"},
        {"v=DKIM1", "the key record has no p="},
        {"v=DKIM1; p=!", "the key record's p= is not base64"},
        {"v=DKIM1; p=YWJj", "p= is no RSA key"},
        {"v=spf1 -all", "the key record's v= is not DKIM1"},
        {"google-site-verification=x", "the key record is malformed: no tag where one should be"},
        {"", "the key record is malformed: no tag where one should be"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(loaded(row.text) == row.expected);
    }
}

TEST_CASE("RSA keys in both forms, of every length that is allowed") {
    // As RSAPublicKey: what is in the SubjectPublicKeyInfo's BIT STRING.
    const std::string bare =
        "p=MIGJAoGBAOQeU5CgFPNZGIazlXo2k/eJ1jpaTTxrmqF1HrDLlt04pvaMtCJj8nXoliLRC/H9vJjMI1vdb3XLcW60AIN/PB"
        "D8EL97/y4GwJH7"
        "LPUvGP48vqUe+oyqszesbiGy1PlCO8c70/OjFnJVgvMF87YR4Lcinc"
        "b7aSvI5MgpP6X8rjDdAgMBAAE=";
    CHECK(loaded(bare) == "1024");
    const auto record = mailauth::parse_dkim_key_record(rfc8463_rsa_record).value();
    auto longer = record;
    longer.data += 'x';
    CHECK(mailauth::load_dkim_key(longer, DkimAlgorithm::rsa_sha256).error().reason == "p= is no RSA key");
    CHECK(loaded("p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAMUFQiZIZ6eK3ZAKT86X5KmU+x/AkhhyUBWVZPy0bBKYnXwDP0O7MnENQ1E7Ya"
                 "gRbFJYR2jhLTV5nP52tlCbV3ECAwEAAQ==") == "an RSA key of 512 bits is too short");
    CHECK(loaded("p=MIGIAoGAAL/UI5Ltz0UaGv6HizPpaGF5Wc4/H2Wo3lJxAHgU6KJfLdl/HPsQ9ignaI3moWo7DUZBOKYjMlU/weo28X/TdM"
                 "alOHd3Mwvb1yEN/wds4u+HsLEl7B19oKbrjJ69af4p121DMPFEa+qwwR/ey5HON1vI+7y95cCZQWTYOZ92fEUCAwEAAQ==") ==
          "an RSA key of 1016 bits is too short");
    CHECK(loaded("p=MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAxsIKW5f3YaLrVc+gzkEqNYIfY/QGB2k7PVdshDKrHGucBw2Z82"
                 "Ow6b6v8ueyR+y0pJCp4rANA3zZZ1JIrc4B6TM8xQHTE6Bu4rZzYigsDq+UDXP6phONNnkpIeVOKJx+LUDFLTnNit5rqn99Sd"
                 "fXEUFd4/pq1cUDzf7sPI37C4il6Uvtb4HcP8rdvXrFTi5B8Spk0lxpvxnGPsxqlyr4eK1sHkB4D1ieFA6c1uqDAEt0+w+5YZ"
                 "990BME6FY6CnfK9JqWilXhR+TnlD9y1vK8tDdXFLJdf1DAkmsR5X6qhVSGFoTQpy2PUwa5E/wmDNiw07YeEJ+N/yn6ymLj2O"
                 "km4cKC64neZm/s5ou+5Wz/knaXYamTpTJntIvU17r3kUrim8Kpi+2Y6XEdBZ0oY009gv6WAuX5zu09L8f7g4MyOPcejkjn3T"
                 "0Uog8FlXghCC5WYiMCW+PUOVz2fUg9pSZLEiS15fK6+wnIoZNQrRHdZgI9aphCEfhcwD7u9SwgpmQGXnFeKi5PMeGvi+8b6Y"
                 "lO8/U4/2qShG7qnSmS9REtb5LdtRYa3b39g4/+kwexRoDrD64tFyBShOoIorIGjL70CiGy+AsEnxz102WwC5HbFFPXP4NA1x"
                 "BZz3ltuzS17BXZzHlqJiICN7S+IB32p1bbJxsmLM2DIN85B+vbd1UHq4ECAwEAAQ==") == "4096");
    CHECK(loaded("p=MIIECwKCBAIA3IC5Gy7eDQ/FjFBQ6sgyZS6D4sMoRbYd8n3qq2QW0bWsLhxdOlami0HeKBI8f9OYmO/os7WggMalLezpWv"
                 "W2fm6IIOO9/Qb59tJyMkhggx7yHNDBUSWBcPnm4FP3Z16+O3hXN5dKgHVGRicxQXqihqxRVO9fusDXV7BXwWJ89/z29csq/H"
                 "QbMk2Frodw+duh2ytWlV3aLTs9ntKqDP/SHwnsCGk8dAH1ziQl11pLeNw9a69x19hAexoPC5dSJjTxb198xdhvPwJAKzfYFx"
                 "tMJMJp8EQeybr+YuWAw16hYdkJIf2sOvMl/76QZWyPu05cEfs2giAhbSeiNQHgiNajTT5VjSrbflo5MM054VgIYGr4o2k57+"
                 "qDhUr6ow+sDkLUPCVH8Zxr+EkUpqW8mXSmd8ZADbAN04gaUFgFbtCYDcb/vZU9wjzCF3kIJcfMZ+hHB+xxfxWIlXh/mcQli/"
                 "yYUAAUua21DG3qPbhaXNIpWf6je9noof8pfQ5PLoT8sG2+4LicTlYmHDdLoHZX1hQEqx7MfG2BLW8u/E5hOjZRGc3Mr5t0+E"
                 "/8v0IXkh5si46PTrPeCPnsmDcERpK6A1cHlnAl8CYo6wfDDVzVBhycXzGeg0wbaVc6xZo1Xyr0F1eQXvp0lpLyH/XrbtePXQ"
                 "lgr+lLvbsB3BTtV14HMLPMFwwxx+7GG7+XA8CW+rt7G6laVHZ9UnTGjetdQDqWCoZS29DkiLbIWtO6MoMy8FpYKWgYdlMXN/"
                 "EpyMbRyk3E7f3kFj7/iz/Bd/ETHnghljJPPoH0UzJO9Iarc5+rqCcuUL1OtS+lPAv2Tvdz7CjQAlL2FddbHiSUGc9NYFl73F"
                 "2+RAlrOEMJyak3poyPle8EoBLoZ3/ROdhKHTpbjo+yv/KRAfMAHO4F2oRn8GMT//mgH+hBlSH+Dpec8y0WNLS0ZTJSePhF9X"
                 "sxIN8vTUyGUNfRP7JIkZF7Eh3FTlo6JtGKZppa+E5rT1lnJxDm2OZWgGi5tSpDq62NGUqYkhOWAN23TZYNWo+aZWqv0UElhE"
                 "0l3rNU9GppEKz/AEOJLfwlTLhk75Abkyp8GIBqN1ORXHbxigWFoBxMfW3wYhrvV+TMQTL3EI6W93DCJjJmqjuwzekX9/NWNP"
                 "DjzZcugdZtNGxuK6Av2qGthkxE4ElUjooKjJYy6mko9iNr8lBLdLpKD+ddKp66DN9WHYAqdZFZ+3/zN/XK4783KcYZxgo8qz"
                 "We7vsBXDOy3xRhqvjrGLkAdFEwIdqJeCBvXGZx4MB+nhFeS54waRwjhkLqEmoeSMwR01fDDYt2KNvSXmOyKfHEBpVF3hHMne"
                 "qVnCEunIKxR4woHWh8lmw3e5qiuy7bIANbc5kCAwEAAQ==") == "an RSA key that is too costly");
    CHECK(loaded("p=MIIBEAKCAQEA+eMk3nMlDGCwNtnd3fHXn96ygOYsJzEF18b04uweB9dZnI8caJFtCNQELDbwAP6wvOJAxlh4DQqk4VFYRh"
                 "y24FkO9ZRbSDaOzDE22KxzjIylvm1rgBbhTdER6zdJ8IjUdoMrYkYQOiur8MppU26Ba0AtXrvGElGQjAeYW3lr+gAC9vM92h"
                 "EBqpSmMAwtu/diplI5lVcPDL7yD2eN9PZxfEs54za3Ss/7sN20i/sf+RrFDiuZQ83DVnxV3eHV0cvQR+XrjasWNAa0WB43jy"
                 "85SV0J3SlOQkuSwnevMgjJGW2p/RzplmVfI7HRF7dbDxOwxl+4osuPETfJOMaNECfl0wIJAIAAAAAAAAAB") ==
          "an RSA key that is too costly");
    CHECK(loaded("p=MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEgOJ1OxqSsDLVgBiGE09iqcChhmfERvRxmK27739P6hD86Y/S2vcb18kAHj"
                 "z/Gyw+pzOTdw1XLRmZpRQpUQa5lw==") == "p= is no RSA key");
}

TEST_CASE("Ed25519 keys are 32 octets, without anything around them") {
    CHECK(loaded(rfc8463_ed25519_record, DkimAlgorithm::ed25519_sha256) == "256");
    CHECK(loaded(rfc8463_ed25519_record, DkimAlgorithm::rsa_sha256) == "the key is not for the algorithm of a=");
    CHECK(loaded("k=ed25519; p=YWJj", DkimAlgorithm::ed25519_sha256) == "p= is no Ed25519 key");
    CHECK(loaded("k=ed25519; p=MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
                 DkimAlgorithm::ed25519_sha256) == "p= is no Ed25519 key");
    CHECK(loaded(rfc8463_rsa_record, DkimAlgorithm::ed25519_sha256) == "the key is not for the algorithm of a=");
}

TEST_CASE("a key record's flags") {
    const auto record = mailauth::parse_dkim_key_record("v=DKIM1; t= y : s ; p=YQ==").value();
    CHECK(record.is_testing);
    CHECK(record.is_strict);
    const auto plain = mailauth::parse_dkim_key_record("v=DKIM1; k=ed25519; p=YQ==").value();
    CHECK(plain.algorithm == KeyAlgorithm::ed25519);
    CHECK_FALSE(plain.is_testing);
    CHECK_FALSE(plain.is_strict);
}

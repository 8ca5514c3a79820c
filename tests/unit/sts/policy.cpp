// MTA-STS records and policies. RFC 8461 §3.1, §3.2, §4.1.
#include "protocols/sts/policy.h"

#include <doctest/doctest.h>

#include <string>

namespace {

const std::string example =
    "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmx: backupmx.example.com\r\n"
    "max_age: 604800\r\n";

}  // namespace

TEST_CASE("a record has an id, and is the only one") {
    using Texts = std::vector<std::string>;
    CHECK(sts::find_record({"v=STSv1; id=20160831085700Z;"}) == "20160831085700Z");  // the RFC's example
    CHECK(sts::find_record({"v=STSv1;id=1"}) == "1");
    CHECK(sts::find_record({"v=STSv1 ; other=x; id = abc ;"}) == "abc");
    CHECK(sts::find_record({"something else", "v=STSv1; id=1;", "v=spf1 -all"}) == "1");
    for (const Texts& bad : {Texts{}, Texts{"v=STSv1"}, Texts{"v=STSv1;"}, Texts{"v=STSv2; id=1;"},
                             Texts{"id=1; v=STSv1"}, Texts{"v=STSv1; id="}, Texts{"v=STSv1; id=a b"},
                             Texts{"v=STSv1; id=" + std::string(33, '1')}, Texts{"v=STSv1; id=1;", "v=STSv1; id=2;"},
                             Texts{"v=STSv1; =x; id=1"}, Texts{"v=STSv10; id=1"}, Texts{"V=STSv1; id=1"}}) {
        CAPTURE(bad.empty() ? "" : bad.front());
        CHECK_FALSE(sts::find_record(bad).has_value());
    }
}

TEST_CASE("a policy is read") {
    const auto policy = sts::parse_policy(example);
    REQUIRE(policy.has_value());
    CHECK(policy->mode == sts::Mode::enforce);
    CHECK(policy->mx == std::vector<std::string>{"mail.example.com", "*.example.net", "backupmx.example.com"});
    CHECK(policy->max_age == 604800);
    CHECK(sts::render_policy(*policy) == example);
    // Lines may end with LF alone, and the last one need not end; unknown fields are ignored; the first of several
    // counts.
    const auto loose = sts::parse_policy(
        "version: STSv1\nmode:testing \nmode: enforce\nx-new.field_1: what \xc3\xbc\nmx: A.Example\nmax_age: "
        "9999999999");
    REQUIRE(loose.has_value());
    CHECK(loose->mode == sts::Mode::testing);
    CHECK(loose->mx == std::vector<std::string>{"a.example"});
    CHECK(loose->max_age == sts::longest_max_age);
    CHECK(sts::parse_policy("version: STSv1\nmode: none\nmax_age: 0\n").has_value());
}

TEST_CASE("a policy cut anywhere before its last field is none") {
    for (std::size_t size = 0; size < example.find("604800"); ++size)
        CHECK_FALSE(sts::parse_policy(example.substr(0, size)));
}

TEST_CASE("what is no policy") {
    const std::string good = "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1\n";
    REQUIRE(sts::parse_policy(good).has_value());
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        return sts::parse_policy(text).has_value();
    };
    CHECK_FALSE(with("STSv1", "STSv2"));
    CHECK_FALSE(with("version", "Version"));
    CHECK_FALSE(with("enforce", "Enforce"));
    CHECK_FALSE(with("mx: a.example\n", ""));
    CHECK_FALSE(with("a.example", "*"));
    CHECK_FALSE(with("a.example", "*.*.example"));
    CHECK_FALSE(with("a.example", "a..example"));
    CHECK_FALSE(with("a.example", "a.example."));
    CHECK_FALSE(with("a.example", "b\xc3\xbc.example"));
    CHECK_FALSE(with("a.example", "a.*.example"));
    CHECK_FALSE(with("max_age: 1", "max_age: -1"));
    CHECK_FALSE(with("max_age: 1", "max_age: 12345678901"));
    CHECK_FALSE(with("max_age: 1", "max_age:"));
    CHECK_FALSE(with("mode", "<html>\nmode"));
    CHECK_FALSE(sts::parse_policy(good + std::string(sts::most_policy_octets, '\n')));
    std::string many = good;
    for (std::size_t i = 0; i < sts::most_mx; ++i) many += "mx: a\n";
    CHECK_FALSE(sts::parse_policy(many));
}

TEST_CASE("which hosts a policy names") {
    const sts::Policy policy{.mode = sts::Mode::enforce, .mx = {"mail.example.com", "*.example.net"}};
    CHECK(sts::names_host(policy, "mail.example.com"));
    CHECK(sts::names_host(policy, "a.example.net"));
    CHECK_FALSE(sts::names_host(policy, "example.net"));
    CHECK_FALSE(sts::names_host(policy, "a.b.example.net"));
    CHECK_FALSE(sts::names_host(policy, ".example.net"));
    CHECK_FALSE(sts::names_host(policy, "a.mail.example.com"));
    CHECK_FALSE(sts::names_host(policy, "mail.example.com.evil.test"));
}

TEST_CASE("our own policy is one") {
    const sts::Policy own = sts::own_policy("MX.example.org", sts::Mode::enforce);
    CHECK(sts::parse_policy(sts::render_policy(own)) == own);
    CHECK(sts::names_host(own, "mx.example.org"));
    CHECK(own.mode == sts::Mode::enforce);
    CHECK(sts::policy_id(own) != sts::policy_id(sts::own_policy("mx2.example.org", sts::Mode::enforce)));
    const sts::Policy testing = sts::own_policy("mx.example.org", sts::Mode::testing);
    CHECK(sts::parse_policy(sts::render_policy(testing)) == testing);
    CHECK(sts::policy_id(testing) != sts::policy_id(own));
}

// RFC 8461 §8.3.
TEST_CASE("our policy is withdrawn by one that demands nothing, for a day") {
    const sts::Policy withdrawn = sts::own_policy("mx.example.org", sts::Mode::none);
    CHECK(sts::render_policy(withdrawn) == "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n");
    CHECK(sts::parse_policy(sts::render_policy(withdrawn)) == withdrawn);
}

TEST_CASE("modes and their words") {
    for (const sts::Mode mode : {sts::Mode::none, sts::Mode::testing, sts::Mode::enforce})
        CHECK(sts::parse_mode(sts::word_of(mode)) == mode);
    CHECK_FALSE(sts::parse_mode("Enforce"));
    CHECK_FALSE(sts::parse_mode(""));
}

TEST_CASE("another policy has another id") {
    sts::Policy policy{.mode = sts::Mode::enforce, .mx = {"mail.example.com"}, .max_age = 604800};
    const std::string id = sts::policy_id(policy);
    CHECK(sts::find_record({"v=STSv1; id=" + id + ";"}) == id);
    CHECK(sts::policy_id(policy) == id);
    policy.mode = sts::Mode::testing;
    CHECK(sts::policy_id(policy) != id);
}

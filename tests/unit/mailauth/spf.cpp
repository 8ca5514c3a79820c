// SPF: what a record means for a client. The public suite of RFC 7208 is in tests/interop/test_spf.py.
#include "protocols/mailauth/spf.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/unit/mailauth/dns_table.h"

using mailauth::SpfIdentity;
using mailauth::SpfQuery;
using mailauth::SpfResult;
using mailauth::SpfVerdict;

namespace {

SpfQuery query(const std::string& mail_from, const std::string& client = "192.0.2.1") {
    return {.client = asio::ip::make_address(client),
            .mail_from = mail_from,
            .helo = "helo.example.net",
            .receiver = "receiver.example",
            .now = 1'700'000'000};
}

SpfResult judged(DnsTable& table, const SpfQuery& asked) { return run(mailauth::check_spf(table, asked)); }

// The verdict of a@example.org with that record.
SpfResult with_record(DnsTable& table, const std::string& record, const std::string& client = "192.0.2.1") {
    table.add_txt("example.org", record);
    return judged(table, query("a@example.org", client));
}

bool is_one_printable_line(const std::string& text) { return !text.empty() && text == mailauth::printable(text, 300); }

}  // namespace

TEST_CASE("SPF: verdicts, what decided, and why") {
    struct Row {
        std::string record;
        SpfVerdict verdict;
        std::string mechanism;
        std::string reason_has;
    };
    for (const Row& row : {
             Row{"v=spf1 ip4:192.0.2.0/24 -all", SpfVerdict::pass, "ip4:192.0.2.0/24", "192.0.2.1 matches"},  // §5.6
             {"v=spf1 ip4:192.0.2.2/31 -all", SpfVerdict::fail, "-all", "\"-all\" of example.org"},           // §5.1
             {"v=spf1 ip4:192.0.2.0/31 -all", SpfVerdict::pass, "ip4:192.0.2.0/31", "matches"},
             {"v=spf1 ~all", SpfVerdict::softfail, "~all", "matches"},  // §4.6.2
             {"v=spf1 ?all", SpfVerdict::neutral, "?all", "matches"},
             {"v=spf1", SpfVerdict::neutral, "", "matches no term"},                       // §4.7
             {"v=spf1 all redirect=nowhere.example", SpfVerdict::pass, "all", "matches"},  // §6.1: never reached
             {"v=spf1 a -all", SpfVerdict::pass, "a", "matches"},                          // §5.3
             {"v=spf1 a:other.example/24 -all", SpfVerdict::pass, "a:other.example/24", "matches"},
             {"v=spf1 a:other.example -all", SpfVerdict::fail, "-all", "matches"},
             {"v=spf1 a:nowhere.example/0 -all", SpfVerdict::fail, "-all", "matches"},
             {"v=spf1 mx -all", SpfVerdict::pass, "mx", "matches"},                  // §5.4
             {"v=spf1 mx:other.example -all", SpfVerdict::fail, "-all", "matches"},  // no implicit MX
             {"v=spf1 mx:null.example -all", SpfVerdict::fail, "-all", "matches"},   // RFC 7505
             {"v=spf1 ptr -all", SpfVerdict::pass, "ptr", "matches"},                // §5.5
             {"v=spf1 ptr:host.example -all", SpfVerdict::fail, "-all", "matches"},
             {"v=spf1 exists:%{ir}.list.example -all", SpfVerdict::pass, "exists:%{ir}.list.example",
              "matches"},                                                                                // §5.7
             {"v=spf1 include:pass.example -all", SpfVerdict::pass, "include:pass.example", "matches"},  // §5.2
             {"v=spf1 include:fail.example ~all", SpfVerdict::softfail, "~all", "matches"},
             {"v=spf1 -include:pass.example", SpfVerdict::fail, "-include:pass.example", "matches"},
             {"v=spf1 include:none.example", SpfVerdict::permerror, "include:none.example",
              "none.example has no SPF record"},
             {"v=spf1 include:wrong.example", SpfVerdict::permerror, "include:wrong.example", "wrong at \"a:\""},
             {"v=spf1 include:dead.example", SpfVerdict::temperror, "include:dead.example", "no answer"},
             {"v=spf1 redirect=fail.example", SpfVerdict::fail, "-all", "of fail.example"},  // §6.1
             {"v=spf1 redirect=none.example", SpfVerdict::permerror, "", "\"redirect=none.example\" of example.org"},
             {"v=spf1 redirect=%{h}..x.example", SpfVerdict::permerror, "", "is not a domain name"},
             {"v=spf1 a:dead.example -all", SpfVerdict::temperror, "a:dead.example",
              "\"a:dead.example\" of example.org"},
             {"v=spf1 mx:dead.example -all", SpfVerdict::temperror, "mx:dead.example", "no answer"},  // §5
             {"v=spf1 exists:dead.example -all", SpfVerdict::temperror, "exists:dead.example", "no answer"},
             {"v=spf1 mx:half-dead.example -all", SpfVerdict::temperror, "mx:half-dead.example", "no answer"},
             {"v=spf1 a:forged.example -all", SpfVerdict::temperror, "a:forged.example", "signature"},
             {"v=spf1 bogus", SpfVerdict::permerror, "", "wrong at \"bogus\""},  // §4.6
         }) {
        CAPTURE(row.record);
        DnsTable table;
        table.add_address("example.org", "192.0.2.1").add_address("other.example", "192.0.2.9");
        table.add_mx("example.org", 10, "mail.example").add_address("mail.example", "192.0.2.1");
        table.add_mx("null.example", 0, "").add_mx("half-dead.example", 1, "dead.example");
        table.add_ptr("192.0.2.1", "host.example").add_address("host.example", "192.0.2.2");
        table.add_ptr("192.0.2.1", "HOST.Example.org").add_address("host.example.org", "192.0.2.1");
        table.add_address("1.2.0.192.list.example", "127.0.0.2");
        table.add_txt("pass.example", "v=spf1 +all").add_txt("fail.example", "v=spf1 -all");
        table.add_txt("none.example", "hello").add_txt("wrong.example", "v=spf1 a:");
        table.fail("dead.example").forge("forged.example");
        const SpfResult result = with_record(table, row.record);
        CHECK(mailauth::to_string(result.verdict) == mailauth::to_string(row.verdict));
        CHECK(result.mechanism == row.mechanism);
        CHECK(result.domain == "example.org");
        CHECK(is_one_printable_line(result.reason));
        CHECK_MESSAGE(result.reason.contains(row.reason_has), result.reason);
    }
}

TEST_CASE("SPF: of IPv6 clients AAAA records and ip6 networks are asked, RFC 7208 §5") {
    DnsTable table;
    table.add_address("example.org", "192.0.2.1").add_address("example.org", "2001:db8::1");
    CHECK(with_record(table, "v=spf1 ip4:0.0.0.0/0 a//64 -all", "2001:db8::2").mechanism == "a//64");
    CHECK(judged(table, query("a@example.org", "2001:db8:0:1::2")).verdict == SpfVerdict::fail);
    // An IPv4-mapped address is an IPv4 address.
    CHECK(judged(table, query("a@example.org", "::ffff:198.51.100.7")).mechanism == "ip4:0.0.0.0/0");
}

TEST_CASE("SPF: how the domain's record is found, RFC 7208 §4.3 to §4.5") {
    DnsTable table;
    table.add_txt("one.example", "hello").add_txt("one.example", "v=spf1 -all");
    table.add_txt("two.example", "v=spf1 -all").add_txt("two.example", "V=spf1 +all");
    table.add_cname("alias.example", "one.example").fail("dead.example").forge("forged.example");
    table.add_txt("xn--bcher-kva.example", "v=spf1 +all").add_txt("example", "v=spf1 -all");
    struct Row {
        std::string mail_from;
        SpfVerdict verdict;
        std::string domain;
    };
    for (const Row& row : {Row{"a@One.Example", SpfVerdict::fail, "one.example"},
                           {"a@one.example.", SpfVerdict::fail, "one.example"},
                           {"\"a@b\"@one.example", SpfVerdict::fail, "one.example"},
                           {"a@alias.example", SpfVerdict::fail, "alias.example"},
                           {"a@two.example", SpfVerdict::permerror, "two.example"},
                           {"a@nowhere.example", SpfVerdict::none, "nowhere.example"},
                           {"a@dead.example", SpfVerdict::temperror, "dead.example"},
                           {"a@forged.example", SpfVerdict::temperror, "forged.example"},
                           {"a@example", SpfVerdict::none, "example"},
                           {"a@[192.0.2.1]", SpfVerdict::none, "[192.0.2.1]"},
                           {"a@x..example", SpfVerdict::none, "x..example"},
                           {"a@b\xc3\xbc"
                            "cher.example",
                            SpfVerdict::pass, "xn--bcher-kva.example"},
                           {"a@\xff.example", SpfVerdict::none, "?.example"},
                           {"a", SpfVerdict::none, "a"}}) {
        CAPTURE(row.mail_from);
        const SpfResult result = judged(table, query(row.mail_from));
        CHECK(mailauth::to_string(result.verdict) == mailauth::to_string(row.verdict));
        CHECK(result.domain == row.domain);
        CHECK(result.identity == SpfIdentity::mail_from);
        CHECK(is_one_printable_line(result.reason));
    }
}

TEST_CASE("SPF: the HELO identity, and the null reverse-path, RFC 7208 §2.3 and §2.4") {
    DnsTable table;
    table.add_txt("helo.example.net", "v=spf1 exists:%{l}.%{o}.%{h}.example -all");
    table.add_address("postmaster.helo.example.net.helo.example.net.example", "127.0.0.2");
    const SpfResult null_path = judged(table, query(""));
    CHECK(null_path.verdict == SpfVerdict::pass);
    CHECK(null_path.identity == SpfIdentity::helo);
    CHECK(null_path.domain == "helo.example.net");
    CHECK(run(mailauth::check_spf_helo(table, query("a@example.org"))).verdict == SpfVerdict::pass);
    SpfQuery literal = query("");
    literal.helo = "[192.0.2.1]";
    CHECK(judged(table, literal).verdict == SpfVerdict::none);
}

TEST_CASE("SPF: the local part is named where a record asks for it, RFC 8601 §2.7.2") {
    DnsTable table;
    table.add_txt("user.example", "v=spf1 exists:%{L}.users.example -all exp=why.%{s}.example");
    CHECK(judged(table, query("bob@user.example")).local_part == "bob");
    CHECK(judged(table, query("@user.example")).local_part == "postmaster");
    table.add_txt("plain.example", "v=spf1 -all exp=why.example").add_txt("why.example", "No, %{s}");
    CHECK(judged(table, query("bob@plain.example")).local_part.empty());
}

TEST_CASE("SPF: explanations, RFC 7208 §6.2") {
    DnsTable table;
    table.add_txt("example.org", "v=spf1 include:other.example redirect=fail.example exp=wrong.example");
    table.add_txt("other.example", "v=spf1 -all exp=wrong.example").add_txt("wrong.example", "not this");
    table.add_txt("fail.example", "v=spf1 -all exp=%{d2}.why.example");
    table.add_txt("fail.example.why.example", "%{c} is none of %{d}'s, says %{r} at %{t}");
    CHECK(judged(table, query("a@example.org")).explanation ==
          "192.0.2.1 is none of fail.example's, says receiver.example at 1700000000");

    table.add_txt("pass.example", "v=spf1 +all exp=wrong.example");
    CHECK(judged(table, query("a@pass.example")).explanation.empty());

    table.add_txt("long.example", "v=spf1 -all exp=text.long.example")
        .add_txt("text.long.example", std::string(5000, 'x'));
    CHECK(judged(table, query("a@long.example")).explanation.empty());
    table.add_txt("line.example", "v=spf1 -all exp=text.line.example")
        .add_txt("text.line.example", std::string(500, 'x'));
    CHECK(judged(table, query("a@line.example")).explanation == std::string(400, 'x'));

    // Whatever the macros bring, a reply's line remains one line.
    table.add_txt("odd.example", "v=spf1 -all exp=text.odd.example").add_txt("text.odd.example", "%{l} %{h}");
    SpfQuery odd = query("a\r\n250 b\x80@odd.example");
    odd.helo = "x";
    CHECK(judged(table, odd).explanation == "a??250 b? x");
    DnsTable two;
    two.add_txt("why.example", "one").add_txt("why.example", "two");
    CHECK(with_record(two, "v=spf1 -all exp=why.example").explanation.empty());
    for (const std::string& text : {"a\r\nb", "%{x}", "caf\xc3\xa9"}) {
        DnsTable bad;
        bad.add_txt("example.org", "v=spf1 -all exp=why.example").add_txt("why.example", text);
        CHECK(judged(bad, query("a@example.org")).explanation.empty());
    }
}

TEST_CASE("SPF: ten terms ask the DNS, RFC 7208 §4.6.4") {
    DnsTable table;
    table.add_address("x.example", "192.0.2.9");
    std::string ten = "v=spf1";
    for (int i = 0; i < 10; ++i) ten += " a:x.example";
    CHECK(with_record(table, ten + " ip4:192.0.2.1").verdict == SpfVerdict::pass);
    DnsTable more;
    more.add_address("x.example", "192.0.2.9");
    const SpfResult eleven = with_record(more, ten + " mx:x.example ip4:192.0.2.1");
    CHECK(eleven.verdict == SpfVerdict::permerror);
    CHECK(eleven.reason == "\"mx:x.example\" of example.org: more than 10 terms ask the DNS");
    CHECK(more.questions.size() == 11);  // TXT, ten times A

    DnsTable loop;
    CHECK(with_record(loop, "v=spf1 redirect=example.org").verdict == SpfVerdict::permerror);
    CHECK(loop.questions.size() == 11);
    DnsTable nested;
    const SpfResult included = with_record(nested, "v=spf1 include:example.org");
    CHECK(included.verdict == SpfVerdict::permerror);
    CHECK(included.reason == "\"include:example.org\" of example.org: more than 10 terms ask the DNS");
    CHECK(nested.questions.size() == 11);
}

TEST_CASE("SPF: an error in a record that is included names the term there") {
    DnsTable table;
    table.add_txt("a.example", "v=spf1 include:b.example")
        .add_txt("b.example", "v=spf1 a:dead.example")
        .fail("dead.example");
    const SpfResult result = with_record(table, "v=spf1 include:a.example -all");
    CHECK(result.verdict == SpfVerdict::temperror);
    CHECK(result.mechanism == "include:a.example");
    CHECK(result.reason == "\"a:dead.example\" of b.example: no addresses of dead.example: no answer");
}

TEST_CASE("SPF: two terms may find nothing, RFC 7208 §4.6.4") {
    struct Row {
        std::string record;
        SpfVerdict verdict;
    };
    for (const Row& row : {Row{"v=spf1 a:n1.example exists:n2.example ~all", SpfVerdict::softfail},
                           {"v=spf1 a:n1.example mx:n2.example exists:n3.example ~all", SpfVerdict::permerror},
                           {"v=spf1 a:txt.example a:txt.example a:txt.example ~all", SpfVerdict::permerror},
                           // The hosts of an mx count together, and not if one of them has an address.
                           {"v=spf1 mx:hosts.example a:n1.example ~all", SpfVerdict::softfail},
                           {"v=spf1 mx:hosts.example a:n1.example a:n2.example ~all", SpfVerdict::permerror},
                           {"v=spf1 mx:some.example a:n1.example a:n2.example ~all", SpfVerdict::softfail},
                           // The client's names are not the record's fault, nor is a name that cannot be asked for.
                           {"v=spf1 ptr a:n1.example a:n2.example ~all", SpfVerdict::softfail},
                           {"v=spf1 a:x..example a:n1.example a:n2.example ~all", SpfVerdict::softfail},
                           // RFC 7208 §4.6.4: exp= is asked for later.
                           {"v=spf1 a:n1.example a:n2.example -all exp=n3.example", SpfVerdict::fail}}) {
        CAPTURE(row.record);
        DnsTable table;
        table.add_txt("txt.example", "hello");
        table.add_mx("hosts.example", 1, "n4.example").add_mx("hosts.example", 2, "n5.example");
        table.add_mx("some.example", 1, "n4.example").add_mx("some.example", 2, "n5.example");
        table.add_mx("some.example", 3, "host.example").add_address("host.example", "192.0.2.9");
        CHECK(mailauth::to_string(with_record(table, row.record).verdict) == mailauth::to_string(row.verdict));
    }
}

TEST_CASE("SPF: ten mail hosts, and ten names of the client, RFC 7208 §4.6.4") {
    for (const int hosts : {10, 11}) {
        DnsTable table;
        for (int i = 0; i < hosts; ++i) {
            table.add_mx("example.org", 1, "m" + std::to_string(i) + ".example");
            table.add_ptr("192.0.2.1", "p" + std::to_string(i) + ".example");
        }
        table.add_address("m9.example", "192.0.2.1");
        CHECK(with_record(table, "v=spf1 mx -all").verdict == (hosts == 10 ? SpfVerdict::pass : SpfVerdict::permerror));
        DnsTable names = table;
        names.add_txt("ptr.example", "v=spf1 ptr:p10.example exists:%{p}.x.example ?all")
            .add_address("p10.example", "192.0.2.1");
        names.questions.clear();
        CHECK(judged(names, query("a@ptr.example")).verdict == SpfVerdict::neutral);
        // The names are looked up once, whoever asks; %{p} is "unknown" here (§7.3).
        CHECK(names.questions.size() == 1 + 1 + 10 + 1);
        CHECK(names.questions.back() == "A unknown.x.example");
    }
}

TEST_CASE("SPF: %{p} is the domain, else a name below it, else any, RFC 7208 §7.3") {
    DnsTable table;
    table.add_txt("d.example", "v=spf1 exists:%{p}.x.example ?all");
    const auto asked = [&] {
        judged(table, query("a@d.example"));
        return table.questions.back();
    };
    table.add_ptr("192.0.2.1", "other.example").add_address("other.example", "192.0.2.1");
    CHECK(asked() == "A other.example.x.example");
    table.add_ptr("192.0.2.1", "mx.d.example").add_address("mx.d.example", "192.0.2.1");
    CHECK(asked() == "A mx.d.example.x.example");
    table.add_ptr("192.0.2.1", "d.example").add_address("d.example", "192.0.2.1");
    CHECK(asked() == "A d.example.x.example");
}

TEST_CASE("SPF: a final dot is no part of a name, RFC 7208 §7.3") {
    DnsTable table;
    table.add_txt("example.org", "v=spf1 include:a.example. -all")
        .add_txt("a.example", "v=spf1 exists:b.%{d1}.example. -all");
    table.add_address("b.example.example", "127.0.0.2");
    CHECK(judged(table, query("a@example.org")).verdict == SpfVerdict::pass);
}

TEST_CASE("SPF: names too long for the DNS lose labels on their left, RFC 7208 §7.3") {
    DnsTable table;
    std::string record = "v=spf1 exists:";
    for (int i = 0; i < 30; ++i) record += "%{d}.";
    with_record(table, record + "example");
    std::string expected = "example";
    while (expected.size() + 12 <= 253) expected = "example.org." + expected;
    if (expected.size() + 4 <= 253) expected = "org." + expected;
    CHECK(table.questions.back() == "A " + expected);

    // A name that no limit of the DNS allows is not expanded at all.
    DnsTable longer;
    std::string many = "v=spf1 exists:";
    for (int i = 0; i < 500; ++i) many += "%{d}.";
    const SpfResult result = with_record(longer, many + "example");
    CHECK(result.verdict == SpfVerdict::permerror);
    CHECK(result.reason.size() <= 300);
}

TEST_CASE("SPF: no term asks once the time is over, RFC 7208 §4.6.4") {
    DnsTable table;
    table.add_txt("example.org", "v=spf1 a:x.example a:y.example -all").add_address("x.example", "192.0.2.9");
    int looks = 0;
    SpfQuery asked = query("a@example.org");
    asked.clock = [&] { return std::chrono::steady_clock::time_point(std::chrono::seconds(7 * looks++)); };
    const SpfResult result = judged(table, asked);
    CHECK(result.verdict == SpfVerdict::temperror);
    CHECK(result.reason.contains("\"a:y.example\""));
    CHECK(table.questions.size() == 2);
}

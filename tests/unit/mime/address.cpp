// Address lists: RFC 5322 appendix A.1, A.5, A.6; RFC 6532; and forms that occur in mail but in no RFC.
#include "protocols/mime/address.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using mime::Address;

namespace {

// One line for a list: "name|route|local|domain", groups as "[name" and "]".
std::string flat(const std::vector<Address>& list) {
    std::string out;
    for (const Address& address : list) {
        if (!out.empty()) out += " ; ";
        if (address.kind == Address::Kind::group_start) {
            out += "[" + address.name;
        } else if (address.kind == Address::Kind::group_end) {
            out += "]";
        } else {
            out += address.name + "|" + address.route + "|" + address.local + "|" + address.domain;
        }
    }
    return out;
}

struct Row {
    std::string_view value;
    std::string_view flat;
};

}  // namespace

TEST_CASE("the examples of RFC 5322") {
    const Row rows[] = {
        // Appendix A.1.1
        {"John Doe <jdoe@machine.example>", "John Doe||jdoe|machine.example"},
        // A.1.2
        {"\"Joe Q. Public\" <john.q.public@example.com>", "Joe Q. Public||john.q.public|example.com"},
        {"Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
         "Mary Smith||mary|x.test ; ||jdoe|example.org ; Who?||one|y.test"},
        {"<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
         "||boss|nil.test ; Giant; \"Big\" Box||sysservices|example.net"},
        // A.1.3
        {"A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
         "[A Group ; Ed Jones||c|a.test ; ||joe|where.test ; John||jdoe|one.test ; ]"},
        {"Undisclosed recipients:;", "[Undisclosed recipients ; ]"},
        // A.5
        {"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "Pete||pete|silly.test"},
        {"A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n         joe@example.org,\r\n"
         "  John <jdoe@one.test> (my dear friend); (the end of the group)",
         "[A Group ; Chris Jones||c|public.example ; ||joe|example.org ; John||jdoe|one.test ; ]"},
        {"(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;", "[Hidden recipients ; ]"},
        // A.6.1
        {"Joe Q. Public <john.q.public@example.com>", "Joe Q. Public||john.q.public|example.com"},
        {"Mary Smith <@node.test:mary@example.net>, , jdoe@test   . example",
         "Mary Smith|@node.test|mary|example.net ; ||jdoe|test.example"},
        // A.6.3
        {"John Doe <jdoe@machine(comment).  example>", "John Doe||jdoe|machine.example"},
        {"Mary Smith\r\n          \r\n            <mary@example.net>", "Mary Smith||mary|example.net"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        CHECK(flat(mime::parse_addresses(row.value)) == row.flat);
    }
}

TEST_CASE("comments, UTF-8, literals, encoded words") {
    const Row rows[] = {
        {"bob@example.org (Bob Burger)", "Bob Burger||bob|example.org"},
        {"J\xC3\xB6rn <j\xC3\xB6rn@\xC3\xA4.test>", "J\xC3\xB6rn||j\xC3\xB6rn|\xC3\xA4.test"},
        {"=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>",
         "=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=||keld|dkuug.dk"},
        {"<x@[192.0.2.1]>, y@[IPv6:::1]", "||x|[192.0.2.1] ; ||y|[IPv6:::1]"},
        {"\"john doe\"@example.org", "||john doe|example.org"},
        {"Joe <<joe@a.test>>, b@c.test", "Joe||joe|a.test ; ||b|c.test"},
        {"<@a.test,@b.test:joe@c.test>", "|@a.test,@b.test|joe|c.test"},
        {"root", "||root|"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        CHECK(flat(mime::parse_addresses(row.value)) == row.flat);
    }
}

TEST_CASE("garbage costs the element that it stands in") {
    const Row rows[] = {
        {"", ""},
        {" , ,, ", ""},
        {"bob@example.org <bob@example.org>, c@d", "bob@example.org||bob|example.org ; ||c|d"},
        {"a@b; c@d", "||a|b ; ||c|d"},  // Outlook's separator
        {"Bob <bob@example.org, c@d", "Bob||bob|example.org ; ||c|d"},
        {"Bob <bob@example.org> junk, c@d", "Bob||bob|example.org ; ||c|d"},
        {"Bob bob@example.org", "Bob||bob|example.org"},
        {"<a@b@c>", "||a@b|c"},
        {"\"unclosed <a@b>, c@d", "\"unclosed||a|b ; ||c|d"},
        {"(unclosed <a@b>, c@d", "(unclosed||a|b ; ||c|d"},
        {"A: b@c", "[A ; ||b|c ; ]"},
        {"<>", "|||"},
        {"Just Words", "Just Words|||"},
        {"@b", "|||b"},
        {"a@", "||a|"},
        {"john . doe @ example . org", "||john.doe|example.org"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        CHECK(flat(mime::parse_addresses(row.value)) == row.flat);
    }
}

TEST_CASE("the number of elements is bounded, and long nonsense takes linear time") {
    std::string many;
    for (int i = 0; i < 5000; ++i) many += "a@b,";
    CHECK(mime::parse_addresses(many, 10).size() == 10);
    for (const char* piece : {"<", "(", "\"", "[", "@", "<@", ":", "a@[", "\\\"", "<@a,"}) {
        std::string nonsense;
        while (nonsense.size() < 300'000) nonsense += piece;
        CHECK(mime::parse_addresses(nonsense, 100).size() <= 101);
    }
}

TEST_CASE("addresses are written with quotes and encoded words where they must be") {
    struct Case {
        Address address;
        std::string_view text;
    };
    const Case cases[] = {
        {{.name = "Bob", .local = "bob", .domain = "a.test"}, "Bob <bob@a.test>"},
        {{.local = "bob", .domain = "a.test"}, "bob@a.test"},
        {{.name = "Giant; \"Big\" Box", .local = "s", .domain = "a.test"}, "\"Giant; \\\"Big\\\" Box\" <s@a.test>"},
        {{.name = "Joe Q. Public", .local = "joe", .domain = "a.test"}, "\"Joe Q. Public\" <joe@a.test>"},
        {{.name = "J\xC3\xB6rn", .local = "j", .domain = "a.test"}, "=?utf-8?b?SsO2cm4=?= <j@a.test>"},
        {{.local = "john doe", .domain = "a.test"}, "\"john doe\"@a.test"},
        {{.local = "a..b", .domain = "a.test"}, "\"a..b\"@a.test"},
    };
    for (const Case& row : cases) {
        CAPTURE(row.text);
        const std::vector<Address> list = {row.address};
        CHECK(mime::render_addresses(list) == row.text);
    }
    const std::vector<Address> group = mime::parse_addresses("A Group:Ed <c@a.test>,joe@b.test;, x@y");
    CHECK(mime::render_addresses(group) == "A Group: Ed <c@a.test>, joe@b.test;, x@y");
    const std::vector<Address> utf8 = {{.name = "J\xC3\xB6rn", .local = "j\xC3\xB6", .domain = "a.test"}};
    CHECK(mime::render_addresses(utf8, true) == "\"J\xC3\xB6rn\" <j\xC3\xB6@a.test>");
}

TEST_CASE("the first mailbox of a field") {
    REQUIRE(mime::parse_mailbox("G: Bob <bob@a.test>;"));
    CHECK(mime::parse_mailbox("G: Bob <bob@a.test>;")->local == "bob");
    CHECK_FALSE(mime::parse_mailbox("Undisclosed recipients:;"));
}

TEST_CASE("a well-formed encoded word is one word, whatever stands in it (RFC 2047 §5 (3) forbids to send that)") {
    const Row rows[] = {
        {"=?utf-8?Q?Caf=C3=A9=20:)?= <shop@example.org>", "=?utf-8?Q?Caf=C3=A9=20:)?=||shop|example.org"},
        {"=?utf-8?Q?Doe,_John?= <a@b.c>, d@e.f", "=?utf-8?Q?Doe,_John?=||a|b.c ; ||d|e.f"},
        {"=?utf-8?Q?Doe, John?= <a@b.c>", "=?utf-8?Q?Doe, John?=||a|b.c"},
        {"=?utf-8?Q?Doe,\r\n John?= <a@b.c>", "=?utf-8?Q?Doe, John?=||a|b.c"},
        {"=?utf-8?Q?a@b.c;_<x>?= <d@e.f>", "=?utf-8?Q?a@b.c;_<x>?=||d|e.f"},
        {"=?utf-8?Q?the_\"Boss\"_(me)?= <d@e.f>", "=?utf-8?Q?the_\"Boss\"_(me)?=||d|e.f"},
        {"=?utf-8?Q?a:?= =?utf-8?Q?b;?= <d@e.f>", "=?utf-8?Q?a:?= =?utf-8?Q?b;?=||d|e.f"},
        {"Dr. =?iso-8859-1*de?q?M=FCller,?= <d@e.f>", "Dr. =?iso-8859-1*de?q?M=FCller,?=||d|e.f"},
        {"=?utf-8?Q?Team:?=: a@b.c, d@e.f;", "[=?utf-8?Q?Team:?= ; ||a|b.c ; ||d|e.f ; ]"},
        {"a@b.c (=?utf-8?Q?:)?=)", "=?utf-8?Q?:)?=||a|b.c"},
        // None of these is an encoded word.
        {"=?utf-8?X?a,b?= <d@e.f>", "||=?utf-8?X?a| ; b?=||d|e.f"},
        {"=?utf-8?Q?a, b <d@e.f>", "||=?utf-8?Q?a| ; b||d|e.f"},
        {"=?a,b?Q?c?= <d@e.f>", "||=?a| ; b?Q?c?=||d|e.f"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        CHECK(flat(mime::parse_addresses(row.value)) == row.flat);
    }
}

TEST_CASE("a list that was cut says so") {
    CHECK_FALSE(mime::parse_address_list("a@b, c@d", 2).cut);
    CHECK_FALSE(mime::parse_address_list("a@b, c@d, \r\n", 2).cut);
    const mime::AddressList list = mime::parse_address_list("g: a@b, c@d, e@f;", 3);
    CHECK(list.cut);
    CHECK(flat(list.addresses) == "[g ; ||a|b ; ||c|d ; ]");
    CHECK(mime::parse_address_list("a@b", 0).cut);
}

// Return addresses: there and back, and never anywhere else.
#include "server/delivery/srs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>

#include "protocols/base/text.h"

using namespace server::delivery;

namespace srs_story {

namespace {

constexpr std::int64_t now = 1'700'000'000;
const Seals seals({"secret"}, now);

std::string local_part(const std::string& address) { return address.substr(0, address.rfind('@')); }

std::expected<srs::Reversed, srs::Fault> back(const std::string& address, const Seals& with = seals) {
    return srs::reverse(with, local_part(address), address.substr(address.rfind('@') + 1));
}

}  // namespace

TEST_CASE("a sender is found again behind its return address, however its letters come back") {
    for (const std::string sender : {"bob@far.example", "a=b@far.example", "a+b=c==d@x.y.far.example", "x@far"}) {
        CAPTURE(sender);
        const srs::Rewritten made = srs::rewrite(seals, sender, "ours.example");
        CHECK(made.reverse_path.ends_with("@ours.example"));
        CHECK(made.reverse_path.starts_with("SRS0="));
        CHECK(made.token.empty());
        CHECK(srs::is_return_address(made.reverse_path));
        CHECK(back(made.reverse_path)->address == sender);
        for (const std::string& seen : {base::lower(made.reverse_path), base::upper(made.reverse_path)}) {
            REQUIRE(back(seen));
            CHECK(base::lower(back(seen)->address) == sender);
        }
    }
    CHECK(back(srs::rewrite(seals, "Bob@far.example", "ours.example").reverse_path)->address == "Bob@far.example");
}

TEST_CASE("forwarders follow each other: the first one gets the bounce (SRS1)") {
    // As libsrs2 writes them.
    const std::string first = "SRS0=HHH=TT=far.example=bob@first.example";
    const std::string second = srs::rewrite(seals, first, "ours.example").reverse_path;
    CHECK(second.starts_with("SRS1="));
    CHECK(second.ends_with("=first.example==HHH=TT=far.example=bob@ours.example"));
    CHECK(back(second)->address == first);
    CHECK(base::iequals(back(base::lower(second))->address, first));

    const std::string third =
        srs::rewrite(seals, "SRS1=XYZ=first.example==HHH=TT=far.example=bob@second.example", "ours.example")
            .reverse_path;
    CHECK(back(third)->address == first);
    const std::string odd =
        srs::rewrite(seals, "srs0+HHH=TT=far.example=bob@first.example", "ours.example").reverse_path;
    CHECK(back(odd)->address == "SRS0+HHH=TT=far.example=bob@first.example");
    // Looks like one, but leads nowhere: a sender like others.
    CHECK(back(srs::rewrite(seals, "SRS1=XYZ=@second.example", "ours.example").reverse_path)->address ==
          "SRS1=XYZ=@second.example");
    // Three weeks.
    const auto later = [](int days) { return Seals({"secret"}, now + days * Seals::day_seconds); };
    CHECK(back(second, later(21)));
    CHECK(back(second, later(22)).error() == srs::Fault::forged);
}

TEST_CASE("what is forged, cut or old leads nowhere; nor does another domain's, or another server's") {
    const std::string made = srs::rewrite(seals, "bob@far.example", "ours.example").reverse_path;
    CHECK(back(made, Seals({"secret"}, now + 21 * Seals::day_seconds)));
    CHECK(back(made, Seals({"secret"}, now + 22 * Seals::day_seconds)).error() == srs::Fault::expired);
    CHECK(back(made, Seals({"other"}, now)).error() == srs::Fault::forged);
    CHECK(back(made, Seals({"newer", "secret"}, now)));
    CHECK(srs::reverse(seals, local_part(made), "theirs.example").error() == srs::Fault::forged);
    CHECK(srs::reverse(seals, local_part(made), "OURS.example"));
    for (const std::string text : {"SRS0=", "SRS0=a", "SRS0=a=b", "SRS0=a=b=c", "SRS0+a=b=c=d", "SRS1=", "SRS1=a=b",
                                   "SRS1=a=b=c", "SRS1=a==c", "SRS1=a=b.c==", "SRS0===", "SRS0====", "SRS1====="}) {
        CAPTURE(text);
        CHECK_FALSE(srs::reverse(seals, text, "ours.example"));
    }
    for (std::size_t end = 0; end < local_part(made).size(); ++end)
        CHECK_FALSE(srs::reverse(seals, made.substr(0, end), "ours.example"));
    for (std::size_t i = 5; i < local_part(made).size(); ++i) {
        std::string changed = made;
        changed[i] = changed[i] == 'x' ? 'y' : 'x';
        CAPTURE(changed);
        CHECK_FALSE(back(changed));
    }
    CHECK_FALSE(srs::is_return_address("SRS0"));
    CHECK_FALSE(srs::is_return_address("SRS0a=b"));
    CHECK_FALSE(srs::is_return_address("bob"));
}

TEST_CASE("a sender that fits into no local part of 64 octets has a token (RFC 5321 §4.5.3.1.1)") {
    for (const std::string& sender :
         {std::string(60, 'a') + "@far.example", std::string("\"a b\"@far.example"), std::string("bob@[192.0.2.1]"),
          std::string("b\xC3\xB6@far.example"), std::string(".bob@far.example"), std::string("bob.@far.example")}) {
        CAPTURE(sender);
        const srs::Rewritten made = srs::rewrite(seals, sender, "ours.example");
        REQUIRE_FALSE(made.token.empty());
        CHECK(made.reverse_path.rfind('@') <= 64);
        CHECK(base::is_ascii(made.reverse_path));
        CHECK(back(base::upper(made.reverse_path))->token == made.token);
        CHECK(back(made.reverse_path)->address.empty());
        CHECK(srs::rewrite(seals, sender, "ours.example").token == made.token);  // the store keeps it once
    }
    // 64 octets are in order.
    const std::string most = std::string(64 - 17 - 11 - 1, 'a') + "@far.example";
    CHECK(srs::rewrite(seals, most, "ours.example").token.empty());
    CHECK(local_part(srs::rewrite(seals, most, "ours.example").reverse_path).size() == 64);
    CHECK_FALSE(srs::rewrite(seals, "a" + most, "ours.example").token.empty());
}

TEST_CASE("international domains are written as A-labels") {
    const std::string made = srs::rewrite(seals,
                                          "bob@b\xC3\xBC"
                                          "cher.example",
                                          "stra\xC3\x9F"
                                          "e.example")
                                 .reverse_path;
    CHECK(made.ends_with("=xn--bcher-kva.example=bob@xn--strae-oqa.example"));
    CHECK(srs::reverse(seals, local_part(made),
                       "stra\xC3\x9F"
                       "e.example")
              ->address == "bob@xn--bcher-kva.example");
}

TEST_CASE("any octets: what looks like a return address is made by us or refused, and each sender comes back") {
    std::mt19937 random(7);
    const std::string_view letters = "SRS01=+-.@abz9\"\\ <>\r\n\xC3\xBC";
    const auto some = [&](std::size_t most) {
        std::string text;
        for (std::size_t n = random() % most; n > 0; --n) text += letters[random() % letters.size()];
        return text;
    };
    for (int i = 0; i < 20'000; ++i) {
        const std::string local = (i % 2 == 0 ? "SRS0=" : "SRS1=") + some(60);
        CHECK_FALSE(srs::reverse(seals, local, "ours.example"));
        const std::string sender = some(40) + "@" + (i % 3 == 0 ? some(20) : "far.example");
        const srs::Rewritten made = srs::rewrite(seals, sender, "ours.example");
        CHECK(made.reverse_path.find_first_of("\r\n\"\\ <>") == std::string::npos);
        const auto reversed = back(made.reverse_path);
        REQUIRE(reversed);
        if (!made.token.empty()) CHECK(reversed->token == made.token);
        if (made.token.empty() && made.reverse_path.starts_with("SRS0")) CHECK(reversed->address == sender);
    }
}

}  // namespace srs_story

// What --check finds, with a DNS that is made up.
#include "server/zone/check.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <map>
#include <memory>

#include "server/zone/text.h"
#include "tests/unit/mailauth/dns_table.h"

using namespace server;
using zone::Finding;

namespace {

// A domain, and a DNS in which its records can be published and spoilt.
struct Domain {
    zone::Facts facts;
    DnsTable table;
    std::map<std::pair<std::string, std::uint16_t>, std::vector<std::string>> zone;
    dns::RawAnswer instead = dns::NoSuchName{};  // for what is not in the zone

    Domain() {
        facts.domain = "example.org";
        facts.host = "mail.example.org";
        facts.addresses = {"192.0.2.1"};
        facts.keys = {{.domain = "example.org",
                       .selector = "m1",
                       .algorithm = storage::DkimAlgorithm::ed25519,
                       .state = storage::DkimState::signing,
                       .public_key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
                       .private_key = {}}};
        facts.sts_id = "1";
        facts.certificate_key = std::string(32, 'k');
        facts.authorities = {"letsencrypt.org"};
        for (const zone::Record& record : zone::records_of(facts)) {
            zone[{record.name, zone::type_number_of(record.data)}].push_back(zone::rdata(record.data));
        }
        table.add_address("mail.example.org", "192.0.2.1");
        for (const char* name : {"mta-sts", "autoconfig", "autodiscover"}) {
            table.add_cname(std::string(name) + ".example.org", "mail.example.org");
        }
    }
    void set(const std::string& name, const zone::Data& data) {
        zone[{name, zone::type_number_of(data)}] = {zone::rdata(data)};
        if (const auto* text = std::get_if<zone::Text>(&data)) table.add_txt(name, text->text);  // SPF asks there
    }
    std::vector<zone::Row> rows() {
        const zone::RawLookup raw = [this](std::string name, std::uint16_t type) -> asio::awaitable<dns::RawAnswer> {
            const auto found = zone.find({name, type});
            if (found == zone.end()) co_return instead;
            co_return dns::Found<std::string>{.records = found->second};
        };
        return ::run(zone::check_records(facts, zone::records_of(facts), table, raw, 1));
    }
    // "TXT example.org: what was found", of rows that are wrong.
    std::string wrong() {
        std::string words;
        for (const zone::Row& row : rows()) {
            if (row.finding != Finding::wrong) continue;
            CHECK_FALSE(row.advice.empty());
            words += (words.empty() ? "" : "; ") + row.type + " " + row.name + ": " + row.found;
        }
        return words;
    }
};

constexpr const char* none = "there is no such record";

}  // namespace

TEST_CASE("all is well when what was printed is published") {
    Domain domain;
    CHECK(domain.wrong().empty());
    CHECK(domain.rows().size() == 1 + zone::records_of(domain.facts).size());
}

TEST_CASE("each record that is missing is told, with what to publish") {
    Domain whole;
    for (const zone::Record& record : zone::records_of(whole.facts)) {
        if (std::holds_alternative<zone::Cname>(record.data)) continue;
        Domain domain;
        domain.zone.erase({record.name, zone::type_number_of(record.data)});
        const std::string type(zone::type_of(record.data));
        if (type == "TLSA") {
            CHECK(domain.wrong().empty());  // of no use without DNSSEC
            domain.instead = dns::NoSuchName{dns::Proof::secure};
        }
        CHECK(domain.wrong() == type + " " + record.name + ": " + none);
    }
}

TEST_CASE("other records than ours: what does as well is well, what does not is told") {
    struct Case {
        const char* name;
        zone::Data data;
        const char* found;
    };
    const Case cases[] = {
        {"example.org", zone::Text{"v=spf1 ip4:192.0.2.0/24 ~all"}, ""},
        {"example.org", zone::Text{"v=spf1 ip4:198.51.100.1 -all"}, "v=spf1 ip4:198.51.100.1 -all"},
        {"example.org", zone::Text{"some other service's token"}, none},
        {"_dmarc.example.org", zone::Text{"v=DMARC1; p=none"}, ""},
        {"_dmarc.example.org", zone::Text{"v=DMARC1 p=none"}, "v=DMARC1 p=none"},
        {"_mta-sts.example.org", zone::Text{"v=STSv1; id=1;"}, ""},
        {"_mta-sts.example.org", zone::Text{"v=STSv1; id=0"}, "v=STSv1; id=0"},
        {"_smtp._tls.example.org", zone::Text{"v=TLSRPTv1; rua=https://reports.example"}, ""},
        {"m1._domainkey.example.org", zone::Text{"k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}, ""},
        {"m1._domainkey.example.org", zone::Text{"v=DKIM1; p="}, "another key: v=DKIM1; p="},
        {"example.org", zone::Mx{0, "mx.elsewhere.example"}, "its mail goes elsewhere: 0 mx.elsewhere.example."},
        {"_imaps._tcp.example.org", zone::Srv{0, 1, 993, "MAIL.example.org"}, ""},
        {"_imaps._tcp.example.org", zone::Srv{0, 1, 994, "mail.example.org"}, "there is another one"},
        {"mail.example.org", zone::Caa{"issue", "other.example"}, "there is another one"},
        {"_25._tcp.mail.example.org", zone::Tlsa{3, 1, 1, "other"},
         "of another key: senders with DANE would not deliver"},
    };
    for (const Case& one : cases) {
        Domain domain;
        domain.set(one.name, one.data);
        const std::string found = one.found;
        CHECK(domain.wrong() ==
              (found.empty() ? "" : std::string(zone::type_of(one.data)) + " " + one.name + ": " + found));
    }
    Domain twice;
    twice.zone[{"example.org", 16}].push_back(zone::rdata(zone::Text{"v=spf1 -all"}));
    CHECK(twice.wrong() == "TXT example.org: there are several: they count as none");
}

TEST_CASE("a DNS that is out of order is no missing record") {
    Domain domain;
    domain.zone.clear();
    domain.instead = dns::Unavailable{"nobody there"};
    CHECK(domain.wrong().contains("MX example.org: no answer: nobody there"));
    domain.instead = dns::Bogus{"expired"};
    CHECK(domain.wrong().contains("MX example.org: forged by DNSSEC's judgement: expired"));
    Domain lost;
    lost.table = DnsTable();
    CHECK(lost.wrong().starts_with("address mail.example.org: the DNS knows no address of this server"));
    Domain aside;
    aside.table.add_address("autoconfig.example.org", "198.51.100.7");
    CHECK(aside.wrong() == "CNAME autoconfig.example.org: it leads elsewhere: 198.51.100.7");
}

TEST_CASE("all records are asked for at once, and the rows keep the records' order") {
    Domain domain;
    const std::vector<zone::Record> records = zone::records_of(domain.facts);
    const auto asked = static_cast<std::size_t>(
        std::ranges::count_if(records, [](const auto& one) { return !std::holds_alternative<zone::Cname>(one.data); }));
    std::vector<asio::steady_timer*> waiting;  // they are the coroutines' own, and end with them
    bool met = false;
    // The last question is answered first; before it comes, none is.
    const zone::RawLookup raw = [&](std::string, std::uint16_t) -> asio::awaitable<dns::RawAnswer> {
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor, std::chrono::seconds(5));
        waiting.push_back(&timer);
        if (waiting.size() == asked) {
            met = waiting.front()->cancel() == 1;  // the first still waits
            for (asio::steady_timer* one : waiting) one->cancel();
            co_return dns::NoSuchName{};
        }
        asio::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        co_return dns::NoSuchName{};
    };
    const std::vector<zone::Row> rows = ::run(zone::check_records(domain.facts, records, domain.table, raw, 1));
    CHECK(met);
    REQUIRE(rows.size() == 1 + records.size());
    CHECK(rows[0].type == "address");
    for (std::size_t i = 0; i < records.size(); ++i) {
        CHECK(rows[i + 1].type == zone::type_of(records[i].data));
        CHECK(rows[i + 1].name == records[i].name);
    }
}

TEST_CASE("addresses as others see them: their names, and lists; nothing is asked about private ones") {
    DnsTable table;
    const auto check = [&](const std::string& address, bool is_public) {
        const auto rows = ::run(zone::check_addresses("mail.example.org", {asio::ip::make_address(address)}, table,
                                                      {"list.example"}, [=](const auto&) { return is_public; }));
        std::string words;
        for (const zone::Row& row : rows) {
            words += row.finding == Finding::ok ? "ok " : row.finding == Finding::wrong ? "wrong " : "skipped ";
        }
        return words;
    };
    CHECK(check("192.0.2.1", false) == "skipped ");
    CHECK(table.questions.empty());
    CHECK(check("192.0.2.1", true) == "wrong ok ");
    table.add_ptr("192.0.2.1", "MAIL.example.org");
    CHECK(check("192.0.2.1", true) == "ok ok ");
    table.add_address("1.2.0.192.list.example", "127.0.0.4");
    CHECK(check("192.0.2.1", true) == "ok wrong ");
    table.fail_ptr("192.0.2.3");
    // It may begin later, when what it was given is gone.
    auto begun_later = zone::check_addresses("mail.example.org", {asio::ip::make_address("192.0.2.3")}, table, {},
                                             [](const auto&) { return true; });
    const auto rows = ::run(std::move(begun_later));
    REQUIRE(rows.size() == 1);
    CHECK(rows.at(0).found == "no answer: no answer");  // which is not that it has no name
    table.add_ptr("192.0.2.2", "host.provider.example");
    table.add_address("2.2.0.192.list.example", "127.255.255.254");
    CHECK(check("192.0.2.2", true) == "wrong skipped ");
    CHECK(zone::reversed(asio::ip::make_address("2001:db8::1")) ==
          "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2");
}

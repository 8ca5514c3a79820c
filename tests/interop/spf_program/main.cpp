// Judges by SPF what stands in standard input, against a DNS that stands there, too: JSON in, JSON out. test_spf.py
// tells it the public test suite.
//
// In: [{"zone": {NAME: [[TYPE, VALUE], ...]}, "queries": [{"client", "mail_from", "helo"}]}], TYPE: A, AAAA, TXT,
// CNAME, PTR (NAME is the address then), FAIL (what else is asked of the name is not answered), MX (VALUE: [preference,
// host]). Out, of each query in turn: {"verdict", "explanation", "reason"}.
#include <cstdint>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "protocols/mailauth/spf.h"
#include "tests/unit/mailauth/dns_table.h"

using nlohmann::json;

namespace {

void add(DnsTable& table, const std::string& name, const std::string& type, const json& value) {
    if (type == "A" || type == "AAAA") table.add_address(name, value.get<std::string>());
    if (type == "TXT") table.add_txt(name, value.get<std::string>());
    if (type == "CNAME") table.add_cname(name, value.get<std::string>());
    if (type == "PTR") table.add_ptr(name, value.get<std::string>());
    if (type == "MX") table.add_mx(name, value.at(0).get<std::uint16_t>(), value.at(1).get<std::string>());
    if (type == "FAIL") table.fail(name);
}

json judge(DnsTable& table, const json& query) {
    const mailauth::SpfResult result =
        run(mailauth::check_spf(table, {.client = asio::ip::make_address(query.at("client").get<std::string>()),
                                        .mail_from = query.at("mail_from").get<std::string>(),
                                        .helo = query.at("helo").get<std::string>(),
                                        .receiver = "receiver.example"}));
    return {{"verdict", mailauth::to_string(result.verdict)},
            {"explanation", result.explanation},
            {"reason", result.reason}};
}

}  // namespace

int main() {
    json results = json::array();
    for (const json& scenario : json::parse(std::cin)) {
        DnsTable table;
        for (const auto& [name, records] : scenario.at("zone").items()) {
            for (const json& record : records) add(table, name, record.at(0).get<std::string>(), record.at(1));
        }
        for (const json& query : scenario.at("queries")) results.push_back(judge(table, query));
    }
    std::cout << results.dump() << '\n';
}

// Names of lists are ASCII (storage/lists.h), their domains are written as A-labels.
#include "server/delivery/list_mail.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocols/base/text.h"
#include "protocols/dns/resolver.h"
#include "protocols/mailauth/domain_name.h"

namespace server::delivery {

namespace {

constexpr std::string_view bounces = "-bounces=";

// "dev", "-owner" → "dev-owner@example.org".
std::string beside(std::string_view list, std::string_view what) {
    const std::size_t at = list.rfind('@');
    return dns::with_ascii_domain(std::string(list.substr(0, at)) + std::string(what) + std::string(list.substr(at)));
}

std::string sealed_bounce(std::string_view list, std::string_view stamp, std::string_view member) {
    return fmt::format("bounce {} {} {}", stamp, member, dns::with_ascii_domain(list));
}

}  // namespace

std::string list_id(std::string_view list) {
    std::string id = dns::with_ascii_domain(list);
    const std::size_t at = id.rfind('@');
    if (at != std::string::npos) id[at] = '.';
    return id;
}

std::string owner_address(std::string_view list) { return beside(list, "-owner"); }

bool is_unsubscribe_address(std::string_view address) {
    return base::lower(address.substr(0, address.rfind('@'))).ends_with("-unsubscribe");
}

std::string list_fields(std::string_view list) {
    const std::string owner = owner_address(list);
    return fmt::format(
        "Delivered-To: {0}\r\nList-Id: <{1}>\r\nList-Post: <mailto:{0}>\r\nList-Help: <mailto:{2}?subject=help>\r\n"
        "List-Unsubscribe: <mailto:{3}?subject=unsubscribe>\r\nList-Owner: <mailto:{2}>\r\nPrecedence: list\r\n",
        dns::with_ascii_domain(list), list_id(list), owner, beside(list, "-unsubscribe"));
}

const std::vector<std::string_view>& list_field_names() {
    static const std::vector<std::string_view> names{
        "List-Id",    "List-Post",      "List-Help",    "List-Unsubscribe",
        "List-Owner", "List-Subscribe", "List-Archive", "List-Unsubscribe-Post",
        "Precedence"};
    return names;
}

std::string bounce_address(const Seals& seals, std::string_view list, std::int64_t member) {
    const std::string stamp = seals.stamp();
    const std::string seal = seals.seal(sealed_bounce(list, stamp, std::to_string(member)));
    return beside(list, fmt::format("{}{}={}={}", bounces, seal, stamp, member));
}

bool is_bounce_address(std::string_view address) {
    return base::lower(address.substr(0, address.rfind('@'))).contains(bounces);
}

std::optional<std::int64_t> bounced_member(const Seals& seals, std::string_view address) {
    const std::string given = base::lower(address);
    const std::size_t at = given.rfind('@');
    const std::size_t found = given.find(bounces);
    if (at == std::string::npos || found == std::string::npos || found > at) return std::nullopt;
    const std::string_view token = std::string_view(given).substr(found + bounces.size(), at - found - bounces.size());
    constexpr std::size_t before_member = Seals::letters + 1 + 2 + 1;  // "seal=stamp="
    if (token.size() <= before_member || token[Seals::letters] != '=' || token[before_member - 1] != '=')
        return std::nullopt;
    const std::string_view stamp = token.substr(Seals::letters + 1, 2);
    const auto member = base::parse_number<std::uint32_t>(token.substr(before_member));
    const std::string list = given.substr(0, found) + given.substr(at);
    if (!member || !seals.is_recent(stamp)) return std::nullopt;
    if (!seals.is_seal_of(sealed_bounce(list, stamp, std::to_string(*member)), token.substr(0, Seals::letters)))
        return std::nullopt;
    return *member;
}

std::string loop_fault(const ListFacts& facts, std::string_view list) {
    const std::string own = "<" + list_id(list) + ">";
    const bool been = std::ranges::any_of(facts.list_id, [&](std::string_view value) {
        const std::string_view text = base::trim(value);
        return base::iequals(text.substr(std::min(text.rfind('<'), text.size())), own);
    });
    return been ? "the list has sent this message before: it goes round in circles" : "";
}

std::string automatic_fault(const ListFacts& facts) {
    const auto says = [](const std::vector<std::string_view>& values, std::string_view word) {
        return std::ranges::any_of(values,
                                   [&](std::string_view value) { return base::istarts_with(base::trim(value), word); });
    };
    if (says(facts.auto_submitted, "auto-replied")) return "a list takes no automatic replies (Auto-Submitted)";
    if (says(facts.precedence, "junk") || says(facts.precedence, "bulk"))
        return "a list takes no bulk mail (Precedence)";
    return {};
}

std::string list_identifier(const ListFacts& facts) {
    if (facts.list_id.size() != 1) return {};
    const std::string_view text = base::trim(facts.list_id.front());
    const std::size_t open = text.rfind('<');
    if (open == std::string_view::npos || !text.ends_with('>')) return {};
    return mailauth::normal_domain(text.substr(open + 1, text.size() - open - 2)).value_or("");
}

bool tells_of_failure(std::string_view report) {
    while (!report.empty()) {
        const std::size_t end = std::min(report.find('\n'), report.size());
        const std::string_view line = report.substr(0, end);
        report.remove_prefix(std::min(end + 1, report.size()));
        if (base::istarts_with(line, "Action:") && base::iequals(base::trim(line.substr(7)), "failed")) return true;
    }
    return false;
}

}  // namespace server::delivery

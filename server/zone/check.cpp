#include "server/zone/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/dns/rdata.h"
#include "protocols/mailauth/dkim_public_key.h"
#include "protocols/mailauth/dmarc_record.h"
#include "protocols/mailauth/spf.h"
#include "server/zone/at_once.h"

namespace server::zone {

namespace {

using dns::RawAnswer;

std::string line_of(const Record& record) {
    return fmt::format("{} IN {} {}", absolute(record.name), type_of(record.data), presentation(record.data));
}

Row row_for(const Record& record, Finding finding, std::string found = {}, std::string advice = {}) {
    return {finding, std::string(type_of(record.data)), record.name, std::move(found), std::move(advice)};
}

Row wrong(const Record& record, std::string found, std::string advice) {
    return row_for(record, Finding::wrong, std::move(found), std::move(advice));
}

Row missing(const Record& record) { return wrong(record, "there is no such record", "publish: " + line_of(record)); }

// Why a question was not answered with records; nullopt: it was, or there are none.
template <class Kind>
std::optional<std::pair<std::string, std::string>> trouble(const dns::Answer<Kind>& answer) {
    if (const auto* bogus = std::get_if<dns::Bogus>(&answer)) {
        return std::pair("forged by DNSSEC's judgement: " + bogus->why, "the zone's signatures must be repaired");
    }
    if (const auto* none = std::get_if<dns::Unavailable>(&answer)) {
        return std::pair("no answer: " + none->why, "try again later");
    }
    return std::nullopt;
}

template <class Kind>
std::vector<Kind> records_in(const RawAnswer& raw) {
    const dns::Answer<Kind> answer = dns::parse_answer<Kind>(raw);
    const auto* found = std::get_if<dns::Found<Kind>>(&answer);
    return found == nullptr ? std::vector<Kind>() : found->records;
}

// The texts of one kind: those that begin with this.
std::vector<std::string> texts_with(const RawAnswer& raw, std::string_view beginning) {
    std::vector<std::string> texts;
    for (const dns::Txt& txt : records_in<dns::Txt>(raw)) {
        if (base::istarts_with(txt.text, beginning)) texts.push_back(txt.text);
    }
    return texts;
}

// One record and no other of that kind is wanted, which `accepts` judges.
Row judge_one_text(const Record& record, const std::vector<std::string>& texts, bool accepted) {
    if (texts.empty()) return missing(record);
    if (texts.size() > 1) return wrong(record, "there are several: they count as none", "keep one of them");
    if (!accepted) return wrong(record, texts.front(), "publish instead: " + line_of(record));
    const bool same = texts.front() == std::get<Text>(record.data).text;
    return row_for(record, Finding::ok, same ? "" : texts.front());
}

Row judge_key(const Record& record, const RawAnswer& raw) {
    const auto ours = mailauth::parse_dkim_key_record(std::get<Text>(record.data).text);
    const std::vector<dns::Txt> found = records_in<dns::Txt>(raw);
    for (const dns::Txt& txt : found) {
        const auto theirs = mailauth::parse_dkim_key_record(txt.text);
        if (ours && theirs && theirs->data == ours->data && theirs->algorithm == ours->algorithm) {
            return row_for(record, Finding::ok);
        }
    }
    if (found.empty()) return missing(record);
    return wrong(record, "another key: " + found.front().text, "publish instead: " + line_of(record));
}

Row judge_mx(const Record& record, const RawAnswer& raw) {
    const auto& ours = std::get<Mx>(record.data);
    std::string others;
    bool here = false;
    for (const dns::Mx& mx : records_in<dns::Mx>(raw)) {
        if (mx.exchange == ours.exchange) {
            here = true;
        } else {
            others += fmt::format("{}{} {}", others.empty() ? "" : ", ", mx.preference, absolute(mx.exchange));
        }
    }
    if (here) return row_for(record, Finding::ok, others.empty() ? "" : "also " + others);
    if (others.empty()) return missing(record);
    return wrong(record, "its mail goes elsewhere: " + others, "publish instead: " + line_of(record));
}

// Any record that is ours, letters in any case.
Row judge_rdata(const Record& record, const RawAnswer& raw) {
    const auto* found = std::get_if<dns::Found<std::string>>(&raw);
    if (found == nullptr) return missing(record);
    const std::string ours = base::lower(rdata(record.data));
    for (const std::string& theirs : found->records) {
        if (base::lower(theirs) == ours) return row_for(record, Finding::ok);
    }
    return wrong(record, "there is another one", "publish instead: " + line_of(record));
}

Row judge_tlsa(const Record& record, const RawAnswer& raw) {
    const Row row = judge_rdata(record, raw);
    if (row.finding == Finding::ok) return row;
    if (std::holds_alternative<dns::Found<std::string>>(raw)) {
        return wrong(record, "of another key: senders with DANE would not deliver",
                     "publish instead: " + line_of(record));
    }
    if (dns::is_secure(raw)) return missing(record);
    return row_for(record, Finding::skipped, "of no use: the zone is not signed (DNSSEC)");
}

class Check {
  public:
    Check(const Facts& facts, dns::Source& source, const RawLookup& raw, std::int64_t now)
        : facts_(facts), source_(source), raw_(raw), now_(now) {}

    asio::awaitable<std::vector<Row>> run(const std::vector<Record>& records) {
        host_ = co_await addresses_of(facts_.host, source_);
        std::vector<asio::awaitable<Row>> judging;
        for (const Record& record : records) judging.push_back(judge(record));
        std::vector<Row> rows = co_await all_at_once(std::move(judging));
        rows.insert(rows.begin(), judge_host());
        co_return rows;
    }

  private:
    Row judge_host() const {
        Row row{Finding::ok, "address", facts_.host, {}, {}};
        for (const asio::ip::address& address : host_) {
            row.found += (row.found.empty() ? "" : " ") + address.to_string();
        }
        if (!host_.empty()) return row;
        row.finding = Finding::wrong;
        row.found = "the DNS knows no address of this server";
        row.advice = "publish an A or AAAA record of " + absolute(facts_.host);
        return row;
    }

    asio::awaitable<Row> judge(const Record& record) {
        if (std::holds_alternative<Cname>(record.data)) {
            Row row = co_await judge_alias(record);
            co_return row;
        }
        const RawAnswer raw = co_await raw_(record.name, type_number_of(record.data));
        if (const auto why = trouble(raw)) co_return wrong(record, why->first, why->second);
        if (std::holds_alternative<Mx>(record.data)) co_return judge_mx(record, raw);
        if (std::holds_alternative<Tlsa>(record.data)) co_return judge_tlsa(record, raw);
        if (!std::holds_alternative<Text>(record.data)) co_return judge_rdata(record, raw);
        Row row = co_await judge_text(record, raw);
        co_return row;
    }

    // The name leads where the host is, by a CNAME or by addresses of its own.
    asio::awaitable<Row> judge_alias(const Record& record) {
        const std::vector<asio::ip::address> found = co_await addresses_of(record.name, source_);
        if (found.empty()) co_return missing(record);
        const bool here =
            std::ranges::any_of(found, [&](const auto& address) { return std::ranges::count(host_, address) > 0; });
        if (here) co_return row_for(record, Finding::ok);
        co_return wrong(record, "it leads elsewhere: " + found.front().to_string(),
                        "publish instead: " + line_of(record));
    }

    asio::awaitable<Row> judge_text(const Record& record, const RawAnswer& raw) {
        const std::string& ours = std::get<Text>(record.data).text;
        if (ours.starts_with("v=DKIM1")) co_return judge_key(record, raw);
        const std::string_view kind = std::string_view(ours).substr(0, ours.find_first_of(" ;"));
        const std::vector<std::string> texts = texts_with(raw, kind);
        bool accepted = texts.size() == 1;
        if (accepted && kind == "v=spf1" && texts.front() != ours) accepted = co_await lets_us_send(record.name);
        if (accepted && kind == "v=DMARC1") accepted = mailauth::parse_dmarc_record(texts.front()).has_value();
        if (accepted && kind == "v=STSv1") accepted = texts.front() == ours || texts.front() == ours + ";";
        co_return judge_one_text(record, texts, accepted);
    }

    // Whether the SPF record that is there, though another, passes this server.
    asio::awaitable<bool> lets_us_send(std::string domain) {
        for (const asio::ip::address& address : host_) {
            mailauth::SpfQuery query{.client = address,
                                     .mail_from = "postmaster@" + domain,
                                     .helo = facts_.host,
                                     .receiver = facts_.host,
                                     .now = now_};
            const mailauth::SpfResult result = co_await mailauth::check_spf(source_, std::move(query));
            if (result.verdict != mailauth::SpfVerdict::pass) co_return false;
        }
        co_return !host_.empty();
    }

    const Facts& facts_;
    dns::Source& source_;
    const RawLookup& raw_;
    const std::int64_t now_;
    std::vector<asio::ip::address> host_;
};

asio::awaitable<Row> not_public(asio::ip::address address) {
    co_return Row{Finding::skipped, "PTR", address.to_string(), "not an address of the public Internet", {}};
}

asio::awaitable<Row> check_ptr(std::string host, asio::ip::address address, dns::Source& source) {
    Row row{Finding::ok, "PTR", address.to_string(), {}, {}};
    const dns::Answer<dns::Ptr> answer = co_await source.ptr(address);
    if (const auto why = trouble(answer)) {
        row.finding = Finding::wrong;
        row.found = why->first;
        row.advice = why->second;
        co_return row;
    }
    const auto* found = std::get_if<dns::Found<dns::Ptr>>(&answer);
    bool here = false;
    for (std::size_t i = 0; found != nullptr && i < found->records.size(); ++i) {
        row.found += (i == 0 ? "" : " ") + found->records[i].name;
        here = here || base::iequals(found->records[i].name, host);
    }
    if (here) co_return row;
    row.finding = Finding::wrong;
    if (row.found.empty()) row.found = "it has no name";
    row.advice = "ask whoever gives you the address for a PTR record that names " + absolute(host);
    co_return row;
}

asio::awaitable<Row> check_list(asio::ip::address address, std::string list, dns::Source& source) {
    Row row{Finding::ok, "list", address.to_string() + " in " + list, {}, {}};
    const dns::Answer<asio::ip::address_v4> answer = co_await source.a(reversed(address) + "." + list);
    if (const auto why = trouble(answer)) {
        row.finding = Finding::skipped;
        row.found = why->first;
        co_return row;
    }
    const auto* found = std::get_if<dns::Found<asio::ip::address_v4>>(&answer);
    if (found == nullptr) co_return row;
    const asio::ip::address_v4::bytes_type octets = found->records.front().to_bytes();
    // 127.255.255.x says that the list does not answer whoever asks through this name server.
    const bool refused = octets[0] != 127 || octets[1] == 255;
    row.finding = refused ? Finding::skipped : Finding::wrong;
    row.found = refused ? "the list does not answer this name server" : "it is listed";
    if (!refused) row.advice = "see the list's web site for the reason and how to be taken off";
    co_return row;
}

}  // namespace

std::string reversed(const asio::ip::address& address) {
    std::string out;
    if (address.is_v4()) {
        for (const unsigned char octet : address.to_v4().to_bytes()) out.insert(0, std::to_string(octet) + ".");
    } else {
        for (const unsigned char octet : address.to_v6().to_bytes()) {
            out.insert(0, fmt::format("{:x}.{:x}.", octet & 15, octet >> 4));
        }
    }
    out.pop_back();
    return out;
}

asio::awaitable<std::vector<asio::ip::address>> addresses_of(std::string host, dns::Source& source) {
    std::vector<asio::ip::address> addresses;
    const auto add = [&](const auto& answer) {
        std::visit(
            [&](const auto& kind) {
                if constexpr (requires { kind.records; }) {
                    addresses.insert(addresses.end(), kind.records.begin(), kind.records.end());
                }
            },
            answer);
    };
    const dns::Answer<asio::ip::address_v4> v4 = co_await source.a(host);
    add(v4);
    const dns::Answer<asio::ip::address_v6> v6 = co_await source.aaaa(host);
    add(v6);
    co_return addresses;
}

asio::awaitable<std::vector<Row>> check_records(const Facts& facts, const std::vector<Record>& records,
                                                dns::Source& source, const RawLookup& raw, std::int64_t now) {
    Check check(facts, source, raw, now);
    std::vector<Row> rows = co_await check.run(records);
    co_return rows;
}

asio::awaitable<std::vector<Row>> check_addresses(std::string host, std::vector<asio::ip::address> addresses,
                                                  dns::Source& source, std::vector<std::string> lists,
                                                  std::function<bool(const asio::ip::address&)> is_public) {
    std::vector<asio::awaitable<Row>> looking;
    for (const asio::ip::address& address : addresses) {
        if (!is_public(address)) {
            looking.push_back(not_public(address));
            continue;
        }
        looking.push_back(check_ptr(host, address, source));
        for (const std::string& list : lists) looking.push_back(check_list(address, list, source));
    }
    std::vector<Row> rows = co_await all_at_once(std::move(looking));
    co_return rows;
}

}  // namespace server::zone

#include "server/zone/update_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/dns/rdata.h"

namespace server::zone {

namespace {

constexpr std::uint16_t type_mx = 15;
constexpr std::uint16_t type_txt = 16;
constexpr std::uint16_t type_srv = 33;
constexpr std::uint16_t type_caa = 257;

// What Mailstead publishes, or has published: such a record is ours wherever it stands.
constexpr std::string_view our_spf[] = {"v=spf1 mx -all", "v=spf1 a mx -all", "v=spf1 a -all"};

std::string kind_of(std::string_view text) { return std::string(text.substr(0, text.find_first_of(" ;"))); }

std::optional<Data> srv_of(std::string_view rdata) {
    if (rdata.size() < 6) return std::nullopt;
    auto target = dns::parse_rdata<dns::Ptr>(rdata.substr(6));
    if (!target) return std::nullopt;
    const auto number = [&](std::size_t at) { return static_cast<std::uint16_t>(number_in(rdata.substr(at, 2))); };
    return Srv{number(0), number(2), number(4), std::move(target->name)};
}

// Without flags, as ours are.
std::optional<Data> caa_of(std::string_view rdata) {
    if (rdata.size() < 2 || rdata[0] != '\0') return std::nullopt;
    const std::size_t size = static_cast<unsigned char>(rdata[1]);
    if (rdata.size() < 2 + size) return std::nullopt;
    return Caa{std::string(rdata.substr(2, size)), std::string(rdata.substr(2 + size))};
}

template <class Parsed, class Make>
std::optional<Data> made_of(std::string_view rdata, Make make) {
    auto parsed = dns::parse_rdata<Parsed>(rdata);
    if (!parsed) return std::nullopt;
    return Data(make(*std::move(parsed)));
}

// The wishes for one name and type.
class Deciding {
  public:
    Deciding(const Wishes& wishes, const Standing& standing) : wishes_(wishes), standing_(standing) {
        for (const Record& record : wishes.records) {
            if (record.name == standing.name && type_number_of(record.data) == standing.type)
                wanted_.push_back(&record);
        }
    }

    Change decide(std::vector<std::string>& others) {
        Change change{.standing = &standing_, .removed = {}, .added = {}};
        if (!standing_.alias.empty() && standing_.type != type_cname) {
            others.push_back(
                fmt::format("{} leads to {} (CNAME)", absolute(standing_.name), absolute(standing_.alias)));
            return change;
        }
        std::vector<const WireRecord*> foreign;
        for (const WireRecord& record : standing_.records) {
            const std::optional<Data> data = data_of(record);
            if (is_wanted(data) || !is_rival(data)) continue;
            if (wishes_.replace || is_ours(data)) {
                change.removed.push_back(record);
            } else {
                foreign.push_back(&record);
            }
        }
        for (const WireRecord* record : foreign) others.push_back(zone::line_of(*record));
        // Two such records would count as none, or as an error.
        if (!foreign.empty() && stands_alone()) return Change{.standing = &standing_, .removed = {}, .added = {}};
        for (const Record* record : wanted_) {
            if (!is_there(*record)) change.added.push_back(wire_of(*record, change.removed.size()));
        }
        return change;
    }

  private:
    // Records of one name and type have one TTL (RFC 2181): that of those which stay.
    WireRecord wire_of(const Record& record, std::size_t removed) const {
        const bool some_stay = removed < standing_.records.size();
        return {.name = record.name,
                .type = type_number_of(record.data),
                .ttl = some_stay ? standing_.records.front().ttl : record.ttl,
                .rdata = rdata(record.data)};
    }

    // Whichever preference an MX record of ours has.
    static bool same(const Data& one, const Data& other) {
        const auto* mx = std::get_if<Mx>(&one);
        const auto* other_mx = std::get_if<Mx>(&other);
        return mx != nullptr && other_mx != nullptr ? mx->exchange == other_mx->exchange : one == other;
    }

    bool is_wanted(const std::optional<Data>& data) const {
        return data && std::ranges::any_of(wanted_, [&](const Record* one) { return same(one->data, *data); });
    }

    bool is_there(const Record& record) const {
        return std::ranges::any_of(standing_.records, [&](const WireRecord& one) {
            const std::optional<Data> data = data_of(one);
            return data && same(record.data, *data);
        });
    }

    // A selector's name, and everything at it, is ours (RFC 6376 §3.1).
    bool is_key() const { return standing_.name.contains("._domainkey."); }

    // Whether it may stand in the place of ours, or beside it say something else.
    bool is_rival(const std::optional<Data>& data) const {
        if (standing_.type == type_caa) return false;
        if (standing_.type != type_txt || is_key()) return true;
        if (!data) return false;
        return std::ranges::any_of(wanted_, [&](const Record* one) {
            const std::string kind = kind_of(std::get<Text>(one->data).text);
            return base::iequals(kind_of(std::get<Text>(*data).text), kind);
        });
    }

    bool is_ours(const std::optional<Data>& data) const {
        if (is_key()) return true;
        if (!data) return false;
        if (std::holds_alternative<Tlsa>(*data)) return true;  // what is at port 25 of this server is our certificate
        if (const auto* srv = std::get_if<Srv>(&*data)) return srv->target == wishes_.host || srv->target.empty();
        // "Takes no mail" (RFC 7505 §3) stands alone.
        if (const auto* mx = std::get_if<Mx>(&*data)) return mx->exchange.empty();
        const auto* text = std::get_if<Text>(&*data);
        if (text == nullptr) return false;
        return std::ranges::count(our_spf, text->text) > 0 || kind_of(text->text) == "v=STSv1";
    }

    bool stands_alone() const {
        return standing_.type == type_txt || standing_.type == type_cname || standing_.type == type_srv;
    }

    const Wishes& wishes_;
    const Standing& standing_;
    std::vector<const Record*> wanted_;
};

}  // namespace

std::vector<Standing> to_look_at(const Wishes& wishes) {
    std::vector<Standing> all;
    const auto add = [&](const std::string& name, std::uint16_t type) {
        const bool known =
            std::ranges::any_of(all, [&](const Standing& one) { return one.name == name && one.type == type; });
        if (!known) all.push_back({.name = name, .type = type, .records = {}});
    };
    for (const Record& record : wishes.records) add(record.name, type_number_of(record.data));
    for (const std::string& name : wishes.withdrawn) add(name, type_txt);
    return all;
}

UpdatePlan plan_update(const Wishes& wishes, const std::vector<Standing>& standing) {
    UpdatePlan plan;
    for (const Standing& one : standing) {
        Change change = Deciding(wishes, one).decide(plan.others);
        if (!change.removed.empty() || !change.added.empty()) plan.changes.push_back(std::move(change));
    }
    return plan;
}

Update update_of(const std::string& zone, const std::vector<Change>& changes) {
    Update update{.zone = zone, .prerequisites = {}, .changes = {}};
    for (const Change& change : changes) {
        const Standing& standing = *change.standing;
        if (standing.records.empty()) {  // RFC 2136 §2.4.3
            update.prerequisites.push_back({.name = standing.name, .type = standing.type, .record_class = class_none});
        }
        for (const WireRecord& record : standing.records) {  // RFC 2136 §2.4.2
            update.prerequisites.push_back({.name = record.name, .type = record.type, .rdata = record.rdata});
        }
    }
    for (const Change& change : changes) {
        for (const WireRecord& record : change.removed) {  // RFC 2136 §2.5.4
            update.changes.push_back(
                {.name = record.name, .type = record.type, .record_class = class_none, .rdata = record.rdata});
        }
        for (const WireRecord& record : change.added) update.changes.push_back(record);  // RFC 2136 §2.5.1
    }
    return update;
}

std::optional<Data> data_of(const WireRecord& record) {
    switch (record.type) {
        case 1:
            return made_of<asio::ip::address_v4>(record.rdata,
                                                 [](const auto& one) { return Address{one.to_string()}; });
        case 28:
            return made_of<asio::ip::address_v6>(record.rdata,
                                                 [](const auto& one) { return Address{one.to_string()}; });
        case type_cname:
            return made_of<dns::Ptr>(record.rdata, [](dns::Ptr one) { return Cname{std::move(one.name)}; });
        case type_mx:
            return made_of<dns::Mx>(record.rdata,
                                    [](dns::Mx one) { return Mx{one.preference, std::move(one.exchange)}; });
        case type_txt:
            return made_of<dns::Txt>(record.rdata, [](dns::Txt one) { return Text{std::move(one.text)}; });
        case type_srv:
            return srv_of(record.rdata);
        case 52:
            return made_of<dns::Tlsa>(record.rdata, [](dns::Tlsa one) {
                return Tlsa{one.usage, one.selector, one.matching_type, std::move(one.data)};
            });
        case type_caa:
            return caa_of(record.rdata);
        default:
            return std::nullopt;
    }
}

std::string line_of(const WireRecord& record) {
    const std::string begin = fmt::format("{} {} IN", absolute(record.name), record.ttl);
    if (const std::optional<Data> data = data_of(record)) {
        return fmt::format("{} {} {}", begin, type_of(*data), presentation(*data));
    }
    std::string hex;
    for (const char c : record.rdata) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return fmt::format("{} TYPE{} \\# {} {}", begin, record.type, record.rdata.size(), hex);
}

}  // namespace server::zone

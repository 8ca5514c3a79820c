#include "server/zone/update_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

#include "server/zone/records.h"

namespace server::zone {

namespace {

constexpr std::uint16_t type_ns = 2;

// RFC 8945 §5.4: what the server does not like about our signature.
std::string about_signature(const TsigAnswer& tsig, const TsigKey& key, std::int64_t now) {
    switch (tsig.error) {
        case tsig_bad_key:
            return fmt::format("does not know the key {} with {}, or not for this (BADKEY)", key.name,
                               name_of(key.algorithm));
        case tsig_bad_signature:
            return fmt::format("has another secret for the key {} (BADSIG)", key.name);
        case tsig_bad_time:
            return fmt::format("has another time: its clock differs from ours by {} s (BADTIME)",
                               std::abs(tsig.time - now));
        case tsig_bad_truncation:
            return "wants a signature of another length (BADTRUNC)";
        default:
            return fmt::format("does not accept the signature: error {}", tsig.error);
    }
}

// RFC 2136 §2.2, of `what`.
std::string refusal(ResponseCode code, const std::string& what, const TsigKey& key) {
    switch (code) {
        case ResponseCode::refused:
            return fmt::format("does not let the key {} do this (REFUSED): {}", key.name, what);
        case ResponseCode::not_authoritative:
            return "is no authority for this (NOTAUTH): " + what;
        case ResponseCode::not_implemented:
            return "knows no updates (NOTIMP)";
        case ResponseCode::format_error:
            return "does not understand the message (FORMERR): " + what;
        case ResponseCode::server_failure:
            return "has failed itself; its log says why (SERVFAIL): " + what;
        case ResponseCode::not_in_zone:
            return "finds a name outside of the zone (NOTZONE): " + what;
        case ResponseCode::name_exists:
        case ResponseCode::rrset_exists:
        case ResponseCode::no_such_rrset:
        case ResponseCode::no_such_name:
            return "has other records by now than it had a moment before, or a wildcard answers for them (" +
                   fmt::format("{}", static_cast<int>(code)) + "): nothing was changed in " + what;
        default:
            return fmt::format("answers with code {}: {}", static_cast<int>(code), what);
    }
}

[[noreturn]] void fail(const std::string& words) { throw UpdateFailure("the server " + words); }

const WireRecord* record_in(const std::vector<WireRecord>& records, std::uint16_t type) {
    const auto found = std::ranges::find(records, type, &WireRecord::type);
    return found == records.end() ? nullptr : &*found;
}

// The owner of the SOA record that comes with every answer of a zone's own server, positive or not (RFC 2308).
std::optional<std::string> zone_in(const Message& message, const std::string& name) {
    if (!message.is_authoritative) return std::nullopt;
    if (message.code != ResponseCode::no_error && message.code != ResponseCode::no_such_name) return std::nullopt;
    for (const auto* section : {&message.answers, &message.authority}) {
        const WireRecord* soa = record_in(*section, type_soa);
        // Behind an alias it may be another zone's.
        if (soa != nullptr && !soa->name.empty() && is_within(name, soa->name)) return soa->name;
    }
    return std::nullopt;
}

// Whose servers a referral names; nullopt: it is none.
std::optional<std::string> handed_on(const Message& message) {
    if (message.is_authoritative || message.code != ResponseCode::no_error || !message.answers.empty()) return {};
    const WireRecord* ns = record_in(message.authority, type_ns);
    return ns == nullptr ? std::nullopt : std::optional(ns->name);
}

}  // namespace

UpdateServer::UpdateServer(Exchange exchange, TsigKey key, Clock now, std::uint16_t first_id)
    : exchange_(std::move(exchange)), key_(std::move(key)), now_(std::move(now)), id_(first_id) {}

asio::awaitable<UpdateServer::Answer> UpdateServer::exchange(std::string message) {
    const auto id = static_cast<std::uint16_t>(number_in(std::string_view(message).substr(0, 2)));
    const SignedMessage request = sign(std::move(message), key_, now_());
    const std::string octets = co_await exchange_(request.octets);
    std::optional<Message> answer = parse_message(octets);
    if (!answer || !answer->is_answer || answer->id != id) fail("answers with what is no answer of the DNS");
    const std::optional<TsigAnswer> tsig = read_tsig(octets, key_, request.mac, now_());
    if (tsig && tsig->error != 0) fail(about_signature(*tsig, key_, now_()));
    const bool is_signed = tsig && tsig->is_signed;
    const bool is_refusal = answer->code != ResponseCode::no_error && answer->code != ResponseCode::no_such_name;
    if (tsig && !is_signed) fail("answers with a wrong signature: it is not believed");
    if (!tsig && !is_refusal) fail("does not sign its answer (TSIG): it is not believed");
    if (is_signed && !tsig->is_in_time) fail("signs with a time that is not ours: the clocks differ");
    if (answer->is_truncated) fail("cuts its answer off");
    co_return Answer{std::move(*answer), is_signed};
}

asio::awaitable<Message> UpdateServer::ask(std::string name, std::uint16_t type) {
    Answer answer = co_await exchange(query_message(++id_, name, type));
    co_return std::move(answer.message);
}

asio::awaitable<std::string> UpdateServer::zone_of(std::string name) {
    std::optional<std::string> delegated;
    ResponseCode code{};
    for (std::string candidate = name;;) {
        const Message message = co_await ask(candidate, type_soa);
        code = message.code;
        if (const std::optional<std::string> zone = zone_in(message, candidate)) {
            const bool is_below = delegated && delegated->size() > zone->size() && is_within(name, *delegated);
            if (is_below) fail("hands " + absolute(*delegated) + " on to others, and this name lies there: " + name);
            co_return *zone;
        }
        if (!delegated) delegated = handed_on(message);
        const std::size_t dot = candidate.find('.');
        if (dot == std::string::npos) break;
        candidate.erase(0, dot + 1);
    }
    const bool refused = code == ResponseCode::refused || code == ResponseCode::not_authoritative;
    fail("serves no zone in which this name lies: " + name + (refused ? ", or does not let us ask" : ""));
}

asio::awaitable<void> UpdateServer::look_at(Standing& standing) {
    const Message message = co_await ask(standing.name, standing.type);
    const bool is_known = message.code == ResponseCode::no_error || message.code == ResponseCode::no_such_name;
    if (!is_known) fail(refusal(message.code, standing.name, key_));
    if (!message.is_authoritative) fail("is no authority for " + standing.name + ": name the one that is");
    standing.records.clear();
    standing.alias.clear();
    for (const WireRecord& record : message.answers) {
        if (record.name != standing.name || record.record_class != class_in) continue;
        if (record.type == standing.type) standing.records.push_back(record);
        const std::optional<Data> data = data_of(record);
        const auto* alias = data ? std::get_if<Cname>(&*data) : nullptr;
        if (alias != nullptr) standing.alias = alias->target;
    }
}

asio::awaitable<void> UpdateServer::update(Update update) {
    const Answer answer = co_await exchange(update_message(++id_, update));
    if (answer.message.code != ResponseCode::no_error) {
        fail(refusal(answer.message.code, "the zone " + update.zone, key_));
    }
}

asio::awaitable<Updated> update_zones(UpdateServer& server, const Wishes& wishes, bool only_look) {
    std::vector<Standing> standing = to_look_at(wishes);
    for (Standing& one : standing) co_await server.look_at(one);
    UpdatePlan plan = plan_update(wishes, standing);

    Updated updated;
    updated.others = std::move(plan.others);
    std::map<std::string, std::vector<Change>> by_zone;
    for (Change& change : plan.changes) {
        const std::string zone = co_await server.zone_of(change.standing->name);
        by_zone[zone].push_back(std::move(change));
    }
    for (const auto& [zone, changes] : by_zone) {
        updated.zones.push_back(zone);
        if (!only_look) co_await server.update(update_of(zone, changes));
        for (const Change& change : changes) {
            updated.removed.insert(updated.removed.end(), change.removed.begin(), change.removed.end());
            updated.added.insert(updated.added.end(), change.added.begin(), change.added.end());
            if (only_look) continue;
            // A server takes an update and leaves out what it holds impossible (RFC 2136 §3.4.2.2).
            Standing now{.name = change.standing->name, .type = change.standing->type, .records = {}};
            co_await server.look_at(now);
            for (const WireRecord& added : change.added) {
                const bool there = std::ranges::any_of(
                    now.records, [&](const WireRecord& one) { return data_of(one) == data_of(added); });
                if (!there) updated.not_there.push_back(added);
            }
        }
    }
    co_return updated;
}

}  // namespace server::zone

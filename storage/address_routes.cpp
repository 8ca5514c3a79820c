// The same look-ups in the same order as domains.cpp, which is quick and says less.
#include "storage/address_routes.h"

#include <optional>
#include <set>
#include <utility>

#include "storage/domains.h"
#include "storage/engine/connection.h"
#include "storage/list_rows.h"
#include "storage/normal_names.h"
#include "storage/shared_rows.h"

namespace storage {

namespace {

using engine::Connection;

constexpr std::size_t most_steps = 10'000;

class Explainer {
  public:
    explicit Explainer(Connection& connection) : connection_(connection) {}

    void explain(const std::string& address, unsigned depth, const std::string& detail) {
        if (steps_.size() >= most_steps) return;
        const std::optional<AddressParts> parts = split_address(address);
        if (!parts || !domain_is_ours(connection_, parts->domain)) {
            steps_.push_back({.kind = RouteStep::elsewhere, .depth = depth, .address = address});
            return;
        }
        const std::string whole = parts->local + "@" + parts->domain;
        if (!seen_.insert(whole).second) {
            steps_.push_back({.kind = RouteStep::again, .depth = depth, .address = address, .name = whole});
        } else if (depth > alias_depth) {
            steps_.push_back({.kind = RouteStep::too_deep, .depth = depth, .address = address});
        } else if (!follow(address, *parts, depth, detail)) {
            steps_.push_back({.kind = RouteStep::nobody, .depth = depth, .address = address});
        }
    }
    std::vector<AddressStep> take() { return std::move(steps_); }

  private:
    // The full local part, then the part before "+", then the domain's catch-all.
    bool follow(const std::string& address, const AddressParts& parts, unsigned depth, const std::string& detail) {
        if (answers(address, parts.local + "@" + parts.domain, depth, detail)) return true;
        const std::size_t plus = parts.local.find('+');
        if (plus != std::string::npos && plus > 0 &&
            answers(address, parts.local.substr(0, plus) + "@" + parts.domain, depth, parts.local.substr(plus + 1)))
            return true;
        return answers(address, "@" + parts.domain, depth, detail);
    }

    bool answers(const std::string& address, const std::string& name, unsigned depth, const std::string& detail) {
        auto account = connection_.statement(
            "SELECT suspended, CASE WHEN messages >= quota_messages OR used_octets >= quota_octets THEN 1 ELSE 0 END "
            "FROM account WHERE name = ?");
        if (account.bind(name).step()) {
            const auto [suspended, full] = account.row<bool, bool>();
            steps_.push_back({.kind = RouteStep::account,
                              .depth = depth,
                              .address = address,
                              .name = name,
                              .detail = detail,
                              .suspended = suspended,
                              .full = full});
            return true;
        }
        const std::vector<std::string> targets = targets_of(name);
        if (targets.empty()) return answers_as_list(address, name, depth);
        steps_.push_back({.kind = name.starts_with('@') ? RouteStep::catch_all : RouteStep::alias,
                          .depth = depth,
                          .address = address,
                          .name = name,
                          .detail = detail,
                          .targets = targets.size()});
        for (const std::string& target : targets) explain(target, depth + 1, detail);
        return true;
    }

    bool answers_as_list(const std::string& address, const std::string& name, unsigned depth) {
        if (!list_exists(connection_, name)) {
            const std::vector<std::string> owners = owners_behind(connection_, name);
            if (owners.empty()) return false;
            steps_.push_back({.kind = RouteStep::owners, .depth = depth, .address = address, .name = name});
            for (const std::string& owner : owners) explain(owner, depth + 1, {});
            return true;
        }
        steps_.push_back({.kind = RouteStep::list, .depth = depth, .address = address, .name = name});
        std::vector<std::pair<std::string, bool>> members;
        {
            auto rows = connection_.statement(
                "SELECT address, CASE WHEN paused_at > 0 THEN 1 ELSE 0 END FROM list_member WHERE receives = 1 AND "
                "list_id = (SELECT id FROM mailing_list WHERE name = ?) ORDER BY id");
            rows.bind(name);
            while (rows.step()) members.emplace_back(rows.column<std::string>(0), rows.column<bool>(1));
        }
        for (const auto& [member, paused] : members) {
            const std::size_t next = steps_.size();
            explain(member, depth + 1, {});
            if (next < steps_.size()) steps_[next].paused = paused;
        }
        return true;
    }

    std::vector<std::string> targets_of(const std::string& name) {
        std::vector<std::string> targets;
        auto rows = connection_.statement("SELECT target FROM alias WHERE name = ? ORDER BY target");
        rows.bind(name);
        while (rows.step()) targets.push_back(rows.column<std::string>(0));
        return targets;
    }

    Connection& connection_;
    std::vector<AddressStep> steps_;
    std::set<std::string> seen_;
};

}  // namespace

Query<std::vector<AddressStep>> explain_address(std::string address) {
    return [=](Snapshot& snapshot) -> Result<std::vector<AddressStep>> {
        Connection& connection = engine::connection_of(snapshot);
        const std::optional<AddressParts> parts = split_address(address);
        if (!parts || !domain_is_ours(connection, parts->domain))
            return refuse(Reason::no_such_domain, "not a domain of ours: " + address);
        Explainer explainer(connection);
        explainer.explain(address, 0, {});
        return explainer.take();
    };
}

}  // namespace storage

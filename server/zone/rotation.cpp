#include "server/zone/rotation.h"

#include <algorithm>

namespace server::zone {

namespace {

using storage::DkimChange;
using storage::DkimKey;
using storage::DkimState;

DkimChange change_to(const DkimKey& key, DkimState state, std::int64_t seen_at) {
    return {.selector = key.selector, .from = key.state, .to = state, .seen_at = seen_at};
}

bool has(const std::vector<DkimKey>& keys, DkimState state, storage::DkimAlgorithm algorithm) {
    return std::ranges::any_of(keys,
                               [&](const DkimKey& key) { return key.state == state && key.algorithm == algorithm; });
}

// Of a published key.
std::optional<DkimChange> judge(const DkimKey& key, const Sightings& sightings, std::int64_t now,
                                const Rotation& rotation) {
    const auto sighting = sightings.find(key.selector);
    if (sighting == sightings.end()) return std::nullopt;
    if (sighting->second == Sighting::missing) {
        return key.seen_at == 0 ? std::nullopt : std::optional(change_to(key, DkimState::published, 0));
    }
    if (key.seen_at == 0) return change_to(key, DkimState::published, now);
    if (now - key.seen_at < rotation.confirm) return std::nullopt;
    return change_to(key, DkimState::signing, key.seen_at);
}

}  // namespace

std::vector<DkimChange> changes_of(const std::vector<DkimKey>& keys, const Sightings& sightings, std::int64_t now,
                                   const Rotation& rotation) {
    std::vector<DkimChange> changes;
    std::vector<const DkimKey*> begins;
    for (const DkimKey& key : keys) {
        if (key.state == DkimState::published) {
            const std::optional<DkimChange> change = judge(key, sightings, now, rotation);
            if (change && change->to == DkimState::signing) begins.push_back(&key);
            if (change) changes.push_back(*change);
        }
        if (key.state == DkimState::retired && now - key.state_at >= rotation.keep) {
            changes.push_back(change_to(key, DkimState::withdrawn, 0));
        }
    }
    for (const DkimKey& key : keys) {
        const bool replaced =
            std::ranges::any_of(begins, [&](const DkimKey* fresh) { return fresh->algorithm == key.algorithm; });
        if (key.state == DkimState::signing && replaced) changes.push_back(change_to(key, DkimState::retired, 0));
    }
    return changes;
}

std::vector<storage::DkimAlgorithm> due_for_a_key(const std::vector<DkimKey>& keys, std::int64_t now,
                                                  const Rotation& rotation) {
    std::vector<storage::DkimAlgorithm> due;
    if (rotation.age == 0) return due;
    for (const DkimKey& key : keys) {
        const bool old = key.state == DkimState::signing && now - key.created_at >= rotation.age;
        if (!old || has(keys, DkimState::published, key.algorithm)) continue;
        if (std::ranges::count(due, key.algorithm) == 0) due.push_back(key.algorithm);
    }
    return due;
}

std::optional<std::vector<DkimChange>> withdrawal_of(const std::vector<DkimKey>& keys,
                                                     const std::vector<std::string>& selectors) {
    std::vector<DkimChange> changes;
    bool one_signs = false;
    const DkimKey* next = nullptr;  // the newest that waits
    for (const DkimKey& key : keys) {
        if (std::ranges::count(selectors, key.selector) > 0) {
            if (key.state != DkimState::withdrawn) changes.push_back(change_to(key, DkimState::withdrawn, 0));
            continue;
        }
        one_signs = one_signs || key.state == DkimState::signing;
        if (key.state == DkimState::published) next = &key;
    }
    if (one_signs) return changes;
    if (next == nullptr) return std::nullopt;
    changes.push_back(change_to(*next, DkimState::signing, next->seen_at));
    return changes;
}

}  // namespace server::zone

// Two generations: when the young are many, they become the old, and these are forgotten.
#include "protocols/dns/answer_cache.h"

#include <utility>
#include <variant>

#include "protocols/base/text.h"

namespace dns {
namespace {

std::string key_of(const std::string& name, RecordType type) {
    return base::lower(name) + ' ' + std::to_string(static_cast<int>(type));
}

std::size_t octets_of(const std::string& key, const RawAnswer& answer) {
    constexpr std::size_t around = 250;  // what an entry needs besides
    std::size_t octets = around + 2 * key.size();
    if (const auto* found = std::get_if<Found<std::string>>(&answer)) {
        for (const std::string& record : found->records) octets += sizeof(std::string) + record.size();
    }
    return octets;
}

}  // namespace

std::optional<RawAnswer> AnswerCache::find(const std::string& name, RecordType type, Time now) {
    std::string key = key_of(name, type);
    const locking::Lock lock(mutex_);
    const auto young = young_.find(key);
    if (young != young_.end()) {
        if (young->second.until > now) return young->second.answer;
        return std::nullopt;
    }
    const auto old = old_.find(key);
    if (old == old_.end() || old->second.until <= now) return std::nullopt;
    Entry again = old->second;
    keep(std::move(key), again);  // may replace the old ones
    return again.answer;
}

void AnswerCache::put(const std::string& name, RecordType type, const RawAnswer& answer, std::chrono::seconds lasts,
                      Time now) {
    if (lasts.count() <= 0 || why_not(answer) != nullptr) return;
    const locking::Lock lock(mutex_);
    keep(key_of(name, type), {answer, now + lasts});
}

void AnswerCache::keep(std::string key, Entry entry) {
    const std::size_t octets = octets_of(key, entry.answer);
    if (octets > half_) return;
    if (young_octets_ + octets > half_) {
        old_ = std::exchange(young_, {});
        young_octets_ = 0;
    }
    young_octets_ += octets;
    young_.insert_or_assign(std::move(key), std::move(entry));
}

void AnswerCache::clear() {
    const locking::Lock lock(mutex_);
    young_.clear();
    old_.clear();
    young_octets_ = 0;
}

}  // namespace dns

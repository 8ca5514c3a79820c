#include "protocols/mailauth/dkim_header_fields.h"

#include "protocols/base/expects.h"
#include "protocols/base/text.h"
#include "protocols/mime/header.h"

namespace mailauth {

HeaderFields::HeaderFields(std::string_view section) {
    mime::HeaderReader reader(section);
    std::size_t count = 0;
    while (const std::optional<mime::HeaderField> field = reader.next()) {
        if (++count > max_header_fields) {
            complete_ = false;
            return;
        }
        by_name_[base::lower(field->name)].push_back(
            {.text = section.substr(field->offset, field->size), .value = field->value});
    }
}

const std::vector<HeaderFields::Field>& HeaderFields::named(std::string_view lower_name) const {
    static const std::vector<Field> none;
    const auto found = by_name_.find(lower_name);
    return found == by_name_.end() ? none : found->second;
}

void hash_fields(Sha256& hash, const HeaderFields& fields, std::span<const std::string> lower_names,
                 Canonicalization form) {
    constexpr std::size_t enough_to_hash = 4096;
    std::unordered_map<const void*, std::size_t> taken;
    std::string canonical;
    for (const std::string& name : lower_names) {
        const std::vector<HeaderFields::Field>& candidates = fields.named(name);
        if (candidates.empty()) continue;
        std::size_t& count = taken[&candidates];
        if (count == candidates.size()) continue;
        ++count;
        append_canonical_field(canonical, candidates[candidates.size() - count].text, form);
        if (canonical.size() < enough_to_hash) continue;
        hash.update(canonical);
        canonical.clear();
    }
    hash.update(canonical);
}

std::string without_signature(std::string_view field, std::string_view written, Canonicalization form) {
    const std::size_t at = static_cast<std::size_t>(written.data() - field.data());
    base::expects(at + written.size() <= field.size(), "a signature outside of its field");
    std::string emptied(field.substr(0, at));
    emptied += field.substr(at + written.size());
    std::string canonical;
    append_canonical_field(canonical, emptied, form);
    canonical.resize(canonical.size() - 2);
    return canonical;
}

}  // namespace mailauth

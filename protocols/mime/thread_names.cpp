// In-Reply-To counts beside References here, as in RFC 8621 §3: a summary keeps the ids of only one of them.
#include "protocols/mime/thread_names.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include "protocols/mime/base_subject.h"
#include "protocols/mime/casemap.h"

namespace mime {
namespace {

constexpr std::size_t most_names = 22;

}  // namespace

std::vector<std::string> thread_names(const Summary& summary) {
    std::vector<std::string> names;
    const auto add = [&](std::string_view id) {
        std::string normal = normal_message_id(id);
        if (normal.empty() || names.size() == most_names) return;
        if (std::ranges::find(names, normal) == names.end()) names.push_back(std::move(normal));
    };
    for (const std::optional<std::string>* field : {&summary.envelope.message_id, &summary.envelope.in_reply_to}) {
        std::string_view value = *field ? std::string_view(**field) : "";
        if (const auto id = take_message_id(value)) add(*id);
    }
    if (!summary.references.empty()) add(summary.references.front());
    for (auto id = summary.references.rbegin(); id != summary.references.rend(); ++id) add(*id);
    const std::string subject = '\0' + folded(base_subject(summary.envelope.subject.value_or("")).text);
    for (std::string& name : names) name += subject;
    return names;
}

}  // namespace mime

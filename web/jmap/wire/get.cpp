// What all /get methods have in common. RFC 8620 §5.1.
#include "web/jmap/wire/get.h"

#include <algorithm>
#include <set>
#include <utility>

#include "web/jmap/wire/method_error.h"

namespace jmap {

bool GetArguments::asks(std::string_view property) const {
    return !properties || std::ranges::find(*properties, property) != properties->end();
}

GetArguments read_get(Arguments& arguments, std::size_t most,
                      const std::function<bool(std::string_view)>& is_property) {
    GetArguments get{.ids = arguments.ids_or_null("ids"), .properties = arguments.strings_or_null("properties")};
    if (get.ids && get.ids->size() > most) throw MethodError("requestTooLarge", "too many ids");
    if (get.ids) {
        std::set<std::string> seen;
        std::erase_if(*get.ids, [&](const std::string& id) { return !seen.insert(id).second; });
    }
    if (get.properties) {
        for (const std::string& property : *get.properties) {
            if (!is_property(property)) throw invalid_arguments("there is no property " + property);
        }
        get.properties->emplace_back("id");
    }
    return get;
}

Json with_properties(Json object, const GetArguments& get) {
    if (!get.properties) return object;
    Json kept = Json::object();
    for (const std::string& property : *get.properties) {
        if (const auto found = object.find(property); found != object.end()) kept[property] = std::move(*found);
        object.erase(property);
    }
    return kept;
}

Json get_response(const std::string& account_id, const std::string& state, Json list,
                  std::vector<std::string> not_found) {
    return {{"accountId", account_id}, {"state", state}, {"list", std::move(list)}, {"notFound", std::move(not_found)}};
}

}  // namespace jmap

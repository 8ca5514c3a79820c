#include "server/zone/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/zone/records.h"

namespace server::zone {

namespace {

using Cells = std::array<std::string, 5>;

std::string name_in_form(const std::string& name, const std::string& domain) {
    if (name == domain) return "@";
    return is_within(name, domain) ? name.substr(0, name.size() - domain.size() - 1) : absolute(name);
}

Cells row_of(const Record& record, const std::string& domain) {
    std::string priority;
    std::string value = presentation(record.data);
    if (const auto* text = std::get_if<Text>(&record.data)) value = text->text;
    if (std::holds_alternative<Mx>(record.data) || std::holds_alternative<Srv>(record.data)) {
        const std::size_t space = value.find(' ');
        priority = value.substr(0, space);
        value.erase(0, space + 1);
    }
    return {std::string(type_of(record.data)), name_in_form(record.name, domain), priority, value, record.purpose};
}

}  // namespace

std::string zone_file(const std::vector<Record>& records) {
    std::string out;
    for (const Record& record : records) {
        out += fmt::format("{} {} IN {} {}\n", absolute(record.name), record.ttl, type_of(record.data),
                           presentation(record.data));
    }
    return out;
}

std::string table(const std::vector<Record>& records, const std::string& domain) {
    std::vector<Cells> rows = {{"Type", "Name", "Priority", "What for", "Value"}};
    for (const Record& record : records) {
        Cells row = row_of(record, domain);
        std::swap(row[3], row[4]);  // values are long: they stand last
        rows.push_back(std::move(row));
    }
    std::array<std::size_t, 4> widths{};
    for (const Cells& row : rows) {
        for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string out;
    for (const Cells& row : rows) {
        for (std::size_t i = 0; i < widths.size(); ++i) out += fmt::format("{:<{}}  ", row[i], widths[i]);
        out += row.back() + "\n";
    }
    return out;
}

}  // namespace server::zone

// Records for people: as a zone file, and as a table for those who type them into web forms. Pure.
#pragma once

#include <string>
#include <vector>

#include "server/zone/record.h"

namespace server::zone {

// One record a line, with absolute names: "example.org. 3600 IN MX 10 mail.example.org." (RFC 1035 §5.1).
std::string zone_file(const std::vector<Record>& records);

// Columns: type, name without the domain ("@" for itself), the number that some forms have a field for, value, purpose.
// Texts are whole and without quotes, since forms add those.
std::string table(const std::vector<Record>& records, const std::string& domain);

}  // namespace server::zone

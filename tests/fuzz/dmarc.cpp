// Any octets are a DMARC record or none; what is read of it keeps its limits, and says so where a policy is missing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocols/mailauth/dmarc_record.h"

namespace {

void check_uris(const std::vector<std::string>& uris) {
    if (uris.size() > mailauth::max_report_uris) std::abort();
    for (const std::string& uri : uris) {
        if (uri.find(':') == std::string::npos) std::abort();
        for (const char c : uri) {
            if (c <= ' ' || c > '~' || c == ',' || c == ';' || c == '!') std::abort();
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    for (const std::string& text : {std::string(input), "v=DMARC1;" + std::string(input)}) {
        const auto record = mailauth::parse_dmarc_record(text);
        if (!record) continue;
        if (!record->policy && !record->has_faulty_policy) std::abort();
        if (record->failure_options.empty() || record->failure_options.size() > 5) std::abort();
        check_uris(record->aggregate_reports);
        check_uris(record->failure_reports);
    }
    return 0;
}

// Policy files and TXT records may be any octets; a policy that was read is written and read back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocols/sts/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto id = sts::find_record({std::string(input)});
    if (id && (id->empty() || id->size() > 32)) std::abort();
    const auto policy = sts::parse_policy(input);
    if (!policy) return 0;
    const auto again = sts::parse_policy(sts::render_policy(*policy));
    // Folding may make it longer than a policy may be.
    if (again && !(*again == *policy)) std::abort();
    if (!again && size < sts::most_policy_octets / 2) std::abort();
    return 0;
}

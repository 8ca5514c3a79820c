// A Date field may hold any octets; a date that was read is written and read back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocols/mime/date_time.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto date = mime::parse_date_time(input);
    if (!date) return 0;
    const auto again = mime::parse_date_time(mime::render_date_time(*date));
    if (!again || !(*again == *date)) std::abort();
    return 0;
}

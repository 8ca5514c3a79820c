// Sizes rounded to one decimal.
#include "server/cli/words.h"

#include <iterator>

namespace server::cli {

std::string rounded_size(std::uint64_t octets) {
    constexpr const char* units[] = {"KiB", "MiB", "GiB", "TiB"};
    if (octets < 1024) return fmt::format("{} B", octets);
    double value = static_cast<double>(octets) / 1024;
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < std::size(units); ++unit) value /= 1024;
    return fmt::format("{:.1f} {}", value, units[unit]);
}

}  // namespace server::cli

// Always UTC: the reader may be anywhere.
#include "storage/times.h"

#include <ctime>

namespace storage {

std::string time_in_words(std::int64_t at) {
    const std::time_t seconds = at;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[64];
    const std::size_t octets = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
    return {text, octets};
}

}  // namespace storage

// Any octets are an ACME server's object or a fault with words. The first octet chooses the kind of object.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocols/base/timestamp.h"
#include "server/acme/wire/messages.h"

namespace {

using namespace server::acme;

template <class T>
void check(const Read<T>& read) {
    if (!read && read.error().empty()) std::abort();
}

void check_line(const std::string& text) {
    if (text.find('\n') != std::string::npos || text.size() > 1'000) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
    switch (data[0] % 6) {
        case 0:
            check(read_directory(input));
            break;
        case 1:
            check(read_order(input));
            break;
        case 2: {
            const auto read = read_authorization(input);
            check(read);
            if (!read) break;
            for (const Challenge& one : read->challenges) {
                if (one.token.find_first_of("/.\\") != std::string::npos) std::abort();
            }
            break;
        }
        case 3: {
            const auto read = read_renewal_window(input);
            check(read);
            if (read && read->end <= read->start) std::abort();
            break;
        }
        case 4:
            base::parse_timestamp(input);
            break;
        default:
            if (const auto read = read_problem(input)) check_line(text_of(*read));
    }
    return 0;
}

// The letters of rights. RFC 4314 §2.1.
#include "protocols/imap/wire/rights.h"

namespace imap::wire {

void append_rights(std::string& out, std::uint16_t rights) {
    if (rights == 0) out += "\"\"";
    for (const auto& [letter, meant] : right_letters) {
        if ((rights & meant) != 0) out += letter;
    }
}

std::uint16_t rights_of_letter(char letter) {
    for (const auto& [known, rights] : right_letters) {
        if (known == letter) return rights;
    }
    return 0;
}

}  // namespace imap::wire

// Any octets are an SPF record or an error; what a record's macros become has the limits that were asked for, and an
// explanation is one line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocols/mailauth/spf_macro.h"
#include "protocols/mailauth/spf_record.h"

namespace {

constexpr std::size_t most_octets = 300;

void expand(const std::vector<mailauth::SpfMacroPart>& parts, std::string_view sender) {
    mailauth::SpfMacroValues values{.local_part = std::string(sender.substr(0, 64)),
                                    .sender_domain = "mail.example.org",
                                    .domain = "a.example",
                                    .client = asio::ip::make_address("2001:db8::1"),
                                    .helo = std::string(sender.substr(0, 255)),
                                    .confirmed_name = "unknown",
                                    .receiver = "b.example"};
    const auto expanded = mailauth::expand_spf_macros(parts, values, most_octets);
    if (expanded && expanded->size() > most_octets) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto record = mailauth::parse_spf_record(input);
    if (record && !mailauth::is_spf_record(input)) std::abort();
    if (record) {
        for (const mailauth::SpfMechanism& mechanism : record->mechanisms) {
            if (mechanism.prefix4 > 32 || mechanism.prefix6 > 128 || mechanism.term.empty()) std::abort();
            expand(mechanism.domain, input);
        }
        if (record->redirect) expand(*record->redirect, input);
    } else if (record.error().empty()) {
        std::abort();
    }
    if (const auto parts = mailauth::parse_spf_macros(input, mailauth::SpfMacroPlace::explanation))
        expand(*parts, input);
    if (!mailauth::parse_spf_macros(input, mailauth::SpfMacroPlace::explanation) &&
        mailauth::parse_spf_macros(input, mailauth::SpfMacroPlace::term)) {
        std::abort();
    }
    (void)mailauth::ends_as_domain_spec(input);
    for (const char c : mailauth::printable(input, most_octets)) {
        if (c < ' ' || c > '~') std::abort();
    }
    return 0;
}

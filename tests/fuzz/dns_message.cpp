// What the server that takes our updates answers may be any octets; key files are an administrator's, and may be
// anything.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/zone/wire/message.h"
#include "server/zone/wire/tsig.h"
#include "server/zone/wire/tsig_key.h"

namespace zone = server::zone;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    const zone::TsigKey key{.name = "mailstead", .secret = "a secret of 32 octets, no fewer!"};
    const auto message = zone::parse_message(octets);
    const auto tsig = zone::read_tsig(octets, key, "the MAC of our request", 1'790'000'000);
    if (tsig && !message) std::abort();
    if (tsig && tsig->is_signed) std::abort();  // nobody guesses that
    if (message) {
        for (const auto* section : {&message->answers, &message->authority, &message->additional}) {
            for (const zone::WireRecord& record : *section) {
                if (record.begin >= size) std::abort();
                for (const char c : record.name) {
                    if (c <= ' ' || c >= '\x7f') std::abort();
                }
            }
        }
    }
    const zone::TsigKeyFile file = zone::parse_tsig_key(octets);
    if (file.key.has_value() != file.fault.empty()) std::abort();
    if (file.key && (file.key->name.empty() || file.key->secret.empty())) std::abort();
    return 0;
}

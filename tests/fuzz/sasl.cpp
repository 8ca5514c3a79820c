// Any client's octets, at each mechanism and step of the server's side (RFC 4616, RFC 5802).
// The first octet chooses the mechanism; a 0xFF octet ends a response.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "protocols/sasl/exchange.h"

namespace {

sasl::ExchangeOptions options() {
    return {.channel_bindings = {{.name = "tls-exporter", .data = "octets"}},
            .server_nonce = "fixed",
            .fake_secret = "secret",
            .fake_iterations = 4096};
}

sasl::Step answer(sasl::Exchange& exchange, const sasl::Step& step, std::string_view& input) {
    if (std::holds_alternative<sasl::CheckPassword>(step)) return exchange.password_checked(true);
    if (std::holds_alternative<sasl::NeedScramKeys>(step)) return exchange.scram_keys(std::nullopt);
    const std::size_t end = input.find('\xFF');
    const std::string response(input.substr(0, end));
    input = end == std::string_view::npos ? std::string_view() : input.substr(end + 1);
    return exchange.respond(response);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto& mechanism = sasl::mechanisms()[data[0] % sasl::mechanisms().size()];
    input.remove_prefix(1);
    const auto exchange = sasl::make_exchange(mechanism.name, options());
    sasl::Step step = exchange->start(std::nullopt);
    while (!std::holds_alternative<sasl::Succeeded>(step) && !std::holds_alternative<sasl::Failed>(step)) {
        step = answer(*exchange, step, input);
    }
    return 0;
}

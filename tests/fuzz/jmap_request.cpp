// Requests and result references may be any octets; what was read is written and read back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "web/jmap/wire/i_json.h"
#include "web/jmap/wire/patch.h"
#include "web/jmap/wire/request.h"
#include "web/jmap/wire/result_references.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const jmap::RequestLimits limits{.json = {.values = 1'000, .depth = 20}};
    auto request = jmap::parse_request(input, limits, [](const std::string& uri) { return uri != "unknown"; });
    if (!request) return jmap::to_text(request.error()).empty() ? std::abort(), 1 : 0;
    constexpr std::size_t most = 100'000;
    std::size_t left = most;
    std::vector<jmap::Invocation> responses;
    for (jmap::Invocation& call : request->calls) {
        const auto again = jmap::parse_i_json(jmap::to_text(call.arguments), limits.json);
        if (!again || *again != call.arguments) std::abort();
        try {
            jmap::Json arguments = jmap::resolve_references(call.arguments, responses, left);
            jmap::Json patched = call.arguments;
            static_cast<void>(jmap::apply_patch(patched, arguments, jmap::Json::object()));
            responses.push_back({.name = call.name, .arguments = std::move(arguments), .id = call.id});
        } catch (const jmap::MethodError& error) {
            if (error.type() != "invalidArguments" && error.type() != "invalidResultReference") std::abort();
        }
    }
    if (left > most) std::abort();
    return 0;
}

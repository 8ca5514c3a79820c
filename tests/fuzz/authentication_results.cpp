// Any octets are an Authentication-Results field or an error; what is written reads back as the same results, whatever
// stands in their values, and has no semicolons but those between results.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocols/mailauth/authentication_results_writer.h"

namespace {

constexpr std::string_view our_id = "mail.example.org";

void write_and_read(const mailauth::AuthenticationResults& results) {
    const std::string field = mailauth::write_authentication_results(results);
    if (!field.ends_with("\r\n") || std::ranges::count(field, '\n') != std::ranges::count(field, '\r')) std::abort();
    const std::ptrdiff_t semicolons = std::max<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(results.results.size()));
    if (std::ranges::count(field, ';') != semicolons) std::abort();
    const auto read = mailauth::parse_authentication_results(std::string_view(field).substr(field.find(':') + 1));
    if (!read || read->results.size() != results.results.size()) std::abort();
    for (std::size_t i = 0; i < read->results.size(); ++i) {
        if (read->results[i].method != results.results[i].method) std::abort();
        if (read->results[i].result != results.results[i].result) std::abort();
        if (read->results[i].properties.size() != results.results[i].properties.size()) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (auto read = mailauth::parse_authentication_results(input)) {
        if (read->results.size() > mailauth::max_authentication_results) std::abort();
        if (!mailauth::is_ours(input, read->id)) std::abort();
        for (mailauth::AuthenticationResult& result : read->results) result.version = 1;
        write_and_read(*read);
    }
    if (mailauth::is_ours(input, our_id) && !mailauth::must_be_removed(input, our_id)) std::abort();
    const std::string text(input);
    write_and_read({.id = std::string(our_id),
                    .results = {{.method = "spf",
                                 .result = "none",
                                 .reason = text,
                                 .properties = {{"smtp", "helo", text}, {"header", "d", text}},
                                 .comment = text},
                                {.method = "dkim", .result = "pass", .comment = text}}});
    return 0;
}

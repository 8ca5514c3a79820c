// Any octets are an address list; a list that was written reads back as the same mailboxes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "protocols/mime/address.h"
#include "protocols/mime/parameter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::vector<mime::Address> list = mime::parse_addresses(input, 100);
    if (list.size() > 101) std::abort();
    std::size_t depth = 0;
    for (const mime::Address& address : list) {
        if (address.kind == mime::Address::Kind::group_start && depth++ != 0) std::abort();
        if (address.kind == mime::Address::Kind::group_end && depth-- != 1) std::abort();
    }
    if (depth != 0) std::abort();
    (void)mime::parse_addresses(mime::render_addresses(list), 1000);
    const mime::ParameterizedValue value = mime::parse_parameterized(input, 50);
    for (const mime::Parameter& parameter : value.parameters) {
        (void)mime::decode_parameter(parameter.name, parameter.value);
        const auto written = mime::parse_parameterized("x" + mime::render_parameter("name", parameter.value), 1000);
        (void)mime::parameter(written.parameters, "name");
    }
    return 0;
}

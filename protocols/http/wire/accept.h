// What the client takes: Accept-Encoding, Accept. RFC 9110 §12.4, §12.5.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocols/http/wire/media_type.h"
#include "protocols/http/wire/message.h"

namespace http::wire {

// A weight in thousandths; 0: not acceptable.
using Weight = unsigned;
inline constexpr Weight full_weight = 1'000;

// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
std::optional<Weight> parse_qvalue(std::string_view text);

// Content codings (RFC 9110 §8.4.1): gzip; brotli: RFC 7932; zstd: RFC 8878.
enum class Coding : std::uint8_t { identity, gzip, br, zstd };
// As Content-Encoding names it.
std::string_view name_of(Coding coding);

// Which of `offered` (the one that we like best first) to send: the client's best, of equal ones our best. `identity`
// need not be offered: it is the answer if none is acceptable, or if there is no Accept-Encoding at all, as with simple
// clients that know no coding.
Coding choose_coding(const Fields& fields, std::span<const Coding> offered);

// How much the client wants this type (RFC 9110 §12.5.1): full_weight if there is no Accept.
Weight accept_weight(const Fields& fields, const MediaType& type);

}  // namespace http::wire

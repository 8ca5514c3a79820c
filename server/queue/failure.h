// Outcomes that we make ourselves: without a connection. RFC 3463.
#pragma once

#include <string>
#include <utility>

#include "protocols/smtp/client.h"

namespace server::queue {

inline smtp::Outcome temporary(std::string status, std::string text) {
    return {.kind = smtp::Outcome::Kind::temporary, .code = 0, .status = std::move(status), .text = std::move(text)};
}
inline smtp::Outcome permanent(std::string status, std::string text) {
    return {.kind = smtp::Outcome::Kind::permanent, .code = 0, .status = std::move(status), .text = std::move(text)};
}

}  // namespace server::queue

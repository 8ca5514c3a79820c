// POP3 replies for what the store and the services refuse. RFC 2449 §8, RFC 3206.
#pragma once

#include <string_view>

#include "storage/result.h"

namespace pop3 {

struct RefusalReply {
    std::string_view code;  // empty: none
    std::string_view text;
};

RefusalReply reply_for(storage::Reason reason);

}  // namespace pop3

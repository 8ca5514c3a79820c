// Answers an ACME server that asks by HTTP-01 whether a name is ours. RFC 8555 §8.3; server/acme puts the answers
// there.
#include <algorithm>

#include "protocols/base/text.h"
#include "storage/acme.h"
#include "storage/store_await.h"
#include "web/routes.h"

namespace web {

asio::awaitable<Response> Site::acme_answer(std::string token) {
    const bool is_token = !token.empty() && token.size() <= 256 && std::ranges::all_of(token, [](char c) {
        return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_';
    });
    if (!is_token) co_return plain_error(404, "There is no such challenge.\n");
    storage::Result<std::string> answer =
        co_await services_.store.read(storage::find_acme_answer(std::move(token), services_.now()));
    if (!answer) co_return plain_error(404, "There is no such challenge.\n");
    co_return Response{.content_type = "application/octet-stream", .body = std::move(*answer), .headers = {}};
}

}  // namespace web

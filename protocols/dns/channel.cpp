#include "protocols/dns/channel.h"

#include <string>
#include <string_view>

#include "protocols/base/text.h"

namespace dns {
namespace {

std::string plain_name(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    return base::lower(name);
}

}  // namespace

RawAnswer to_answer(int error, const ub_result* result, std::size_t max_records) {
    if (error != 0 || result == nullptr) return Unavailable{ub_strerror(error)};
    if (result->bogus != 0)
        return Bogus{std::string("DNSSEC: ") + (result->why_bogus != nullptr ? result->why_bogus : "bogus")};
    const Proof proof = result->secure != 0 ? Proof::secure : Proof::insecure;
    if (result->nxdomain != 0) return NoSuchName{proof};
    if (result->rcode != 0) return Unavailable{"the server answered with code " + std::to_string(result->rcode)};
    Found<std::string> found{.records = {}, .proof = proof};
    for (std::size_t i = 0; result->havedata != 0 && result->data[i] != nullptr && i < max_records; ++i) {
        found.records.emplace_back(result->data[i], static_cast<std::size_t>(result->len[i]));
    }
    if (found.records.empty()) return NoData{proof};
    found.name = plain_name(result->canonname != nullptr ? result->canonname : result->qname);
    return found;
}

}  // namespace dns

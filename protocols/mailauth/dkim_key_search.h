// Keys out of the DNS, and what a signature is worth with them. RFC 6376 §6.1.2, §6.1.3. Common to DKIM and ARC.
#pragma once

#include <asio/awaitable.hpp>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/dns/source.h"
#include "protocols/mailauth/dkim_public_key.h"
#include "protocols/mailauth/dkim_signature.h"

namespace mailauth {

// Where a key is in the DNS. RFC 6376 §3.6.2.1.
std::string key_name(std::string_view selector, std::string_view domain);

// Asks for the keys of one message. A sender chooses the names, and each of them may lead to a server that is silent
// for as long as a question may take: after a few of them, no more are asked for.
class DkimKeySearch {
  public:
    explicit DkimKeySearch(dns::Source& source) : source_(source) {}

    // The texts of the key records, one at least, a few at most.
    asio::awaitable<std::expected<std::vector<std::string>, DkimFault>> find(std::string selector, std::string domain);

  private:
    dns::Source& source_;
    int unanswered_ = 0;
};

// What a signature is worth: pass, or why not, and of the key what is worth a note.
struct DkimJudgement {
    DkimVerdict verdict = DkimVerdict::permerror;
    std::string reason{};     // not of pass
    unsigned key_bits = 0;    // 0: no key was used
    bool is_testing = false;  // t=y in the key's record
};

// The signature of that hash, by the first key that it is good with, or else by the last. RFC 6376 §6.1.2 leaves the
// order to us.
DkimJudgement judge_signature(const DkimSignature& signature, std::string_view digest,
                              const std::vector<std::string>& key_records);

}  // namespace mailauth

// What is done with a message from outside, by what was found out about it. RFC 9989 §5.3.6, §5.4, §7.4. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/delivery/intake/judge.h"

namespace server::delivery {

struct PolicyOptions {
    bool enforce = true;                          // false: verdicts are written, and nothing follows from them
    std::vector<std::string> unenforced_domains;  // of authors, with all below: their own policy is not applied
    std::vector<std::string> trusted_sealers;     // of ARC: what they pass on unchanged is not judged by DMARC
};

enum class Disposition : std::uint8_t {
    deliver,
    junk,    // into the recipients' mailboxes for that
    defer,   // by 451: the author's domain might want it refused, and the DNS has not told whether it may
    refuse,  // by 550 5.7.1
};

struct Decision {
    Disposition what = Disposition::deliver;
    std::string why;  // refuse: for the sender; else for the log; empty: there is nothing to be said
};

// SPF alone refuses nothing: forwarders break it, and DKIM may speak for the message (RFC 9989 §7.1, RFC 7208 §8.4).
// Nor does what the DNS did not tell about the author's domain: mail must not depend on somebody's name servers. But
// where that domain's policy is known, and only not whether something speaks for the message, or nothing was answered
// in time, the message must come again (RFC 9989 §5.3.6, §7.2): names that have silent servers are a forger's to
// choose.
Decision decide(const Verdicts& verdicts, const PolicyOptions& options);

// The domains in From, as A-labels, that nothing speaks for, neither an identifier of theirs nor a trusted sealer, and
// those whose policy holds for them. Where one of ours sends the message on, by its reverse-path or its signature,
// others would believe that it does.
std::vector<std::string> unproven_authors(const Verdicts& verdicts, const PolicyOptions& options);

// Whether what `domain` says about a message could be taken for the author's word (RFC 9989 §4.4).
bool may_speak_for(std::string_view domain, const std::vector<std::string>& authors);

// Domains that a list is of, and for which DKIM or SPF passes: those that sent it as its own.
std::vector<std::string> speakers_for_list(const Verdicts& verdicts, const std::string& list_id);

// Whether the DNS may yet tell that it does.
bool is_open(const Verdicts& verdicts);

}  // namespace server::delivery

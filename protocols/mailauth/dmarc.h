// DMARC: does what authenticates a message speak for the domain in its From? RFC 9989. What is done with a message that
// fails is left to the caller, and so are reports; the record's grammar is in dmarc_record.h.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/dns/source.h"
#include "protocols/mailauth/dkim_verifier.h"
#include "protocols/mailauth/dmarc_record.h"
#include "protocols/mailauth/spf.h"

namespace mailauth {

// RFC 9989 §9.2.
enum class DmarcVerdict : std::uint8_t { none, pass, fail, temperror, permerror };

// The RFC's word for it.
std::string_view to_string(DmarcVerdict verdict);

struct DmarcResult {
    DmarcVerdict verdict = DmarcVerdict::none;
    DmarcPolicy policy =
        DmarcPolicy::none;  // to be applied: none, unless the verdict is fail or From has too many domains
    DmarcPolicy published = DmarcPolicy::none;  // the same before t=y lessened it
    DmarcPolicy open = DmarcPolicy::none;       // temperror: what is to be applied if what is unknown passes nothing
    std::string from_domain{};                  // the Author Domain: A-labels in lower case, or as given if it is none
    std::string record_domain{};                // whose record holds: the Author Domain, or one above it; empty: none
    std::string organizational_domain{};        // of the Author Domain; empty: nothing depended on it
    std::string passed_by{};                    // pass: "spf" or "dkim", and the domain, as in "dkim example.org"
    std::vector<std::string> aggregate_reports{};  // rua, of the record that holds
    std::string reason{};                          // one line of printable ASCII
};

// More Author Domains than that in one From are not judged one by one: RFC 9989 §11.5.
inline constexpr std::size_t max_author_domains = 4;

// Judges a message. from_domains: those of all addresses in its From fields, with or without repetitions; normally one.
// Several are judged each, and the strictest outcome holds (RFC 7489 §6.6.1, RFC 9989 §11.5); with none, no judgement
// is possible: permerror. spf: what check_spf() says, not check_spf_helo(): the HELO identity counts only where it
// stands for a null reverse-path (RFC 9989 §3.2.4).
asio::awaitable<DmarcResult> evaluate_dmarc(dns::Source& source, std::vector<std::string> from_domains,
                                            const SpfResult& spf, const std::vector<DkimResult>& dkim);

// The Organizational Domain, by the DNS Tree Walk of RFC 9989 §4.10: at most eight questions. domain: A-labels in lower
// case. The error: why the DNS does not tell.
asio::awaitable<std::expected<std::string, std::string>> find_organizational_domain(dns::Source& source,
                                                                                    std::string domain);

}  // namespace mailauth

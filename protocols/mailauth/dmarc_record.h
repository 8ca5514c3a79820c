// DMARC Policy Records. RFC 9989 §4.7, §4.8. Records of RFC 7489 are read as RFC 9989 wants it: what it no longer knows
// (pct, rf, ri) is ignored. dmarc.h finds the record of a message and applies it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailauth {

// What the domain's owner wants done with mail that fails: p, sp, np.
enum class DmarcPolicy : std::uint8_t { none, quarantine, reject };

// Is the domain a public suffix? "u": it does not say.
enum class DmarcPsd : std::uint8_t { unknown, yes, no };

struct DmarcRecord {
    std::optional<DmarcPolicy> policy{};        // p
    std::optional<DmarcPolicy> subdomains{};    // sp
    std::optional<DmarcPolicy> non_existent{};  // np
    bool has_faulty_policy = false;             // p is missing, or p, sp or np is wrong: RFC 9989 §4.10.1
    bool strict_dkim = false;                   // adkim=s
    bool strict_spf = false;                    // aspf=s
    DmarcPsd psd = DmarcPsd::unknown;
    bool is_testing = false;                       // t=y
    std::vector<std::string> aggregate_reports{};  // rua: URIs, without the "!size" of old
    std::vector<std::string> failure_reports{};    // ruf
    std::string failure_options = "0";             // fo
};

// "none", "quarantine", "reject".
std::string_view to_string(DmarcPolicy policy);

// More report URIs than that in one tag are ignored.
inline constexpr std::size_t max_report_uris = 20;

// Nothing if the text is no such record, that is, does not begin with "v=DMARC1". Whatever else is wrong is ignored, or
// its default holds.
std::optional<DmarcRecord> parse_dmarc_record(std::string_view text);

}  // namespace mailauth

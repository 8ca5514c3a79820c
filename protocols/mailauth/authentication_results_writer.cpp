#include "protocols/mailauth/authentication_results_writer.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mailauth/domain_name.h"
#include "protocols/mime/lexical.h"

namespace mailauth {
namespace {

constexpr std::size_t line_octets = 78;     // RFC 5322 §2.1.1
constexpr std::size_t most_of_value = 320;  // an address: RFC 5321 §4.5.3.1
constexpr std::size_t most_of_comment = 200;

// Printable ASCII without what has a meaning in the field.
std::string harmless(std::string_view text, std::size_t most_octets) {
    std::string clean = printable(text, most_octets);
    for (char& c : clean) {
        if (c == ';') c = ',';
        if (c == '=') c = ':';
        if (std::string_view("()\"\\").contains(c)) c = '\'';
    }
    return clean;
}

bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, mime::is_token_octet); }

// value / [ [ local-part ] "@" ] domain-name
std::string written_value(std::string_view value) {
    const std::string clean = harmless(value, most_of_value);
    if (is_token(clean)) return clean;
    const std::size_t at = clean.rfind('@');
    if (at == std::string::npos || !normal_domain(clean.substr(at + 1))) return mime::quote(clean);
    const std::string local_part = clean.substr(0, at);
    if (local_part.empty() || mime::is_dot_atom(local_part)) return clean;
    return mime::quote(local_part) + clean.substr(at);
}

// The result's words, each of which may begin a line.
std::vector<std::string> words_of(const AuthenticationResult& result) {
    std::vector<std::string> words{result.method + "=" + result.result};
    if (!result.reason.empty()) words.push_back("reason=" + mime::quote(harmless(result.reason, most_of_comment)));
    for (const AuthenticationProperty& property : result.properties) {
        words.push_back(property.type + "." + property.name + "=" + written_value(property.value));
    }
    if (result.comment.empty()) return words;
    const std::string comment = "(" + harmless(result.comment, most_of_comment) + ")";
    for (std::string_view rest = comment; !rest.empty();) {
        const std::size_t end = std::min(rest.size(), rest.find(' '));
        if (end > 0) words.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(rest.size(), end + 1));
    }
    return words;
}

// Appends words in lines of their own.
void append_folded(std::string& field, const std::vector<std::string>& words) {
    field += "\r\n ";
    std::size_t column = 1;
    for (const std::string& word : words) {
        const bool is_first = column == 1;
        if (!is_first && column + 1 + word.size() > line_octets) {
            field += "\r\n ";
            column = 1;
        } else if (!is_first) {
            field += ' ';
            ++column;
        }
        field += word;
        column += word.size();
    }
}

void add(AuthenticationResult& result, std::string type, std::string name, std::string value) {
    if (!value.empty()) result.properties.push_back({std::move(type), std::move(name), std::move(value)});
}

std::string_view word_of(IprevVerdict verdict) {
    switch (verdict) {
        case IprevVerdict::pass:
            return "pass";
        case IprevVerdict::fail:
            return "fail";
        case IprevVerdict::temperror:
            return "temperror";
        case IprevVerdict::permerror:
            break;
    }
    return "permerror";
}

AuthenticationResult result_of_signature(const DkimResult& dkim) {
    AuthenticationResult result{.method = "dkim", .result = std::string(to_string(dkim.verdict))};
    add(result, "header", "d", dkim.domain);
    add(result, "header", "s", dkim.selector);
    add(result, "header", "a", dkim.algorithm);
    add(result, "header", "b", dkim.signature_start);
    result.comment = dkim.reason;
    if (const std::string note = dkim.note(); !note.empty()) {
        result.comment += (result.comment.empty() ? "" : ", ") + note;
    }
    return result;
}

}  // namespace

std::string write_authentication_results(const AuthenticationResults& results) {
    std::string field = "Authentication-Results: " + written_value(results.id);
    if (results.results.empty()) return field + "; none\r\n";
    for (const AuthenticationResult& result : results.results) {
        std::vector<std::string> words = words_of(result);
        if (&result != &results.results.back()) words.back() += ';';
        if (&result == &results.results.front()) field += ';';
        append_folded(field, words);
    }
    return field + "\r\n";
}

AuthenticationResult result_of(const SpfResult& spf) {
    AuthenticationResult result{.method = "spf", .result = std::string(to_string(spf.verdict))};
    const bool has_local_part = !spf.local_part.empty() && base::is_ascii(spf.local_part);
    const std::string address = has_local_part ? spf.local_part + "@" + spf.domain : spf.domain;
    if (spf.identity == SpfIdentity::helo) {
        add(result, "smtp", "helo", spf.domain);
    } else {
        add(result, "smtp", "mailfrom", address);
    }
    result.comment = spf.reason;
    return result;
}

std::vector<AuthenticationResult> results_of(const std::vector<DkimResult>& dkim) {
    std::vector<AuthenticationResult> results;
    results.reserve(dkim.size());
    for (const DkimResult& one : dkim) results.push_back(result_of_signature(one));
    if (results.empty()) results.push_back({.method = "dkim", .result = "none"});
    return results;
}

AuthenticationResult result_of(const DmarcResult& dmarc) {
    AuthenticationResult result{.method = "dmarc", .result = std::string(to_string(dmarc.verdict))};
    add(result, "header", "from", dmarc.from_domain);
    if (dmarc.verdict == DmarcVerdict::fail) add(result, "policy", "dmarc", std::string(to_string(dmarc.policy)));
    result.comment = dmarc.reason;
    return result;
}

AuthenticationResult result_of(const ArcResult& arc, const asio::ip::address& client) {
    AuthenticationResult result{.method = "arc", .result = std::string(to_string(arc.status))};
    add(result, "smtp", "remote-ip", unmapped(client).to_string());
    if (arc.status == ChainStatus::pass) add(result, "header", "oldest-pass", std::to_string(arc.oldest_pass));
    result.comment = arc.reason;
    return result;
}

AuthenticationResult result_of(const IprevResult& iprev) {
    AuthenticationResult result{.method = "iprev", .result = std::string(word_of(iprev.verdict))};
    add(result, "policy", "iprev", iprev.address.to_string());
    result.comment = iprev.reason;
    return result;
}

}  // namespace mailauth

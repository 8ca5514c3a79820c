#include "web/autodiscover.h"

#include <fmt/format.h>

#include <algorithm>

#include "web/routes.h"

namespace web {
namespace {

constexpr std::string_view before_address = "<EMailAddress>";
constexpr std::string_view after_address = "</EMailAddress>";
constexpr std::size_t longest_address = 320;  // RFC 5321 §4.5.3.1.1 and §4.5.3.1.2, with the "@"

// As text of XML that can stand in ours; empty: there is none, or one that would need more of an XML parser.
std::string_view address_in(std::string_view posted) {
    const std::size_t begin = posted.find(before_address);
    if (begin == std::string_view::npos) return {};
    std::string_view text = posted.substr(begin + before_address.size());
    text = text.substr(0, std::min(text.find(after_address), text.size()));
    const bool fits =
        text.size() <= longest_address && text.contains('@') && !text.contains('<') && !text.contains('&');
    return fits ? text : std::string_view();
}

// `encryption`: from the first octet (SSL), or after STARTTLS (TLS).
std::string protocol_element(std::string_view type, const std::string& host, std::uint16_t port,
                             std::string_view encryption, std::string_view login) {
    if (port == 0) return {};
    return fmt::format(
        "      <Protocol>\n        <Type>{}</Type>\n        <Server>{}</Server>\n        <Port>{}</Port>\n"
        "        <DomainRequired>off</DomainRequired>\n{}        <SPA>off</SPA>\n        <SSL>on</SSL>\n"
        "        <Encryption>{}</Encryption>\n        <AuthRequired>on</AuthRequired>\n      </Protocol>\n",
        type, escape_html(host), port, login, encryption);
}

}  // namespace

std::string autodiscover_document(const Options& options, std::string_view posted) {
    const std::string_view address = address_in(posted);
    const std::string login =
        address.empty() ? "" : fmt::format("        <LoginName>{}</LoginName>\n", escape_html(address));
    const std::string& host = options.hostname;
    // One of each: Outlook takes the first that it knows.
    const bool starttls = options.submissions_port == 0;
    const std::string protocols =
        (options.imaps_port != 0 ? protocol_element("IMAP", host, options.imaps_port, "SSL", login)
                                 : protocol_element("IMAP", host, options.imap_port, "TLS", login)) +
        protocol_element("POP3", host, options.pop3s_port, "SSL", login) +
        protocol_element("SMTP", host, starttls ? options.submission_port : options.submissions_port,
                         starttls ? "TLS" : "SSL", login);
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
        "<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">\n"
        "  <Response xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a\">\n"
        "    <Account>\n      <AccountType>email</AccountType>\n      <Action>settings</Action>\n{}"
        "    </Account>\n  </Response>\n</Autodiscover>\n",
        protocols);
}

asio::awaitable<Response> Site::autodiscover(const Request& request) {
    co_return Response{.content_type = "application/xml; charset=utf-8",
                       .body = autodiscover_document(options_, request.body),
                       .headers = {}};
}

}  // namespace web

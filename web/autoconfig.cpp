// The file from which Thunderbird configures itself: autoconfig, config-v1.1.xml (Mozilla's ISPDB format).
#include <fmt/format.h>

#include "web/routes.h"

namespace web {
namespace {

std::string server_element(std::string_view kind, std::string_view type, const std::string& host, std::uint16_t port,
                           std::string_view socket_type) {
    if (port == 0) return {};
    return fmt::format(
        "    <{0} type=\"{1}\">\n      <hostname>{2}</hostname>\n      <port>{3}</port>\n      "
        "<socketType>{4}</socketType>\n"
        "      <authentication>password-cleartext</authentication>\n      <username>%EMAILADDRESS%</username>\n    "
        "</{0}>\n",
        kind, type, escape_html(host), port, socket_type);
}

}  // namespace

asio::awaitable<Response> Site::autoconfig(const Request& request) {
    const std::string& address = field(request.query, "emailaddress");
    const auto at = address.rfind('@');
    const std::string domain = at == std::string::npos ? options_.hostname : address.substr(at + 1);
    const std::string& host = options_.hostname;
    const std::string servers = server_element("incomingServer", "imap", host, options_.imaps_port, "SSL") +
                                server_element("incomingServer", "imap", host, options_.imap_port, "STARTTLS") +
                                server_element("incomingServer", "pop3", host, options_.pop3s_port, "SSL") +
                                server_element("outgoingServer", "smtp", host, options_.submissions_port, "SSL") +
                                server_element("outgoingServer", "smtp", host, options_.submission_port, "STARTTLS");
    std::string body = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\">\n  <emailProvider id=\"{0}\">\n"
        "    <domain>{0}</domain>\n    <displayName>{0}</displayName>\n    "
        "<displayShortName>{0}</displayShortName>\n{1}"
        "  </emailProvider>\n</clientConfig>\n",
        escape_html(domain), servers);
    co_return Response{.content_type = "application/xml; charset=utf-8", .body = std::move(body), .headers = {}};
}

}  // namespace web

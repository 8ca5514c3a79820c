// Connects the parts of the web.
#include "server/web_parts.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/http/serve.h"
#include "server/options.h"

namespace server {
namespace {

// Autoconfig names the ports on which the mail protocols actually listen.
web::Options with_ports(web::Options options, const std::vector<Doors::Bound>& doors) {
    const std::pair<std::string_view, std::uint16_t web::Options::*> ports[] = {
        {"imaps", &web::Options::imaps_port},
        {"imap", &web::Options::imap_port},
        {"pop3s", &web::Options::pop3s_port},
        {"submissions", &web::Options::submissions_port},
        {"submission", &web::Options::submission_port}};
    for (const auto& [name, member] : ports) {
        const auto found = std::ranges::find(doors, name, &Doors::Bound::door);
        if (found != doors.end()) options.*member = found->endpoint.port();
    }
    return options;
}

}  // namespace

WebParts::WebParts(const Config& config, Doors& doors, web::Services services)
    : doors_(doors),
      options_(with_ports(web_options(config), doors.bound())),
      site_(options_, services),
      front_(site_, [&doors](const std::string& address) { return doors.is_proxy(address); }),
      http_{std::bind_front(&web::Front::answer, &front_), services.log, services.now} {}

void WebParts::open(Ports& ports, net::TlsContext& certificates, const Serve& serve) {
    const std::pair<const char*, net::TlsContext*> kinds[] = {{"http", nullptr}, {"https", &certificates}};
    for (const auto& [name, implicit_tls] : kinds) {
        Door door;
        door.name = name;
        door.implicit_tls = implicit_tls;
        door.share = budget::Share::web;
        door.farewell = [](std::string_view reason, const net::Stream& client) {
            return http::farewell(reason, client.tls_facts().alpn == "h2");
        };
        door.serve = serve;
        doors_.open(std::move(door), ports.take(name));
    }
}

}  // namespace server

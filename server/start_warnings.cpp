// Each warning says what to do.
#include "server/start_warnings.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocols/base/text.h"

namespace server {

bool covers(const std::vector<std::string>& names, std::string_view host) {
    return std::ranges::any_of(names, [&](const std::string& name) {
        if (base::iequals(name, host)) return true;
        const std::size_t dot = host.find('.');
        return name.starts_with("*.") && dot != std::string_view::npos && dot > 0 &&
               base::iequals(std::string_view(name).substr(1), host.substr(dot));
    });
}

std::vector<StartWarning> start_warnings(const Config& config, const StartFacts& facts) {
    std::vector<StartWarning> warnings;
    const std::string host = hostname_of(config);
    if (facts.root) {
        warnings.push_back(
            {"runs-as-root", "the server stays root: name a user in server.user (MAILSTEAD_SERVER_USER)"});
    }
    if (host.find('.') == std::string::npos) {
        warnings.push_back(
            {"hostname-without-dot",
             fmt::format("\"{}\"{} is no full host name, and other servers may refuse it: set hostname "
                         "(MAILSTEAD_HOSTNAME)",
                         host, config.hostname.empty() ? ", which is what the machine calls itself," : "")});
    }
    if (facts.domains == 0) {
        warnings.push_back({"no-domain", "no domain is ours, all mail is refused: mailstead domain add NAME"});
    }
    if (!covers(facts.certificate, host)) {
        warnings.push_back(
            {"certificate-for-another-name", fmt::format("tls.certificate is for {}, and the host name is \"{}\"",
                                                         fmt::join(facts.certificate, ", "), host)});
    }
    for (const std::string& file : facts.unreadable) {
        warnings.push_back(
            {"unreadable-ca-file",
             fmt::format("queue.route.ca_file: {}; mail for this route waits until it can be read", file)});
    }
    return warnings;
}

}  // namespace server

// Counts connections, and asks the budget for what each may hold.
#include "server/web_admission.h"

#include <string_view>
#include <utility>
#include <variant>

#include "server/options.h"

namespace server {
namespace {

struct Place {
    Admission::Ticket ticket;
    std::shared_ptr<net::Allowance> allowance;
};

}  // namespace

WebAdmission::WebAdmission(const Config& config, Doors& doors, services::EventLog& log)
    : doors_(doors), log_(log), admission_(web_admission_limits(config)), octets_(web_connection_octets(config)) {}

void WebAdmission::configure(const Config& config) {
    admission_.configure(web_admission_limits(config));
    octets_ = web_connection_octets(config);
}

std::shared_ptr<void> WebAdmission::admit(const std::string& address, std::function<void()> crowd_out) {
    if (doors_.is_proxy(address)) return std::make_shared<std::monostate>();
    const auto tell = [&log = log_, address](services::Level level, std::string_view event, std::string_view reason) {
        log.write(level, "doors", "", event, {{"door", "web"}, {"address", address}, {"reason", reason}});
    };
    Admission::Admitted admitted = admission_.admit(address);
    if (admitted.ticket) {
        auto allowance =
            doors_.budgets().admit(address, budget::Share::web, octets_, [tell, crowd_out = std::move(crowd_out)] {
                tell(services::Level::info, "close", "crowded-out");
                crowd_out();
            });
        if (allowance) return std::make_shared<Place>(std::move(*admitted.ticket), std::move(allowance));
    }
    tell(services::Level::warn, "turned-away",
         admitted.ticket ? "too busy, try again later" : reason_of(admitted.over));
    return nullptr;
}

}  // namespace server

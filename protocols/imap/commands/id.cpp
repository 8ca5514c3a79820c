// ID: who are you? RFC 2971.
// What the client says is for the log alone; nothing is decided by it.
// We name product and version, no operating system.
#include "protocols/base/text.h"
#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Id command) {
    services::EventLog::Fields fields;
    for (const auto& [name, value] : command.fields) {
        if (base::iequals(name, "name")) fields.emplace_back("name", value.value_or(""));
        if (base::iequals(name, "version")) fields.emplace_back("version", value.value_or(""));
    }
    if (!fields.empty()) log_.info("client", fields);

    std::vector<std::pair<std::string_view, std::string_view>> ours = {{"name", options_.product}};
    if (!options_.version.empty()) ours.emplace_back("version", options_.version);
    say().id(ours);
    answer_ok("Pleased to meet you");
    co_return;
}

}  // namespace imap

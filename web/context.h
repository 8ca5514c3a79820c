// The web door's options, and the services that it uses.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "protocols/services/authenticator.h"
#include "protocols/services/directory.h"
#include "protocols/services/event_log.h"
#include "protocols/services/intake.h"
#include "protocols/sts/policy.h"
#include "storage/store.h"
#include "web/jmap/context.h"

namespace web {

struct Options {
    std::string hostname;                      // of this server, as clients use it
    sts::Mode sts_mode = sts::Mode::enforce;   // of our MTA-STS policy
    std::size_t max_form_octets = 256u << 10;  // of a request's body
    std::size_t max_recipients = 100;          // of a message sent from the page
    std::size_t sessions_per_account = 50;
    std::size_t messages_per_page = 50;
    std::size_t max_shown_octets = 512u << 10;  // of a message's text parts shown on the page, together
    std::chrono::seconds session_lifetime{12 * 3600};
    jmap::Limits jmap;
    // Ports for autoconfig; 0: not offered.
    std::uint16_t imaps_port = 0;
    std::uint16_t imap_port = 0;
    std::uint16_t pop3s_port = 0;
    std::uint16_t submissions_port = 0;
    std::uint16_t submission_port = 0;
};

struct Services {
    storage::Store& store;
    services::Authenticator& authenticator;
    services::Directory& directory;
    services::Intake& intake;
    services::EventLog& log;
    std::function<std::int64_t()> now;                    // Unix seconds
    std::function<std::string(std::size_t)> random_text;  // n unpredictable octets as hexadecimal digits
    const storage::SearchIndex* search_index = nullptr;   // nullptr: every message is read
};

}  // namespace web

// The log: one event, one line, as text (`imap s=7f3a event=login account=bob@example.org`) or JSON.
// protocols/README.md "The log". Values are quoted and escaped, so that no peer can forge a line. Written to standard
// error.
#pragma once

#include <memory>
#include <string>

#include "protocols/services/event_log.h"
#include "server/config/config.h"

namespace server {

// Receives finished lines, besides standard error: for tests.
using LineSink = std::function<void(const std::string& line)>;

class Log : public services::EventLog {
  public:
    Log(services::Level level, LogFormat format, LineSink sink = {});
    ~Log() override;
    bool enabled(services::Level level) const override;
    void write(services::Level level, std::string_view area, std::string_view session, std::string_view event,
               const Fields& fields) override;
    // Thread-safe, at any time.
    void set_level(services::Level level);
    void flush();

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

// The text of an event without time and level. Pure.
std::string text_message(std::string_view area, std::string_view session, std::string_view event,
                         const services::EventLog::Fields& fields);
// The same as the members of a JSON object, without its braces; numbers are numbers.
std::string json_members(std::string_view area, std::string_view session, std::string_view event,
                         const services::EventLog::Fields& fields);

}  // namespace server

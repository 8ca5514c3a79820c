// The log as a session sees it: one event, one line, `door s=id event=name key=value ...` (protocols/README.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace services {

enum class Level { debug, info, warn, error };

// Thread-safe. Values are escaped by the implementation; secrets and message text must not be given.
class EventLog {
  public:
    using Fields = std::vector<std::pair<std::string_view, std::string>>;
    virtual ~EventLog() = default;
    virtual bool enabled(Level level) const = 0;
    // area: "imap", "smtp", "queue" ...; session: its id, or empty.
    virtual void write(Level level, std::string_view area, std::string_view session, std::string_view event,
                       const Fields& fields) = 0;
};

// What a session logs through: area and id are filled in.
class SessionLog {
  public:
    SessionLog(EventLog& log, std::string_view area, std::string session)
        : log_(&log), area_(area), session_(std::move(session)) {}
    void debug(std::string_view event, const EventLog::Fields& fields = {}) const { put(Level::debug, event, fields); }
    void info(std::string_view event, const EventLog::Fields& fields = {}) const { put(Level::info, event, fields); }
    void warn(std::string_view event, const EventLog::Fields& fields = {}) const { put(Level::warn, event, fields); }
    void error(std::string_view event, const EventLog::Fields& fields = {}) const { put(Level::error, event, fields); }
    bool debugging() const { return log_->enabled(Level::debug); }
    const std::string& session() const { return session_; }

  private:
    void put(Level level, std::string_view event, const EventLog::Fields& fields) const {
        if (log_->enabled(level)) log_->write(level, area_, session_, event, fields);
    }
    EventLog* log_;
    std::string_view area_;  // a literal
    std::string session_;
};

}  // namespace services

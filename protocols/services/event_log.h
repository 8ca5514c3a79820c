// The log: one event, one line, `area s=id event=name key=value ...` (protocols/README.md).
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/base/text.h"
#include "protocols/services/end_reason.h"

namespace services {

enum class Level { debug, info, warn, error };

// A field's value: text, or a number, which stays a number in JSON.
class LogValue {
  public:
    LogValue(std::string text) : text_(std::move(text)) {}
    LogValue(std::string_view text) : text_(text) {}
    LogValue(const char* text) : text_(text) {}
    template <std::integral Number>
    LogValue(Number number) : text_(std::to_string(number)), number_(true) {}
    const std::string& text() const { return text_; }
    bool is_number() const { return number_; }

  private:
    std::string text_;
    bool number_ = false;
};

// A value that a peer, maybe a stranger, chose: as much of it as an address can have (RFC 5321 §4.5.3.1), since
// escapes make up to six octets of one.
inline LogValue of_peer(std::string_view text) { return base::beginning(text, 320); }

// Thread-safe. Implementations escape the values; never pass secrets or message text.
class EventLog {
  public:
    using Fields = std::vector<std::pair<std::string_view, LogValue>>;
    virtual ~EventLog() = default;
    virtual bool enabled(Level level) const = 0;
    // area: "imap", "smtp", "queue" ...; session: its id, or empty.
    virtual void write(Level level, std::string_view area, std::string_view session, std::string_view event,
                       const Fields& fields) = 0;
};

// The log of one session: fills in area and id. Its first line is `open`, its last `close`, in all protocols. Health
// checks connect from this machine every few seconds and say nothing: for them both lines are logged at debug level
// only.
class SessionLog {
  public:
    SessionLog(EventLog& log, std::string_view area, std::string session)
        : log_(&log), area_(area), session_(std::move(session)) {}
    void debug(std::string_view event, const EventLog::Fields& fields = {}) const { put(Level::debug, event, fields); }
    void info(std::string_view event, const EventLog::Fields& fields = {}) const { put(Level::info, event, fields); }
    void warn(std::string_view event, const EventLog::Fields& fields = {}) const { put(Level::warn, event, fields); }
    void error(std::string_view event, const EventLog::Fields& fields = {}) const { put(Level::error, event, fields); }
    // A request that was refused. Of one session only the first ones are written, the others are counted in `close`: it
    // may have thousands.
    void refused(const EventLog::Fields& fields) const {
        if (++refusals_ <= refusals_told) info("refused", fields);
    }
    bool debugging() const { return log_->enabled(Level::debug); }
    const std::string& session() const { return session_; }

    // The client's textual address and our port.
    void open(std::string address, std::uint16_t port, bool tls) {
        const bool here = address == "127.0.0.1" || address == "::1";
        held_ = {{"address", std::move(address)}, {"local_port", port}, {"tls", tls ? "yes" : "no"}};
        if (!here) spoken();
    }
    // Call when the client has sent something.
    void spoken() const {
        if (!held_.empty()) write(Level::info, "open", std::exchange(held_, {}));
    }
    // `more` follows the reason.
    void close(Ending ending, EventLog::Fields more, std::uint64_t octets_in, std::uint64_t octets_out,
               std::chrono::steady_clock::duration lasted) const {
        const Level level = held_.empty() ? Level::info : Level::debug;
        if (!held_.empty()) write(level, "open", std::exchange(held_, {}));
        EventLog::Fields fields{{"reason", word_of(ending.reason)}};
        if (!ending.detail.empty()) fields.emplace_back("detail", std::move(ending.detail));
        for (auto& field : more) fields.push_back(std::move(field));
        if (refusals_ > refusals_told) fields.emplace_back("more_refused", refusals_ - refusals_told);
        fields.emplace_back("octets_in", octets_in);
        fields.emplace_back("octets_out", octets_out);
        fields.emplace_back("ms", lasted / std::chrono::milliseconds(1));
        write(level, "close", fields);
    }

  private:
    void put(Level level, std::string_view event, const EventLog::Fields& fields) const {
        if (level != Level::debug) spoken();
        write(level, event, fields);
    }
    void write(Level level, std::string_view event, const EventLog::Fields& fields) const {
        if (log_->enabled(level)) log_->write(level, area_, session_, event, fields);
    }

    static constexpr std::uint64_t refusals_told = 20;

    EventLog* log_;
    std::string_view area_;  // points to a string literal
    std::string session_;
    mutable EventLog::Fields held_;  // fields of `open`, until the client sends something
    mutable std::uint64_t refusals_ = 0;
};

}  // namespace services

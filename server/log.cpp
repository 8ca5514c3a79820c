// Formats events as lines: we escape; spdlog adds time stamps and locks the sink.
#include "server/log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "protocols/base/text.h"

namespace server {

namespace {

class FunctionSink : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit FunctionSink(LineSink sink) : sink_(std::move(sink)) {}

  private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        sink_(std::string(line.data(), line.size()));
    }
    void flush_() override {}
    LineSink sink_;
};

spdlog::level::level_enum to_spdlog(services::Level level) {
    switch (level) {
        case services::Level::debug:
            return spdlog::level::debug;
        case services::Level::info:
            return spdlog::level::info;
        case services::Level::warn:
            return spdlog::level::warn;
        case services::Level::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

std::string_view word_of(services::Level level) {
    switch (level) {
        case services::Level::debug:
            return "debug";
        case services::Level::info:
            return "info";
        case services::Level::warn:
            return "warn";
        case services::Level::error:
            return "error";
    }
    return "error";
}

// In UTF-8: C1 controls, and characters that a terminal or an editor obeys instead of showing them (marks and overrides
// of direction, separators of lines), with which a peer could make a line look like another.
constexpr std::string_view unseen[] = {"\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202b",
                                       "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"};

// How many octets of valid UTF-8 begin with such a character; 0: none.
std::size_t unseen_octets(std::string_view text) {
    if (text.size() >= 2 && text[0] == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0) return 2;
    for (const std::string_view character : unseen) {
        if (text.starts_with(character)) return character.size();
    }
    return 0;
}

// The code point of a character of two or three octets. RFC 3629 §3.
unsigned code_point(std::string_view character) {
    unsigned point = static_cast<unsigned char>(character[0]) & (character.size() == 2 ? 0x1fu : 0x0fu);
    for (const char c : character.substr(1)) point = point << 6 | (static_cast<unsigned char>(c) & 0x3fu);
    return point;
}

// JSON's escapes (RFC 8259 §7); octets that are not UTF-8 become \ufffd.
void append_escaped(std::string& out, std::string_view value) {
    const bool utf8 = base::is_utf8(value);
    for (std::size_t at = 0; at < value.size(); ++at) {
        const char c = value[at];
        const auto octet = static_cast<unsigned char>(c);
        const std::size_t hidden = utf8 && octet >= 0x80 ? unseen_octets(value.substr(at)) : 0;
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c == '\t') {
            out += "\\t";
        } else if (hidden != 0) {
            out += fmt::format("\\u{:04x}", code_point(value.substr(at, hidden)));
            at += hidden - 1;
        } else if (octet < 0x20 || octet == 0x7f) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(octet));
        } else if (octet >= 0x80 && !utf8) {
            out += "\\ufffd";
        } else {
            out += c;
        }
    }
}

void append_quoted(std::string& out, std::string_view value) {
    out += '"';
    append_escaped(out, value);
    out += '"';
}

bool needs_quotes(std::string_view value) {
    if (value.empty()) return true;
    for (const char c : value) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet <= 0x20 || octet >= 0x7f || c == '"' || c == '\\' || c == '=') return true;
    }
    return false;
}

void append_text(std::string& out, std::string_view key, std::string_view value) {
    out += ' ';
    out += key;
    out += '=';
    if (needs_quotes(value)) {
        append_quoted(out, value);
    } else {
        out += value;
    }
}

// An ASCII line stays valid JSON whatever a peer sends; octets that are not UTF-8 become U+FFFD.
std::string dumped(const nlohmann::ordered_json& json) {
    return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

nlohmann::ordered_json to_json(const services::LogValue& value) {
    if (value.is_number()) return nlohmann::ordered_json::parse(value.text());
    return value.text();
}

}  // namespace

std::string text_message(std::string_view area, std::string_view session, std::string_view event,
                         const services::EventLog::Fields& fields) {
    std::string line(area);
    if (!session.empty()) append_text(line, "s", session);
    append_text(line, "event", event);
    for (const auto& [key, value] : fields) append_text(line, key, value.text());
    return line;
}

std::string json_members(std::string_view area, std::string_view session, std::string_view event,
                         const services::EventLog::Fields& fields) {
    nlohmann::ordered_json line;
    line["area"] = area;
    if (!session.empty()) line["s"] = session;
    line["event"] = event;
    for (const auto& [key, value] : fields) line[std::string(key)] = to_json(value);
    const std::string text = dumped(line);
    return text.substr(1, text.size() - 2);
}

struct Log::Implementation {
    LogFormat format;
    spdlog::logger logger;
};

Log::Log(services::Level level, LogFormat format, LineSink sink) {
    spdlog::sink_ptr target;
    if (sink) {
        target = std::make_shared<FunctionSink>(std::move(sink));
    } else {
        target = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    }
    implementation_ = std::make_unique<Implementation>(format, spdlog::logger("mailstead", std::move(target)));
    const std::string time = "%Y-%m-%dT%H:%M:%S.%eZ";
    const std::string pattern = format == LogFormat::json ? R"({"time":")" + time + R"(",%v})" : time + " %v";
    implementation_->logger.set_formatter(
        std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
    implementation_->logger.flush_on(spdlog::level::trace);
    set_level(level);
}

Log::~Log() = default;

bool Log::enabled(services::Level level) const { return implementation_->logger.should_log(to_spdlog(level)); }

void Log::write(services::Level level, std::string_view area, std::string_view session, std::string_view event,
                const Fields& fields) {
    if (!enabled(level)) return;
    const bool json = implementation_->format == LogFormat::json;
    std::string message(word_of(level));
    if (json) {
        message = "\"level\":\"" + message + "\"," + json_members(area, session, event, fields);
    } else {
        message += ' ' + text_message(area, session, event, fields);
    }
    implementation_->logger.log(to_spdlog(level), spdlog::string_view_t(message.data(), message.size()));
}

void Log::set_level(services::Level level) { implementation_->logger.set_level(to_spdlog(level)); }

void Log::flush() { implementation_->logger.flush(); }

}  // namespace server

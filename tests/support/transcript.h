// Transcripts: sessions written as in an RFC, run against a server. The notation: tests/transcripts/README.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace support {

// One line of a transcript.
struct Step {
    enum class Kind {
        send,
        expect,
        skip,
        unordered,
        door,
        from,
        start_tls,
        start_deflate,
        raw,
        close,
        closed,
        silence,
        deliver,
        eventually,
        command
    } kind{};
    std::size_t line = 0;  // in the file, for error messages
    int client = 1;
    std::string text;  // depends on the kind: text sent or expected, door, address, recipient, command, milliseconds
    std::vector<std::string> lines;  // unordered: the lines; deliver: the content
};

struct Transcript {
    std::filesystem::path file;
    std::string door;    // the folder's: smtp, imap or pop3
    std::string config;  // of the server: TOML lines of `@config`
    std::vector<Step> steps;
    std::size_t sends() const;  // lines that clients send
};

// Throws std::runtime_error naming file and line when the notation is broken.
Transcript read_transcript(const std::filesystem::path& file);

using Ports = std::map<std::string, std::uint16_t>;  // by door name

// Where a transcript runs: the ports, and the administrator's command line beside the running server.
struct Stage {
    Ports ports;
    std::function<void(const std::vector<std::string>& arguments)> command;  // throws std::runtime_error if it fails
};

// Runs it; throws std::runtime_error naming file and line if the server answers differently. With most_sends, all
// clients vanish after sending that many lines, without waiting for the answer.
void run_transcript(const Transcript& transcript, const Stage& stage, std::size_t most_sends = SIZE_MAX);

// Whether the line fits the pattern: <text> stands for anything, <name> for a remembered run. Public for its unit test.
bool matches(std::string_view pattern, std::string_view line, std::map<std::string, std::string>& names);

// Whether a line of an IMAP server has an empty list where the grammar requires an element (CLIENTS.md 28).
bool has_forbidden_empty_list(std::string_view line);

}  // namespace support

// Runs every transcript against a house in the process, each with a fresh store; then again with the clients vanishing
// after each line. `transcripts [--no-vanishing] [FILE-PART]`: only those whose path has that part.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/source_tree.h"
#include "tests/support/test_house.h"
#include "tests/support/transcript.h"

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> find_transcripts(const std::string& part) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(support::source_tree() / "tests/transcripts")) {
        const std::string path = entry.path().string();
        const bool ours = entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt";
        if (ours && path.find(part) != std::string::npos) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

// The words of what went wrong; empty if nothing did.
std::string run_whole(const support::Transcript& transcript) {
    try {
        support::TestHouse house(transcript.config);
        support::run_transcript(transcript, house.stage());
        return house.is_well() ? "" : "the server did not greet afterwards";
    } catch (const std::exception& error) {
        return error.what();
    }
}

std::string run_vanishing(const support::Transcript& transcript) {
    for (std::size_t lines = 1; lines <= transcript.sends(); ++lines) {
        try {
            support::TestHouse house(transcript.config);
            support::run_transcript(transcript, house.stage(), lines);
            if (!house.is_well()) return "the server did not greet afterwards";
        } catch (const std::exception& error) {
            return "the clients vanished after line " + std::to_string(lines) + ": " + error.what();
        }
    }
    return "";
}

struct Tally {
    int passed = 0;
    int failed = 0;
};

Tally run_every_second(const std::vector<fs::path>& files, std::size_t first, bool vanishing) {
    Tally tally;
    for (std::size_t i = first; i < files.size(); i += 2) {
        std::string wrong;
        try {
            const support::Transcript transcript = support::read_transcript(files[i]);
            wrong = run_whole(transcript);
            if (wrong.empty() && vanishing) wrong = run_vanishing(transcript);
        } catch (const std::exception& error) {
            wrong = error.what();
        }
        if (!wrong.empty()) std::printf("FAILED %s\n", wrong.c_str());
        wrong.empty() ? ++tally.passed : ++tally.failed;
    }
    std::fflush(stdout);
    return tally;
}

}  // namespace

int main(int argc, char** argv) {
    bool vanishing = true;
    std::string part;
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    for (const std::string& argument : arguments) {
        if (argument == "--no-vanishing") {
            vanishing = false;
        } else {
            part = argument;
        }
    }
    const std::vector<fs::path> files = find_transcripts(part);
    // Sessions mostly wait: two processes share the work.
    int ends[2];
    if (pipe(ends) != 0) return 1;
    const pid_t other = fork();
    if (other < 0) return 1;
    const Tally mine = run_every_second(files, other == 0 ? 1 : 0, vanishing);
    if (other == 0) return write(ends[1], &mine, sizeof mine) == sizeof mine ? 0 : 1;
    close(ends[1]);
    Tally theirs;
    const bool told = read(ends[0], &theirs, sizeof theirs) == sizeof theirs;
    int status = 0;
    const bool ended_well = waitpid(other, &status, 0) == other && status == 0;
    if (!told || !ended_well) std::printf("FAILED the other process ended with status %d\n", status);
    const int passed = mine.passed + theirs.passed;
    const int failed = mine.failed + theirs.failed + (told && ended_well ? 0 : 1);
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}

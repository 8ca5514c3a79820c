// Runs every transcript against a server in this process, each with a fresh store; then again with the clients
// vanishing after each line. `transcripts [--no-vanishing] [FILE-PART]`: only files whose path contains that part.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
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

// The error text; empty if it passed.
std::string run_whole(const support::Transcript& transcript) {
    try {
        support::TestHouse house(transcript.config, support::TestHouse::Log::errors, transcript.door == "jmap");
        support::run_transcript(transcript, house.stage());
        return house.is_well() ? "" : "the server did not greet afterwards";
    } catch (const std::exception& error) {
        return error.what();
    }
}

std::string run_vanishing(const support::Transcript& transcript) {
    for (std::size_t lines = 1; lines <= transcript.sends(); ++lines) {
        try {
            support::TestHouse house(transcript.config, support::TestHouse::Log::errors, transcript.door == "jmap");
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

// Runs files that no process has taken yet, one after the other.
Tally run_what_is_left(const std::vector<fs::path>& files, std::atomic<std::size_t>& next, bool vanishing) {
    Tally tally;
    for (std::size_t i = next++; i < files.size(); i = next++) {
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

// A counter shared by this process and its children.
std::atomic<std::size_t>& shared_counter() {
    void* const place =
        mmap(nullptr, sizeof(std::atomic<std::size_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) throw std::runtime_error("no memory to share");
    return *new (place) std::atomic<std::size_t>(0);
}

// Runs all files in as many processes as there are processors, but at least two, since sessions mostly wait.
Tally run_all(const std::vector<fs::path>& files, bool vanishing) {
    std::atomic<std::size_t>& next = shared_counter();
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    std::vector<pid_t> others(std::max(std::thread::hardware_concurrency(), 2u) - 1);
    for (pid_t& other : others) {
        other = fork();
        if (other < 0) throw std::runtime_error("no process");
        if (other == 0) {
            const Tally mine = run_what_is_left(files, next, vanishing);
            std::exit(write(ends[1], &mine, sizeof mine) == sizeof mine ? 0 : 1);
        }
    }
    Tally sum = run_what_is_left(files, next, vanishing);
    close(ends[1]);
    for (Tally theirs; read(ends[0], &theirs, sizeof theirs) == sizeof theirs;) {
        sum.passed += theirs.passed;
        sum.failed += theirs.failed;
    }
    for (const pid_t other : others) {
        int status = 0;
        if (waitpid(other, &status, 0) == other && status == 0) continue;
        std::printf("FAILED a process ended with status %d\n", status);
        ++sum.failed;
    }
    if (const auto count = static_cast<std::size_t>(sum.passed + sum.failed); count < files.size()) {
        std::printf("FAILED %zu transcripts were not run\n", files.size() - count);
        ++sum.failed;
    }
    return sum;
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
    const Tally tally = run_all(files, vanishing);
    std::printf("%d passed, %d failed\n", tally.passed, tally.failed);
    return tally.failed == 0 && tally.passed > 0 ? 0 : 1;
}

// The hook's process: what it is called with, how it ends, how long it may take.
#include "server/acme/hook_process.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/unit/server/temporary_house.h"

using namespace server::acme;

namespace {

struct Script {
    std::filesystem::path directory;
    std::filesystem::path path;

    explicit Script(const std::string& text) {
        std::string pattern = (std::filesystem::temp_directory_path() / "mailstead-hook-XXXXXX").string();
        directory = mkdtemp(pattern.data());
        path = directory / "hook";
        std::ofstream(path) << "#!/bin/sh\ncd " << directory.native() << "\n" << text << "\n";
        chmod(path.c_str(), 0700);
    }
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;
    ~Script() { std::filesystem::remove_all(directory); }

    std::string read(const char* name) const {
        std::ostringstream text;
        text << std::ifstream(directory / name).rdbuf();
        return text.str();
    }
    // What becomes of one call.
    std::string call(std::chrono::seconds time, const std::string& action = "add",
                     const std::string& name = "_acme-challenge.a.example", const std::string& value = "-AbC_9") const {
        std::unique_ptr<Hook> hook = start_hook_process(path, time);  // before the house has threads
        TemporaryHouse house;
        std::string outcome = house.await(hook->run(action, name, value)).value_or("done");
        hook.reset();  // its thread uses the house's loop
        return outcome;
    }
};

}  // namespace

TEST_CASE("acme hook: called with action, name and value, without a shell, input or the server's environment") {
    const Script script(
        R"(printf '%s\n' "$#" "$1" "$2" "$3" >arguments; cat >input; env >environment; ls /proc/self/fd | wc -l >open)");
    setenv("MAILSTEAD_SECRET", "secret", 1);
    CHECK(script.call(std::chrono::seconds(20)) == "done");
    unsetenv("MAILSTEAD_SECRET");
    CHECK(script.read("arguments") == "3\nadd\n_acme-challenge.a.example\n-AbC_9\n");
    CHECK(script.read("input").empty());
    CHECK(script.read("environment").find("secret") == std::string::npos);
    CHECK(script.read("environment").find("PATH=") != std::string::npos);
}

TEST_CASE("acme hook: how it ends is told") {
    CHECK(Script("exit 3").call(std::chrono::seconds(20)).ends_with("/hook ended with status 3"));
    CHECK(Script("kill -9 $$").call(std::chrono::seconds(20)).ends_with("/hook ended by signal 9"));
    Script gone("true");
    std::filesystem::remove(gone.path);
    CHECK(gone.call(std::chrono::seconds(20)).find("/hook cannot be started: No such file") != std::string::npos);
}

TEST_CASE("acme hook: one that takes too long is ended, with what it has started") {
    const Script script("sleep 600 & echo $! >child; wait");
    CHECK(script.call(std::chrono::seconds(1)).ends_with("/hook took too long, and was ended"));
    const pid_t child = std::stoi(script.read("child"));
    // Gone, or a zombie that nobody has waited for yet.
    std::ifstream status("/proc/" + std::to_string(child) + "/stat");
    std::string words;
    std::getline(status, words);
    CHECK((words.empty() || words.find(") Z ") != std::string::npos));
}

TEST_CASE("acme hook: calls of another kind are refused by its process, too") {
    const Script script("echo called >called");
    CHECK(script.call(std::chrono::seconds(20), "delete").ends_with("is not called so"));
    CHECK(script.call(std::chrono::seconds(20), "add", "a b").ends_with("is not called so"));
    CHECK(script.call(std::chrono::seconds(20), "add", "-option").ends_with("is not called so"));
    CHECK(script.call(std::chrono::seconds(20), "add", "a.example", "$(x)").ends_with("is not called so"));
    CHECK(script.call(std::chrono::seconds(20), "add", "a.example", "").ends_with("is not called so"));
    CHECK(start_hook_process("", std::chrono::seconds(1)) == nullptr);
}

TEST_CASE("acme hook: a server that stops does not wait for it") {
    const Script script("sleep 600");
    std::unique_ptr<Hook> hook = start_hook_process(script.path, std::chrono::seconds(600));
    TemporaryHouse house;
    std::thread stopper([&] {
        usleep(100'000);
        hook->stop();
    });
    CHECK(house.await(hook->run("add", "a.example", "x")).has_value());
    stopper.join();
    hook.reset();
}

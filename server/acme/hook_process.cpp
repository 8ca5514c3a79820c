// A socket pair between the two processes: one call and one answer at a time, each a message. An empty answer: it has
// succeeded. POSIX and Linux (pidfd_open(2), close_range(2)).
#include "server/acme/hook_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "protocols/base/text.h"
#include "protocols/net/worker_pool.h"

namespace server::acme {

namespace {

constexpr std::size_t message_octets_most = 2'048;
constexpr int socket_of_helper = 3;
constexpr std::chrono::milliseconds patience{5'000};  // beyond the hook's time, for the answer

// --- the helper's side ---

struct Helper {
    std::string command;
    std::chrono::milliseconds time;
};

std::vector<std::string> short_environment() {
    std::vector<std::string> lines;
    for (const char* name : {"PATH", "HOME", "LANG", "LC_ALL", "TZ"}) {
        if (const char* value = std::getenv(name)) lines.push_back(std::string(name) + "=" + value);
    }
    return lines;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

// 0: none, errno says why.
pid_t start_program(const Helper& helper, const std::vector<std::string>& arguments) {
    std::vector<std::string> words{helper.command};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> environment = short_environment();
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&files);
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files, socket_of_helper);
    pid_t program = 0;
    const int error = posix_spawn(&program, helper.command.c_str(), &files, &attributes, pointers_to(words).data(),
                                  pointers_to(environment).data());
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    errno = error;
    return error == 0 ? program : 0;
}

// Waits for its end, the end of its time, or the server's end: then all that it has started is killed.
std::string outcome_of(pid_t program, std::chrono::milliseconds time) {
    const int watch = static_cast<int>(syscall(SYS_pidfd_open, program, 0));
    std::array<pollfd, 2> wait{pollfd{watch, POLLIN, 0}, pollfd{socket_of_helper, POLLRDHUP, 0}};
    const int ready = watch < 0 ? -1 : poll(wait.data(), wait.size(), static_cast<int>(time.count()));
    if (watch >= 0) close(watch);
    const bool ended = ready > 0 && wait[0].revents != 0;
    if (!ended) kill(-program, SIGKILL);
    int status = 0;
    while (waitpid(program, &status, 0) < 0 && errno == EINTR) continue;
    if (!ended) return ready == 0 ? "took too long, and was ended" : "was ended";
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    return WIFEXITED(status) ? "ended with status " + std::to_string(WEXITSTATUS(status))
                             : "ended by signal " + std::to_string(WTERMSIG(status));
}

std::vector<std::string> fields_of(const std::string& message) {
    std::vector<std::string> fields(1);
    for (const char c : message) {
        if (c == '\0') {
            fields.emplace_back();
        } else {
            fields.back() += c;
        }
    }
    return fields;
}

std::string serve_call(const Helper& helper, const std::string& message) {
    const std::vector<std::string> fields = fields_of(message);
    if (fields.size() != 3 || !is_hook_call(fields[0], fields[1], fields[2])) return "is not called so";
    const pid_t program = start_program(helper, fields);
    return program == 0 ? std::string("cannot be started: ") + std::strerror(errno) : outcome_of(program, helper.time);
}

[[noreturn]] void run_helper(int socket, const Helper& helper) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(number, SIG_IGN);
    prctl(PR_SET_NAME, "acme-hook");
    dup2(socket, socket_of_helper);
    syscall(SYS_close_range, socket_of_helper + 1, ~0U, 0);
    std::array<char, message_octets_most> octets{};
    while (true) {
        const ssize_t size = recv(socket_of_helper, octets.data(), octets.size(), 0);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) _exit(0);  // the server has ended
        const std::string answer = serve_call(helper, std::string(octets.data(), static_cast<std::size_t>(size)));
        // An empty message would be an end.
        const std::string sent = "=" + answer;
        if (send(socket_of_helper, sent.data(), sent.size(), MSG_NOSIGNAL) < 0) _exit(0);
    }
}

// --- the server's side ---

class HookProcess final : public Hook {
  public:
    HookProcess(std::string command, int socket, pid_t helper, std::chrono::milliseconds time)
        : command_(std::move(command)), socket_(socket), helper_(helper), time_(time) {}
    ~HookProcess() override {
        stop();
        close(socket_);
        while (waitpid(helper_, nullptr, 0) < 0 && errno == EINTR) continue;
    }

    asio::awaitable<std::optional<std::string>> run(std::string action, std::string name, std::string value) override {
        const auto answer = std::make_shared<std::string>("the server ends");
        std::string message = action + '\0' + name + '\0' + value;
        net::WorkerPool::Slice slice = [this, answer, sent = std::move(message)] {
            *answer = ask(sent);
            return false;
        };
        co_await threads_.run({"acme"}, std::move(slice));
        if (answer->empty()) co_return std::nullopt;
        co_return "the hook " + command_ + " " + *answer;
    }

    // Whoever waits for the helper's answer gets an end of file.
    void stop() override {
        shutdown(socket_, SHUT_RDWR);
        threads_.stop();
    }

  private:
    std::string ask(const std::string& message) {
        if (send(socket_, message.data(), message.size(), MSG_NOSIGNAL) < 0) return "has no process any more";
        pollfd wait{socket_, POLLIN, 0};
        const int limit = static_cast<int>((time_ + patience).count());
        std::array<char, message_octets_most> octets{};
        const ssize_t size = poll(&wait, 1, limit) > 0 ? recv(socket_, octets.data(), octets.size(), 0) : 0;
        if (size <= 0) return "does not answer";
        return {octets.data() + 1, static_cast<std::size_t>(size) - 1};
    }

    const std::string command_;
    const int socket_;
    const pid_t helper_;
    const std::chrono::milliseconds time_;
    net::WorkerPool threads_{"acme-hook", 1};
};

bool consists_of(const std::string& text, std::string_view others) {
    return !text.empty() && text.size() <= 255 && text.front() != '-' && std::ranges::all_of(text, [&](char c) {
        return base::is_alpha(c) || base::is_digit(c) || others.find(c) != std::string_view::npos;
    });
}

}  // namespace

// A value is base64url and may begin with any of its letters: it stands last, where no program takes it for an option
// that has been told where these end.
bool is_hook_call(const std::string& action, const std::string& name, const std::string& value) {
    if (action != "add" && action != "remove") return false;
    return consists_of(name, "_-.") && !value.empty() && consists_of("x" + value, "_-");
}

std::unique_ptr<Hook> start_hook_process(std::string command, std::chrono::seconds time) {
    if (command.empty()) return nullptr;
    std::array<int, 2> pair{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) {
        throw std::system_error(errno, std::generic_category(), "acme.hook");
    }
    const pid_t helper = fork();
    if (helper < 0) throw std::system_error(errno, std::generic_category(), "acme.hook");
    if (helper == 0) run_helper(pair[1], {command, time});
    close(pair[1]);
    return std::make_unique<HookProcess>(std::move(command), pair[0], helper, time);
}

}  // namespace server::acme

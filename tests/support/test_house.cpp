// A server within the test process. Its first store is kept as a template: making accounts costs a password hash each.
#include "tests/support/test_house.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <sstream>
#include <stdexcept>

#include "server/auth/passwords.h"
#include "server/cli/command_line.h"
#include "server/config/config.h"
#include "server/house.h"
#include "server/log.h"
#include "server/options.h"
#include "storage/accounts.h"
#include "storage/domains.h"
#include "storage/store.h"
#include "tests/support/client.h"

namespace support {
namespace {

namespace fs = std::filesystem;

constexpr const char* doors[] = {"smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s"};

fs::path scratch_directory() {
    static std::atomic<int> count = 0;
    const fs::path path =
        fs::temp_directory_path() / ("mailstead-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
    fs::create_directories(path);
    return path;
}

server::Config make_config(const fs::path& data, const std::string& more, bool web = false) {
    std::string toml = "hostname = \"mail.hamburger.edu\"\ndata = \"" + data.string() + "\"\n";
    // Cheap hashes: these tests are not about passwords.
    toml += "[auth]\nargon2_memory = \"64KiB\"\nargon2_passes = 1\nscram_iterations = 4096\n[listen]\nhttps = []\n";
    toml += web ? "http = [\"127.0.0.1:0\"]\n" : "http = []\n";
    for (const char* door : doors) toml += std::string(door) + " = [\"127.0.0.1:0\"]\n";
    if (!more.contains("[mail]")) toml += "[mail]\njudge = false\n";  // there is no DNS here
    auto config = server::parse_config(toml + more, "test", [](const std::string&) { return std::nullopt; });
    if (!config) throw std::runtime_error(config.error());
    return *std::move(config);
}

void fill(const server::Config& config) {
    storage::Store store(server::store_options(config));
    for (const char* domain : {"hamburger.edu", "crepes.fr"}) store.write_now(storage::add_domain(domain, 0)).value();
    const std::pair<const char*, const char*> accounts[] = {{"bob@hamburger.edu", "hungry"},
                                                            {"janice@hamburger.edu", "tigermoth"},
                                                            {"carol@hamburger.edu", "pickles"},
                                                            {"alice@crepes.fr", "ketchup"},
                                                            {"dave@crepes.fr", "mustard"}};
    for (const auto& [name, password] : accounts) {
        auto credentials = server::auth::make_credentials(password, server::hash_cost(config));
        store.write_now(storage::add_account(name, std::move(credentials), 0)).value();
    }
}

// The template's path; created at the first call, deleted at the end of the program.
const fs::path& filled_template() {
    struct Template {
        fs::path path = scratch_directory();
        Template() { fill(make_config(path, "")); }
        ~Template() { fs::remove_all(path); }
    };
    static const Template made;
    return made.path;
}

// The command line, as an administrator uses it beside the running server.
void run_command(const fs::path& data, std::vector<std::string> arguments) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    server::cli::Console console{in, out, err, false, [](const std::string&) { return std::nullopt; }};
    arguments.insert(arguments.end(), {"--data", data.string()});
    if (server::cli::run(arguments, console) != 0) throw std::runtime_error(err.str());
}

}  // namespace

namespace {

// The log's lines; written by the house's threads.
class KeptLines {
  public:
    void add(const std::string& line) {
        constexpr std::size_t time_and_space = 25;
        const std::lock_guard lock(mutex_);
        lines_.push_back(line.substr(time_and_space, line.find('\n') - time_and_space));
        more_.notify_all();
    }
    std::vector<std::string> with(const std::string& words, std::size_t at_least) const {
        constexpr std::chrono::seconds longest(15);
        std::vector<std::string> found;
        std::unique_lock lock(mutex_);
        more_.wait_for(lock, longest, [&] {
            found.clear();
            std::ranges::copy_if(lines_, std::back_inserter(found), [&](auto& line) { return line.contains(words); });
            return found.size() >= at_least;
        });
        return found;
    }

  private:
    mutable std::mutex mutex_;
    mutable std::condition_variable more_;
    std::vector<std::string> lines_;
};

}  // namespace

struct TestHouse::Implementation {
    fs::path directory;
    std::shared_ptr<KeptLines> lines;
    server::Config config;
    server::Log log;
    std::unique_ptr<server::House> house;
    Stage stage;
};

TestHouse::TestHouse(const std::string& config, Log log, bool web) {
    const fs::path directory = scratch_directory();
    fs::copy(filled_template(), directory, fs::copy_options::recursive);
    const server::Config parsed = make_config(directory, config, web);
    const auto lines = std::make_shared<KeptLines>();
    const bool kept = log == Log::kept;
    server::LineSink sink;
    if (kept) sink = [lines](const std::string& line) { lines->add(line); };
    implementation_.reset(new Implementation{
        directory,
        lines,
        parsed,
        server::Log(kept ? services::Level::info : services::Level::error, server::LogFormat::text, std::move(sink)),
        nullptr,
        {}});
    implementation_->house =
        std::make_unique<server::House>(parsed, implementation_->log, server::Ports(parsed, implementation_->log));
    implementation_->house->start();
    for (const auto& bound : implementation_->house->bound())
        implementation_->stage.ports[bound.door] = bound.endpoint.port();
    implementation_->stage.command = [directory](const std::vector<std::string>& arguments) {
        run_command(directory, arguments);
    };
}

TestHouse::~TestHouse() {
    implementation_->house.reset();
    fs::remove_all(implementation_->directory);
}

const Stage& TestHouse::stage() const { return implementation_->stage; }

std::vector<std::string> TestHouse::log_lines(const std::string& words, std::size_t at_least) const {
    return implementation_->lines->with(words, at_least);
}

void TestHouse::stop() { implementation_->house->stop(); }

bool TestHouse::is_well() {
    for (const char* door : {"smtp", "imap", "pop3"}) {
        Client client(implementation_->stage.ports.at(door));
        const std::string greeting = client.read_line();
        if (!greeting.starts_with("220 ") && !greeting.starts_with("* OK") && !greeting.starts_with("+OK"))
            return false;
    }
    return true;
}

}  // namespace support

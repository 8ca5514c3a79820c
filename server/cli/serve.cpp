// mailstead serve: runs the server. SIGTERM and SIGINT drain and end it, SIGHUP reloads, SIGPIPE is ignored.
#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <chrono>
#include <csignal>

#include "server/cli/context.h"
#include "server/house.h"
#include "server/log.h"
#include "server/options.h"

namespace server::cli {

namespace {

using services::Level;

void log_start(Log& log, const Config& config, std::chrono::steady_clock::time_point began) {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    log.write(Level::info, "house", "", "ready",
              {{"version", program_version},
               {"hostname", hostname_of(config)},
               {"data", config.data.native()},
               {"pid", getpid()},
               {"ms", took.count()}});
    for (const std::string& name : unknown_overrides()) {
        log.write(Level::warn, "house", "", "unknown-override", {{"variable", name}});
    }
}

void reload(Context& context, House& house, Log& log) {
    try {
        house.reload(context.config());
    } catch (const std::exception& error) {
        log.write(Level::error, "house", "", "reload-failed", {{"reason", error.what()}});
    }
}

// Returns after SIGTERM or SIGINT; another one while the server drains ends the process at once.
void wait_for_the_end(Context& context, House& house, Log& log, asio::io_context& loop, asio::signal_set& signals) {
    std::function<void()> wait = [&] {
        signals.async_wait([&](const std::error_code& error, int number) {
            if (error) return;
            if (number == SIGHUP) {
                reload(context, house, log);
                wait();
                return;
            }
            log.write(Level::info, "house", "", "stopping", {{"signal", number == SIGTERM ? "SIGTERM" : "SIGINT"}});
        });
    };
    wait();
    loop.run();
}

// Makes freed large blocks (a password hash takes 19 MiB) go back to the system. glibc would raise its threshold at the
// first of them and keep the later ones.
void give_back_large_blocks() {
    mallopt(M_MMAP_THRESHOLD, 256 << 10);
    mallopt(M_TRIM_THRESHOLD, 512 << 10);
}

void serve(Context& context) {
    give_back_large_blocks();
    const auto began = std::chrono::steady_clock::now();
    const Config config = context.config();
    std::signal(SIGPIPE, SIG_IGN);
    Log log(config.log.level, config.log.format);
    {
        House house(config, log);
        // Before the doors open: whoever sees an open port may send a signal, and the store must then be closed
        // properly.
        asio::io_context loop;
        asio::signal_set signals(loop, SIGTERM, SIGINT, SIGHUP);
        house.start();
        log_start(log, config, began);
        wait_for_the_end(context, house, log, loop, signals);
        std::signal(SIGTERM, SIG_DFL);
        std::signal(SIGINT, SIG_DFL);
        house.stop();
    }
    log.write(Level::info, "house", "", "stopped", {});
}

}  // namespace

void add_serve_command(CLI::App& app, Context& context) {
    app.add_subcommand("serve", "Run the server")->callback([&context] {
        context.action = [&context] { serve(context); };
    });
}

}  // namespace server::cli

// mailstead serve: runs the server. SIGTERM and SIGINT drain and end it, SIGHUP reloads, SIGPIPE is ignored.
#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <system_error>
#include <utility>

#include "server/acme/hook_process.h"
#include "server/cli/context.h"
#include "server/confinement.h"
#include "server/descriptors.h"
#include "server/doors/ports.h"
#include "server/house.h"
#include "server/log.h"
#include "server/options.h"
#include "server/privileges.h"
#include "server/serve_lock.h"

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

// What is set at the start for as long as the process lives.
struct Bounds {
    std::uint64_t descriptors = 0;
    std::optional<Confinement> confinement;  // nullopt: not confined
    Paths readable;                          // what it may read besides its data, if files are restricted
};

// Tracing itself is how a sanitizer looks for leaks, and it starts a program to name a fault's place.
constexpr bool is_sanitized = MAILSTEAD_SANITIZED;

// A port that is taken may be that of another server on this store: the lock then says more than the port.
Ports bind_ports(const Config& config, Log& log) {
    try {
        return Ports(config, log);
    } catch (const std::system_error&) {
        prepare_data_directory(config.data, config.server.user);
        drop_privileges(config.server.user);
        const ServeLock free(config.data);
        throw;
    }
}

void confine(const Context& context, const Config& config, Bounds& bounds) {
    if (is_sanitized || !config.server.confine) return;
    bounds.readable = readable_paths(config, context.config_path(), context.console.environment);
    bounds.confinement = server::confine(config.data, bounds.readable);
}

void log_bounds(Log& log, const Config& config, const Bounds& bounds) {
    if (bounds.confinement) return log_confinement(log, *bounds.confinement);
    log.write(config.server.confine ? Level::info : Level::warn, "house", "", "not-confined",
              {{"reason", config.server.confine ? "built with sanitizers" : "server.confine is off"}});
}

void reload(Context& context, House& house, const Bounds& bounds, Log& log) {
    try {
        Config config = context.config();
        const bool restricted = bounds.confinement && bounds.confinement->landlock == "yes";
        const auto outside = restricted ? first_outside(config, bounds.readable) : std::nullopt;
        if (outside) {
            throw Failure(*outside +
                          ": the server is confined to the directories that it knew at its start: restart it");
        }
        fit_connections(config, bounds.descriptors, log);
        house.reload(config);
    } catch (const std::exception& error) {
        log.write(Level::error, "house", "", "reload-failed", {{"reason", error.what()}});
    }
}

// Returns after SIGTERM or SIGINT; another one while the server drains ends the process at once.
void wait_for_the_end(const std::function<void()>& reload_all, Log& log, asio::io_context& loop,
                      asio::signal_set& signals) {
    std::function<void()> wait = [&] {
        signals.async_wait([&](const std::error_code& error, int number) {
            if (error) return;
            if (number == SIGHUP) {
                reload_all();
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
    Config config = context.config();
    std::signal(SIGPIPE, SIG_IGN);
    Log log(config.log.level, config.log.format);
    Bounds bounds{.descriptors = raise_descriptor_limit(), .confinement = {}, .readable = {}};
    fit_connections(config, bounds.descriptors, log);
    // What needs root comes first. Then we are the user whose directory it is, and touch nothing there with more
    // rights.
    Ports ports = bind_ports(config, log);
    prepare_data_directory(config.data, config.server.user);
    drop_privileges(config.server.user);
    std::unique_ptr<acme::Hook> hook = acme::start_hook_process(config.acme.hook, config.acme.hook_timeout);
    confine(context, config, bounds);
    {
        House house(config, log, std::move(ports), std::move(hook));
        log_bounds(log, config, bounds);
        // Before the doors open: whoever sees an open port may send a signal, and the store must then be closed
        // properly.
        asio::io_context loop;
        asio::signal_set signals(loop, SIGTERM, SIGINT, SIGHUP);
        house.start();
        log_start(log, config, began);
        wait_for_the_end([&] { reload(context, house, bounds, log); }, log, loop, signals);
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

// Parts are destroyed in reverse order: the store outlives the services, which outlive the threads with the sessions.
#include "server/house.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "protocols/base/budget.h"
#include "protocols/dns/party_source.h"
#include "protocols/dns/resolver.h"
#include "protocols/http/serve.h"
#include "protocols/https/client.h"
#include "protocols/imap/search/sort_orders.h"
#include "protocols/imap/serve.h"
#include "protocols/net/spawn.h"
#include "protocols/net/threads.h"
#include "protocols/net/worker_pool.h"
#include "protocols/pop3/session.h"
#include "protocols/smtp/session.h"
#include "server/acme_work.h"
#include "server/auth/authenticator.h"
#include "server/auth/login_audit.h"
#include "server/auth/name_guesses.h"
#include "server/auth/networks.h"
#include "server/background.h"
#include "server/config/keys.h"
#include "server/config/values.h"
#include "server/current.h"
#include "server/delivery/directory.h"
#include "server/delivery/intake/intake.h"
#include "server/delivery/list_watch.h"
#include "server/delivery/notices/limit_notice.h"
#include "server/doors/admission.h"
#include "server/doors/connection_limit.h"
#include "server/doors/login_watch.h"
#include "server/doors/session_register.h"
#include "server/memory.h"
#include "server/open_pusher.h"
#include "server/open_resolver.h"
#include "server/open_store.h"
#include "server/options.h"
#include "server/queue/runner.h"
#include "server/random.h"
#include "server/scram_secret.h"
#include "server/serve_lock.h"
#include "server/start_warnings.h"
#include "server/summaries.h"
#include "server/tls/certificates.h"
#include "server/update_target.h"
#include "server/web_parts.h"
#include "server/web_sessions.h"
#include "server/zone/key_keeper.h"
#include "storage/domains.h"
#include "storage/search_index.h"
#include "storage/store.h"
#include "storage/upkeep/free_space.h"
#include "storage/upkeep/sweep.h"

namespace server {

namespace {

constexpr std::chrono::seconds memory_interval{10};
constexpr std::chrono::seconds audit_interval{10};  // log-ins of that time are written together

std::int64_t unix_now() { return std::time(nullptr); }

// 0: one for each core.
unsigned thread_count(std::uint32_t configured) {
    return configured != 0 ? configured : std::max(1u, std::thread::hardware_concurrency());
}

// The options of each protocol's sessions. A session keeps those that it began with.
struct DoorOptions {
    smtp::Options relay;
    smtp::Options submission;
    smtp::Options submissions;
    imap::Options imap;
    pop3::Options pop3;
    http::Options http;
};

}  // namespace

struct House::Implementation {
    Config config;
    Log& log;
    const ServeLock lock;  // before the store: two servers on it would send each queued message twice
    std::unique_ptr<storage::Store> store;
    std::unique_ptr<net::Threads> dns_thread;
    std::unique_ptr<dns::Resolver> resolver;  // for all who ask the DNS
    tls::Certificates certificates;
    https::Client web_client;  // what is fetched from other web servers
    std::unique_ptr<AcmeWork> acme_work;
    delivery::Directory directory;
    delivery::Intake intake;
    auth::Authenticator authenticator;
    auth::LoginAudit login_audit;  // the authenticator that the doors know
    auth::NameGuesses name_guesses;
    AccountConnectionLimit connection_limit;
    Current<const DoorOptions> options;
    const std::unique_ptr<storage::SearchIndex> search_index;
    const smtp::Services smtp_services;
    imap::SortOrders sort_orders;
    net::WorkerPool compute;
    base::Budget sort_memory;
    const imap::Services imap_services;
    const pop3::Services pop3_services;
    const std::chrono::seconds sweep_interval;
    std::unique_ptr<Background> sweeper;
    storage::BlobId renewed;  // summaries up to here are of this version
    std::unique_ptr<Background> renewer;
    std::unique_ptr<Background> certificate_watch;
    std::unique_ptr<Background> memory_watch;
    std::unique_ptr<Background> audit_writer;
    SessionRegister sessions;
    std::unique_ptr<Background> session_writer;
    dns::PartySource key_source;                       // for the keys' records
    const std::unique_ptr<zone::Publisher> publisher;  // nullptr: an administrator publishes them
    zone::KeyKeeper key_keeper;
    std::unique_ptr<Background> key_watch;
    LoginWatch login_watch;
    std::unique_ptr<net::Threads> threads;
    std::unique_ptr<net::Threads> queue_thread;  // the queue's own: no session waits for it
    Doors doors;
    std::unique_ptr<queue::Runner> runner;
    std::unique_ptr<push::Pusher> pusher;
    std::unique_ptr<WebParts> web;
    bool started = false;

    Implementation(const Config& given, Log& event_log, Ports ports, std::unique_ptr<acme::Hook> hook);
    ~Implementation();

    std::shared_ptr<const DoorOptions> door_options();
    void open_doors(Ports& ports);
    void open_smtp(Ports& ports, const char* name, const smtp::Options DoorOptions::* which,
                   net::TlsContext* implicit_tls);
    void open_web(Ports& ports);
    void open_imap(Ports& ports, const char* name, net::TlsContext* implicit_tls);
    void open_pop3(Ports& ports, const char* name, net::TlsContext* implicit_tls);
    asio::awaitable<void> serve_smtp(const smtp::Options DoorOptions::* which, net::Stream stream, std::string session);
    asio::awaitable<void> serve_imap(net::Stream stream, std::string session);
    asio::awaitable<void> serve_pop3(net::Stream stream, std::string session);
    asio::awaitable<void> serve_http(net::Stream stream, std::string session);
    std::shared_ptr<dns::Source> source_for(const std::string& client_address);
    asio::awaitable<std::chrono::seconds> sweep();
    asio::awaitable<std::chrono::seconds> renew(const storage::RenewalOptions& how);
    asio::awaitable<std::chrono::seconds> look_after_certificates();
    asio::awaitable<std::chrono::seconds> look_after_memory();
    asio::awaitable<std::chrono::seconds> write_audit();
    std::array<Background*, 8> background_work() const;
    void warn() const;
    void stop();
};

House::Implementation::Implementation(const Config& given, Log& event_log, Ports ports,
                                      std::unique_ptr<acme::Hook> hook)
    : config(given),
      log(event_log),
      lock(config.data),
      store(open_store(config, log)),
      dns_thread(std::make_unique<net::Threads>(1, "dns")),
      resolver(open_resolver(dns_thread->next(), config, log)),
      certificates(*store, log, hostname_of(config), certificate_files(config), unix_now),
      acme_work(std::make_unique<AcmeWork>(
          config, AcmeWork::Services{*store, log, web_client, *resolver, certificates, unix_now}, std::move(hook))),
      directory(*store, forbidden_destinations(config)),
      intake(*store, directory, log, intake_options(config), unix_now,
             [this](const std::string& client) { return source_for(client); }),
      authenticator(*store, log, authenticator_options(config, scram_secret(*store))),
      login_audit(authenticator, *store, unix_now),
      name_guesses(guess_options(config)),
      connection_limit(config.limits.connections_per_account),
      options(door_options()),
      search_index(open_search_index(*store, config, log)),
      smtp_services{login_audit, connection_limit, directory, intake, name_guesses, log},
      compute("compute", thread_count(config.server.compute_threads)),
      sort_memory(config.limits.imap_sort_all.value),
      imap_services{*store,   login_audit,          connection_limit,  log, sort_orders, compute, sort_memory,
                    unix_now, &certificates.imap(), search_index.get()},
      pop3_services{*store, login_audit, connection_limit, log, &certificates.pop3()},
      sweep_interval(config.store.sweep_interval),
      sweeper(std::make_unique<Background>("sweep", log, [this] { return sweep(); })),
      renewer(std::make_unique<Background>("renew", log,
                                           [this, how = renewal_options(parse_limits(config))] { return renew(how); })),
      certificate_watch(
          std::make_unique<Background>("certificates", log, [this] { return look_after_certificates(); })),
      memory_watch(std::make_unique<Background>("memory", log, [this] { return look_after_memory(); })),
      audit_writer(std::make_unique<Background>("audit", log, [this] { return write_audit(); })),
      sessions(*store, connection_limit, hostname_of(config)),
      session_writer(std::make_unique<Background>("sessions", log, [this] { return sessions.write(); })),
      key_source(*resolver, "dkim-keys"),
      publisher(open_publisher(config, unix_now)),
      key_keeper(*store, key_source, log, compute, hostname_of(config), {.age = config.dkim.rotate.count()}, unix_now,
                 publisher.get()),
      key_watch(std::make_unique<Background>("dkim-keys", log, [this] { return key_keeper.look_after(); })),
      login_watch(*store, connection_limit, log, hostname_of(config)),
      threads(std::make_unique<net::Threads>(thread_count(config.server.threads))),
      queue_thread(std::make_unique<net::Threads>(1, "queue")),
      doors(*threads, log, doors_options(config)),
      runner(std::make_unique<queue::Runner>(
          queue_thread->next(),
          queue::RunnerServices{*store, directory, log, *resolver, unix_now, random_text, random_below, &web_client,
                                &compute, &intake},
          queue_options(config))),
      pusher(open_pusher(config, *store, log, web_client, *resolver, unix_now)) {
    sessions.forget();
    open_doors(ports);
    open_web(ports);
}

// Sessions that did not end in time are destroyed with their threads, before the parts that they use.
House::Implementation::~Implementation() {
    stop();
    authenticator.stop();
    compute.stop();
    web_client.stop();
    for (auto* ones : {&threads, &queue_thread, &dns_thread}) (*ones)->stop();
    for (auto* ones : {&threads, &queue_thread, &dns_thread}) (*ones)->join();
    // Their timers and sockets must not outlive the contexts that these threads ran.
    runner.reset();
    pusher.reset();
    for (auto* work :
         {&sweeper, &renewer, &certificate_watch, &memory_watch, &audit_writer, &session_writer, &key_watch})
        work->reset();
    acme_work.reset();
    resolver.reset();  // those who await an answer end with their own threads
    threads.reset();
    queue_thread.reset();
    dns_thread.reset();
}

std::shared_ptr<const DoorOptions> House::Implementation::door_options() {
    auto fresh = std::make_shared<DoorOptions>();
    fresh->relay = smtp_options(config, smtp::Kind::relay, certificates.smtp());
    fresh->submission = smtp_options(config, smtp::Kind::submission, certificates.submission());
    fresh->submissions = smtp_options(config, smtp::Kind::submissions, certificates.submission());
    fresh->imap = imap_options(config);
    fresh->pop3 = pop3_options(config);
    fresh->http = http_options(config);
    return fresh;
}

void House::Implementation::open_doors(Ports& ports) {
    open_smtp(ports, "smtp", &DoorOptions::relay, nullptr);
    open_smtp(ports, "submission", &DoorOptions::submission, nullptr);
    open_smtp(ports, "submissions", &DoorOptions::submissions, &certificates.submission());
    open_imap(ports, "imap", nullptr);
    open_imap(ports, "imaps", &certificates.imap());
    open_pop3(ports, "pop3", nullptr);
    open_pop3(ports, "pop3s", &certificates.pop3());
}

void House::Implementation::open_smtp(Ports& ports, const char* name, const smtp::Options DoorOptions::* which,
                                      net::TlsContext* implicit_tls) {
    Door door;
    door.name = name;
    door.share = which == &DoorOptions::relay ? budget::Share::smtp : budget::Share::submission;
    door.implicit_tls = implicit_tls;
    door.farewell = [hostname = hostname_of(config)](std::string_view reason, const net::Stream&) {
        return "421 4.7.0 " + hostname + " " + std::string(reason) + "\r\n";
    };
    door.serve = std::bind_front(&Implementation::serve_smtp, this, which);
    doors.open(std::move(door), ports.take(name));
}

asio::awaitable<void> House::Implementation::serve_smtp(const smtp::Options DoorOptions::* which, net::Stream stream,
                                                        std::string session) {
    const std::shared_ptr<const DoorOptions> mine = options.get();
    co_await smtp::serve(std::move(stream), std::move(session), (*mine).*which, smtp_services);
}

void House::Implementation::open_imap(Ports& ports, const char* name, net::TlsContext* implicit_tls) {
    Door door;
    door.name = name;
    door.implicit_tls = implicit_tls;
    door.share = budget::Share::imap;
    door.farewell = [](std::string_view reason, const net::Stream&) {
        return "* BYE [UNAVAILABLE] " + std::string(reason) + "\r\n";
    };
    door.serve = std::bind_front(&Implementation::serve_imap, this);
    doors.open(std::move(door), ports.take(name));
}

asio::awaitable<void> House::Implementation::serve_imap(net::Stream stream, std::string session) {
    const std::shared_ptr<const DoorOptions> mine = options.get();
    co_await imap::serve(std::move(stream), std::move(session), mine->imap, imap_services);
}

void House::Implementation::open_pop3(Ports& ports, const char* name, net::TlsContext* implicit_tls) {
    Door door;
    door.name = name;
    door.implicit_tls = implicit_tls;
    door.share = budget::Share::pop3;
    door.farewell = [](std::string_view reason, const net::Stream&) {
        return "-ERR [SYS/TEMP] " + std::string(reason) + "\r\n";
    };
    door.serve = std::bind_front(&Implementation::serve_pop3, this);
    doors.open(std::move(door), ports.take(name));
}

asio::awaitable<void> House::Implementation::serve_pop3(net::Stream stream, std::string session) {
    const std::shared_ptr<const DoorOptions> mine = options.get();
    co_await pop3::serve(std::move(stream), std::move(session), mine->pop3, pop3_services);
}

// After the others: autoconfig names the ports on which they actually listen.
void House::Implementation::open_web(Ports& ports) {
    web::Services services{*store, login_audit, directory, intake, log, unix_now, random_text, search_index.get()};
    web = std::make_unique<WebParts>(config, doors, std::move(services));
    web->open(ports, certificates.web(), std::bind_front(&Implementation::serve_http, this));
}

asio::awaitable<void> House::Implementation::serve_http(net::Stream stream, std::string session) {
    const std::shared_ptr<const DoorOptions> mine = options.get();
    co_await http::serve(std::move(stream), std::move(session), mine->http, web->http());
}

// In the turns of the client's network: strangers wait for their own silent name servers, not for those of others.
std::shared_ptr<dns::Source> House::Implementation::source_for(const std::string& client_address) {
    return std::make_shared<dns::PartySource>(*resolver, "from " + auth::client_network_name(client_address));
}

asio::awaitable<std::chrono::seconds> House::Implementation::sweep() {
    bool more = co_await storage::sweep(*store);
    if (!more) more = co_await storage::give_back(*store);
    co_return more ? std::chrono::seconds(1) : sweep_interval;
}

// After an upgrade: until all summaries are of this version; then only an occasional check.
asio::awaitable<std::chrono::seconds> House::Implementation::renew(const storage::RenewalOptions& how) {
    const bool more = co_await storage::renew_summaries(*store, how, renewed);
    co_return more ? std::chrono::seconds(1) : std::chrono::hours(24);
}

asio::awaitable<std::chrono::seconds> House::Implementation::look_after_certificates() {
    co_await certificates.look_after();
    co_return std::chrono::hours(24);
}

asio::awaitable<std::chrono::seconds> House::Implementation::look_after_memory() {
    co_await give_memory_back(compute);
    co_return memory_interval;
}

std::array<Background*, 8> House::Implementation::background_work() const {
    return {sweeper.get(),      renewer.get(),        certificate_watch.get(), memory_watch.get(),
            audit_writer.get(), session_writer.get(), key_watch.get(),         &acme_work->background()};
}

asio::awaitable<std::chrono::seconds> House::Implementation::write_audit() {
    authenticator.log_left_out();
    co_await authenticator.look_after_app_passwords();
    co_await login_audit.write_down();
    co_await delivery::tell_of_pauses({*store, directory, intake, log}, hostname_of(config), unix_now());
    for (storage::Account& account : authenticator.take_spread_accounts()) {
        delivery::NoticeMaker maker(*store, directory, log, {.hostname = hostname_of(config)}, random_text);
        const storage::Result<std::monostate> told =
            co_await delivery::tell_of_log_ins(*store, std::move(maker), account, unix_now());
        if (!told) log.write(services::Level::warn, "house", "", "not-told", {{"reason", told.error().text}});
    }
    co_await look_after_web_sessions(*store, log, unix_now());
    co_return audit_interval;
}

// Logs warnings about this start, after the doors have opened.
void House::Implementation::warn() const {
    StartFacts facts;
    facts.root = geteuid() == 0;
    if (const auto domains = store->read_now(storage::list_domains())) facts.domains = domains->size();
    facts.certificate = net::read_certificate(certificates.current().cert_pem).names;
    for (const Route& route : config.queue.route) {
        errno = 0;
        if (route.ca_file.empty() || std::ifstream(route.ca_file)) continue;
        facts.unreadable.push_back(route.ca_file + ": " + std::generic_category().message(errno));
    }
    for (const StartWarning& warning : start_warnings(config, facts)) {
        log.write(services::Level::warn, "house", "", warning.event, {{"reason", warning.reason}});
    }
}

void House::Implementation::stop() {
    if (!std::exchange(started, false)) return;
    login_watch.stop();
    authenticator.end_delays();
    name_guesses.end_delays();
    using std::chrono::milliseconds;
    const auto until = std::chrono::steady_clock::now() + config.limits.shutdown_timeout;
    const auto left = [until] {
        return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now()));
    };
    resolver->stop();
    acme_work->interrupt();
    web_client.stop();
    // Without patience a stop only begins: this work ends while we wait for the sessions.
    runner->stop(milliseconds(0));
    pusher->stop();
    for (Background* work : background_work()) work->stop(milliseconds(0));
    const bool all_ended = doors.stop(left());
    runner->stop(left());
    for (Background* work : background_work()) work->stop(left());
    login_audit.write_down_now();
    authenticator.write_app_password_uses_now();
    sessions.forget();
    if (!all_ended) {
        log.write(services::Level::warn, "house", "", "sessions-cut-off", {{"sessions", doors.sessions()}});
    }
}

House::House(const Config& config, Log& log, Ports ports, std::unique_ptr<acme::Hook> hook) {
    net::on_escaped_exception([&log](const std::string& name, const std::string& what) {
        log.write(services::Level::error, "house", "", "escaped-exception", {{"task", name}, {"reason", what}});
    });
    implementation_ = std::make_unique<Implementation>(config, log, std::move(ports), std::move(hook));
}

House::~House() {
    implementation_.reset();
    net::on_escaped_exception({});  // it names our log
}

void House::start() {
    Implementation& self = *implementation_;
    self.doors.start();
    self.started = true;
    self.sweeper->start(self.threads->next(), std::chrono::seconds(5));
    self.renewer->start(self.threads->next(), std::chrono::seconds(10));
    self.certificate_watch->start(self.threads->next(), std::chrono::hours(24));
    self.memory_watch->start(self.threads->next(), memory_interval);
    self.audit_writer->start(self.threads->next(), audit_interval);
    self.session_writer->start(self.threads->next(), std::chrono::seconds(1));
    self.key_watch->start(self.threads->next(), std::chrono::seconds(2));
    self.acme_work->start(self.threads->next());
    self.login_watch.start(self.threads->next());
    self.runner->start();
    self.pusher->start(self.queue_thread->next());
    if (self.search_index) self.search_index->start();
    self.threads->start();
    self.queue_thread->start();
    self.dns_thread->start();
    for (const Doors::Bound& bound : self.doors.bound()) {
        self.log.write(services::Level::info, "house", "", "listening",
                       {{"door", bound.door},
                        {"address", format_endpoint({bound.endpoint.address().to_string(), bound.endpoint.port()})}});
    }
    self.warn();
}

void House::reload(const Config& given) {
    Implementation& self = *implementation_;
    Config config = given;
    const std::vector<std::string> untouched = keep_for_restart(self.config, config);
    try {
        self.certificates.reload(certificate_files(config));
    } catch (const std::exception& error) {
        self.log.write(services::Level::error, "house", "", "reload-failed", {{"reason", error.what()}});
        return;
    }
    if (!untouched.empty()) {
        self.log.write(services::Level::warn, "house", "", "restart-needed",
                       {{"keys", fmt::format("{}", fmt::join(untouched, ", "))},
                        {"reason", "these have changed in the config, and are taken over at a start alone"}});
    }
    self.config = config;
    self.log.set_level(config.log.level);
    self.intake.configure(intake_options(config));
    self.authenticator.configure(authenticator_options(config, ""));
    self.name_guesses.configure(guess_options(config));
    self.connection_limit.configure(config.limits.connections_per_account);
    self.sort_memory.resize(config.limits.imap_sort_all.value);
    self.doors.configure(doors_options(config));
    self.options.set(self.door_options());
    self.directory.configure(forbidden_destinations(config));
    self.runner->configure(queue_options(config));
    self.log.write(services::Level::info, "house", "", "reloaded", {});
}

void House::stop() { implementation_->stop(); }

const std::vector<Doors::Bound>& House::bound() const { return implementation_->doors.bound(); }

storage::Store& House::store() { return *implementation_->store; }

}  // namespace server

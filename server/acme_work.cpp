// Field by field.
#include "server/acme_work.h"

#include <asio/post.hpp>
#include <chrono>
#include <utility>

#include "server/acme/probe.h"
#include "server/queue/destinations.h"

namespace server {

namespace {

std::vector<acme::Listening> listening(const Endpoints& endpoints) {
    std::vector<acme::Listening> where;
    for (const Endpoint& endpoint : endpoints) where.push_back({endpoint.address, endpoint.port});
    return where;
}

acme::KeeperServices keeper_services(AcmeWork::Services services, dns::Source& dns, acme::Hook* hook) {
    return {.store = services.store,
            .log = services.log,
            .fetcher = services.fetcher,
            .dns = dns,
            .certificates = services.certificates,
            .hook = hook,
            .now = std::move(services.now),
            .machine_addresses = queue::addresses_of_this_machine,
            .is_public = queue::is_public,
            .answers_at = [&certificates = services.certificates.challenges()](
                              std::string name, asio::ip::address where) -> asio::awaitable<bool> {
                return acme::is_this_server(certificates, std::move(name), {where, 443}, std::chrono::seconds(10));
            }};
}

}  // namespace

acme::KeeperOptions keeper_options(const Config& config) {
    return {.situation = {.directory = config.acme.directory,
                          .challenge = config.acme.challenge,
                          .has_hook = !config.acme.hook.empty(),
                          .has_files = !config.tls.certificate.empty(),
                          .hostname = hostname_of(config),
                          .http = listening(config.listen.http),
                          .https = listening(config.listen.https)},
            .trusted = config.tls.trusted.native(),
            .email = config.acme.email,
            .rsa = config.acme.rsa};
}

AcmeWork::AcmeWork(const Config& config, Services services, std::unique_ptr<acme::Hook> hook)
    : hook_(std::move(hook)),
      dns_(services.resolver, "acme"),
      keeper_(keeper_services(services, dns_, hook_.get()), keeper_options(config)),
      background_("acme", services.log, [this] { return keeper_.run(); }) {
    keeper_.show_kept();
}

void AcmeWork::start(const asio::any_io_executor& executor) {
    executor_ = executor;
    background_.start(executor, std::chrono::seconds(1));
}

void AcmeWork::interrupt() {
    if (hook_) hook_->stop();
    if (executor_) asio::post(*executor_, [this] { keeper_.stop(); });
}

}  // namespace server

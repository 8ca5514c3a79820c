// The web's listening ports.
#include "server/web_door.h"

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/query.hpp>
#include <future>
#include <utility>

#include "server/options.h"

namespace server {
namespace {

asio::io_context& context_of(const asio::any_io_executor& executor) {
    return static_cast<asio::io_context&>(asio::query(executor, asio::execution::context));
}

// Autoconfig names the ports on which the mail protocols actually listen.
web::Options with_ports(web::Options options, const std::vector<Doors::Bound>& doors) {
    const std::pair<std::string_view, std::uint16_t web::Options::*> ports[] = {
        {"imaps", &web::Options::imaps_port},
        {"imap", &web::Options::imap_port},
        {"pop3s", &web::Options::pop3s_port},
        {"submissions", &web::Options::submissions_port},
        {"submission", &web::Options::submission_port}};
    for (const auto& [name, member] : ports) {
        const auto found = std::ranges::find(doors, name, &Doors::Bound::door);
        if (found != doors.end()) options.*member = found->endpoint.port();
    }
    return options;
}

}  // namespace

WebDoor::WebDoor(const asio::any_io_executor& executor, const Config& config, const net::TlsContext& certificates,
                 web::Services services, const std::vector<Doors::Bound>& doors, Ports& ports)
    : executor_(executor),
      options_(with_ports(web_options(config), doors)),
      server_(context_of(executor), options_, std::move(services)) {
    for (net::ListeningSocket& port : ports.take("http")) {
        bound_.push_back({"http", port.local()});
        server_.listen(std::move(port));
    }
    for (net::ListeningSocket& port : ports.take("https")) {
        bound_.push_back({"https", port.local()});
        server_.listen_tls(std::move(port), certificates);
    }
}

void WebDoor::look_after() {
    asio::post(executor_, [this] { server_.look_after(); });
}

void WebDoor::stop(std::chrono::milliseconds patience) {
    const auto closed = std::make_shared<std::promise<void>>();
    std::future<void> done = closed->get_future();
    asio::post(executor_, [this, closed] {
        server_.close();
        closed->set_value();
    });
    done.wait_for(patience);
}

}  // namespace server

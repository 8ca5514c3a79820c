#include "server/update_target.h"

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "protocols/base/text.h"
#include "server/zone/wire/tsig_key.h"

namespace server {

namespace {

constexpr std::size_t most_key_octets = 65'536;

std::optional<std::string> beginning_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(most_key_octets, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.is_open() || file.bad()) return std::nullopt;
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

}  // namespace

std::optional<asio::ip::tcp::endpoint> dns_server_named(std::string_view text) {
    const std::size_t at = text.find('@');
    const auto port = at == std::string_view::npos ? std::optional<std::uint16_t>(53)
                                                   : base::parse_number<std::uint16_t>(text.substr(at + 1));
    asio::error_code fault;
    const asio::ip::address address = asio::ip::make_address(std::string(text.substr(0, at)), fault);
    if (fault || !port || *port == 0) return std::nullopt;
    return asio::ip::tcp::endpoint(address, *port);
}

std::expected<UpdateTarget, std::string> read_update_target(const std::string& server, const std::string& key_file) {
    const auto endpoint = dns_server_named(server);
    if (!endpoint) {
        return std::unexpected("\"" + server + "\" is no DNS server: an address was expected, or address@port");
    }
    const std::optional<std::string> text = beginning_of(key_file);
    if (!text) return std::unexpected(key_file + ": it cannot be read");
    zone::TsigKeyFile parsed = zone::parse_tsig_key(*text);
    if (!parsed.key) return std::unexpected(key_file + ": " + parsed.fault);
    return UpdateTarget{*endpoint, *std::move(parsed.key)};
}

std::unique_ptr<zone::Publisher> open_publisher(const Config& config, zone::UpdateServer::Clock now) {
    if (!config.dkim.publish) return nullptr;
    auto target = read_update_target(config.dns.update_server, config.dns.update_key.native());
    if (!target) throw std::runtime_error("dkim.publish: " + target.error());
    return std::make_unique<zone::UpdatePublisher>(target->server, std::move(target->key), std::move(now));
}

}  // namespace server

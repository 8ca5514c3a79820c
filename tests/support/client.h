// A client for tests: blocking, line by line, with a timeout for everything, in plain text or TLS.
// Not for use outside tests: certificates are not verified.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace support {

class Client {
  public:
    // Connects to 127.0.0.1, from the given address of this machine. Like all functions here it throws
    // std::runtime_error if the server does not answer properly.
    explicit Client(std::uint16_t port, const std::string& from = "127.0.0.1");
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();  // closes without a goodbye

    void start_tls();
    void start_deflate();  // RFC 4978: everything from here on, both ways
    void send(std::string_view octets);
    // The next line without its line end; throws if none comes within 15 s.
    std::string read_line();
    // The same; nullopt if the server closed the connection.
    std::optional<std::string> read_line_or_end();
    std::string read_octets(std::size_t count);
    // True if nothing comes within that time.
    bool silent_for(std::chrono::milliseconds time);

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace support

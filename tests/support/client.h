// A client as a test wants it: blocking, line by line, with a timeout for everything, in plain text or TLS.
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
    // Connects to 127.0.0.1, from that address of this machine. Throws std::runtime_error, as everything here does,
    // when the server does not do its part.
    explicit Client(std::uint16_t port, const std::string& from = "127.0.0.1");
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();  // closes without a good-bye

    void start_tls();
    void start_deflate();  // RFC 4978: everything from here on, both ways
    void send(std::string_view octets);
    // The next line without its line end; throws when none comes in 15 s.
    std::string read_line();
    // The same, nothing when the server closed the connection.
    std::optional<std::string> read_line_or_end();
    std::string read_octets(std::size_t count);
    // True if nothing at all comes in that time.
    bool silent_for(std::chrono::milliseconds time);

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace support

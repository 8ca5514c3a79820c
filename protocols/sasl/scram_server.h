// The server side of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802 §5 to §7, RFC 7677): parses the client's two
// messages and verifies its proof. The caller looks up the keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocols/sasl/exchange.h"

namespace sasl {

class ScramServer : public Exchange {
  public:
    ScramServer(ExchangeOptions options, bool plus);
    Step start(std::optional<std::string> initial) override;
    Step respond(std::string decoded) override;
    Step scram_keys(std::optional<ScramKeys> keys) override;

  private:
    enum class Await { client_first, keys, client_final, nothing };

    Step client_first(std::string_view message);
    Step client_final(std::string_view message);
    std::optional<Failed> gs2_header(std::string_view flag, std::string_view authzid);
    std::optional<Failed> bind_channel(std::string_view name);

    ExchangeOptions options_;
    bool plus_;
    Await await_ = Await::client_first;
    bool user_known_ = false;
    std::string user_;
    std::string authzid_;
    std::string channel_binding_;  // gs2-header and the binding's octets: the expected decoded value of c=
    std::string nonce_;            // client's and server's
    std::string client_first_bare_;
    std::string server_first_;
    ScramKeys keys_;
};

}  // namespace sasl

// PLAIN (RFC 4616), LOGIN (no RFC; prompts as clients expect them), and the table of mechanisms.
// SCRAM is in scram_server.cpp.
#include "protocols/sasl/exchange.h"

#include <array>
#include <utility>

#include "protocols/base/expects.h"
#include "protocols/base/text.h"
#include "protocols/sasl/scram_server.h"

namespace sasl {

Step Exchange::password_checked(bool /*correct*/) {
    base::expects(false, "no password was asked to be checked");
    return Failed{};
}

Step Exchange::scram_keys(std::optional<ScramKeys> /*keys*/) {
    base::expects(false, "no keys were asked for");
    return Failed{};
}

namespace {

constexpr std::array<Mechanism, 4> all_mechanisms{{
    {.name = "SCRAM-SHA-256-PLUS", .plaintext_password = false, .needs_tls = true},
    {.name = "SCRAM-SHA-256", .plaintext_password = false, .needs_tls = false},
    {.name = "PLAIN", .plaintext_password = true, .needs_tls = false},
    {.name = "LOGIN", .plaintext_password = true, .needs_tls = false},
}};

// Shared by PLAIN and LOGIN: one check of a password, and its result.
class PasswordExchange : public Exchange {
  public:
    explicit PasswordExchange(std::size_t response_octets) : response_octets_(response_octets) {}

    Step password_checked(bool correct) override {
        base::expects(std::exchange(checking_, false), "no password was asked to be checked");
        if (!correct) return Failed{.what = "wrong user name or password", .fault = Failed::Fault::refused};
        return Succeeded{.authcid = authcid_, .authzid = authzid_, .final_data = {}};
    }

  protected:
    bool too_long(const std::string& response) const { return response.size() > response_octets_; }

    Step check(std::string authzid, std::string authcid, std::string password) {
        if (authcid.empty() || !base::is_utf8(authcid) || !base::is_utf8(authzid)) {
            return Failed{.what = "no user name in UTF-8"};
        }
        if (password.empty()) return Failed{.what = "empty password"};
        authzid_ = authzid;
        authcid_ = authcid;
        checking_ = true;
        return CheckPassword{
            .authzid = std::move(authzid), .authcid = std::move(authcid), .password = std::move(password)};
    }

  private:
    std::size_t response_octets_;
    std::string authzid_;
    std::string authcid_;
    bool checking_ = false;
};

class Plain : public PasswordExchange {
  public:
    using PasswordExchange::PasswordExchange;

    Step start(std::optional<std::string> initial) override {
        if (!initial) return Challenge{};
        return respond(std::move(*initial));
    }

    // message = [authzid] UTF8NUL authcid UTF8NUL passwd (RFC 4616 §2)
    Step respond(std::string decoded) override {
        if (too_long(decoded)) return Failed{.what = "response too long"};
        const std::size_t first = decoded.find('\0');
        const std::size_t second = first == std::string::npos ? first : decoded.find('\0', first + 1);
        if (second == std::string::npos || decoded.find('\0', second + 1) != std::string::npos) {
            return Failed{.what = "not authzid NUL authcid NUL password"};
        }
        return check(decoded.substr(0, first), decoded.substr(first + 1, second - first - 1),
                     decoded.substr(second + 1));
    }
};

// Outlook and others want exactly these prompts (CLIENTS.md 19).
class Login : public PasswordExchange {
  public:
    using PasswordExchange::PasswordExchange;

    Step start(std::optional<std::string> initial) override {
        if (!initial || initial->empty()) return Challenge{"Username:"};
        return respond(std::move(*initial));
    }

    Step respond(std::string decoded) override {
        if (too_long(decoded) || decoded.find('\0') != std::string::npos) {
            return Failed{.what = "response too long, or with a NUL in it"};
        }
        if (!user_) {
            user_ = std::move(decoded);
            return Challenge{"Password:"};
        }
        return check({}, std::move(*user_), std::move(decoded));
    }

  private:
    std::optional<std::string> user_;
};

}  // namespace

std::span<const Mechanism> mechanisms() { return all_mechanisms; }

const Mechanism* find_mechanism(std::string_view name) {
    for (const Mechanism& mechanism : all_mechanisms) {
        if (base::iequals(mechanism.name, name)) return &mechanism;
    }
    return nullptr;
}

std::unique_ptr<Exchange> make_exchange(std::string_view mechanism, ExchangeOptions options) {
    if (base::iequals(mechanism, "PLAIN")) return std::make_unique<Plain>(options.response_octets);
    if (base::iequals(mechanism, "LOGIN")) return std::make_unique<Login>(options.response_octets);
    if (base::iequals(mechanism, "SCRAM-SHA-256")) return std::make_unique<ScramServer>(std::move(options), false);
    if (base::iequals(mechanism, "SCRAM-SHA-256-PLUS") && !options.channel_bindings.empty()) {
        return std::make_unique<ScramServer>(std::move(options), true);
    }
    return nullptr;
}

}  // namespace sasl

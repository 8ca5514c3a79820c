// Client mechanisms: PLAIN, LOGIN, SCRAM-SHA-256 (RFC 5802 §3, §5). The server's iteration count is bounded.
#include "protocols/sasl/client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "protocols/base/base64.h"
#include "protocols/base/text.h"
#include "protocols/sasl/saslprep.h"
#include "protocols/sasl/scram_keys.h"
#include "protocols/sasl/scram_message.h"

namespace sasl {

namespace {

using Response = std::expected<std::string, std::string>;

class PlainClient : public ClientExchange {
  public:
    explicit PlainClient(ClientOptions options) : options_(std::move(options)) {}

    std::optional<std::string> initial() override {
        sent_ = true;
        return std::string(1, '\0') + options_.user + std::string(1, '\0') + options_.password;
    }
    Response respond(std::string_view /*challenge*/) override {
        if (sent_) return std::unexpected("the server asks again");
        return *initial();
    }
    bool server_is_proved() const override { return true; }

  private:
    ClientOptions options_;
    bool sent_ = false;
};

// Sends the user name first, whatever the prompts say.
class LoginClient : public ClientExchange {
  public:
    explicit LoginClient(ClientOptions options) : options_(std::move(options)) {}

    std::optional<std::string> initial() override { return std::nullopt; }
    Response respond(std::string_view /*challenge*/) override {
        switch (asked_++) {
            case 0:
                return options_.user;
            case 1:
                return options_.password;
            default:
                return std::unexpected("the server asks again");
        }
    }
    bool server_is_proved() const override { return true; }

  private:
    ClientOptions options_;
    int asked_ = 0;
};

class ScramClient : public ClientExchange {
  public:
    explicit ScramClient(ClientOptions options) : options_(std::move(options)) {
        const std::string nonce = options_.nonce.empty() ? make_nonce() : options_.nonce;
        const std::string user = saslprep(options_.user).value_or(options_.user);
        first_bare_ = "n=" + encode_saslname(user) + ",r=" + nonce;
        nonce_ = nonce;
    }

    std::optional<std::string> initial() override {
        step_ = Step::server_first;
        return "n,," + first_bare_;  // no channel binding: "y" would claim that we support it
    }

    Response respond(std::string_view challenge) override {
        if (challenge.size() > options_.challenge_octets) return std::unexpected("challenge too long");
        switch (step_) {
            case Step::initial:
                return *initial();
            case Step::server_first:
                return server_first(challenge);
            case Step::server_final:
                return server_final(challenge);
            case Step::done:
                break;
        }
        return std::unexpected("the server asks again");
    }

    bool server_is_proved() const override { return proved_; }

  private:
    enum class Step { initial, server_first, server_final, done };

    // server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]
    Response server_first(std::string_view challenge) {
        step_ = Step::done;
        std::string_view rest = challenge;
        const std::optional<std::string_view> nonce = take_attribute(rest, 'r');
        const std::optional<std::string_view> encoded = nonce ? take_attribute(rest, 's') : std::nullopt;
        const std::optional<std::string_view> count = encoded ? take_attribute(rest, 'i') : std::nullopt;
        if (!count) return std::unexpected("server-first-message not understood");
        const std::optional<std::string> salt = base::decode_base64(*encoded);
        const std::optional<std::uint32_t> iterations = base::parse_number<std::uint32_t>(*count);
        if (!salt || salt->empty() || !iterations) return std::unexpected("salt or iteration count not understood");
        if (*iterations < options_.fewest_iterations || *iterations > options_.most_iterations) {
            return std::unexpected("iteration count " + std::to_string(*iterations) + " is out of bounds");
        }
        if (!is_nonce(*nonce) || !nonce->starts_with(nonce_) || nonce->size() == nonce_.size()) {
            return std::unexpected("the server's nonce does not continue ours");
        }
        step_ = Step::server_final;
        return client_final(challenge, *nonce, *salt, *iterations);
    }

    std::string client_final(std::string_view server_first, std::string_view nonce, std::string_view salt,
                             std::uint32_t iterations) {
        const std::string salted = salted_password(normalise_password(options_.password), salt, iterations);
        const std::string client_key = hmac_sha256(salted, "Client Key");
        const std::string without_proof = "c=biws,r=" + std::string(nonce);  // base64 of "n,,"
        const std::string auth_message = first_bare_ + "," + std::string(server_first) + "," + without_proof;
        const std::string proof = exclusive_or(client_key, hmac_sha256(sha256(client_key), auth_message));
        server_signature_ = hmac_sha256(hmac_sha256(salted, "Server Key"), auth_message);
        return without_proof + ",p=" + base::encode_base64(proof);
    }

    Response server_final(std::string_view challenge) {
        step_ = Step::done;
        std::string_view rest = challenge;
        const std::optional<std::string_view> verifier = take_attribute(rest, 'v');
        if (!verifier) return std::unexpected("the server refuses: " + std::string(challenge.substr(0, 80)));
        const std::optional<std::string> signature = base::decode_base64(*verifier);
        if (!signature || !equal_in_constant_time(*signature, server_signature_)) {
            return std::unexpected("the server does not know the password: wrong signature");
        }
        proved_ = true;
        return std::string();
    }

    ClientOptions options_;
    Step step_ = Step::initial;
    std::string nonce_;
    std::string first_bare_;
    std::string server_signature_;
    bool proved_ = false;
};

struct ClientMechanism {
    std::string_view name;
    bool plaintext_password;
};
constexpr std::array<ClientMechanism, 3> client_mechanisms{{
    {.name = "SCRAM-SHA-256", .plaintext_password = false},
    {.name = "PLAIN", .plaintext_password = true},
    {.name = "LOGIN", .plaintext_password = true},
}};

}  // namespace

std::unique_ptr<ClientExchange> make_client_exchange(std::string_view mechanism, ClientOptions options) {
    if (base::iequals(mechanism, "PLAIN")) return std::make_unique<PlainClient>(std::move(options));
    if (base::iequals(mechanism, "LOGIN")) return std::make_unique<LoginClient>(std::move(options));
    if (base::iequals(mechanism, "SCRAM-SHA-256")) return std::make_unique<ScramClient>(std::move(options));
    return nullptr;
}

std::string_view choose_mechanism(std::span<const std::string> offered, bool password_may_be_sent) {
    for (const ClientMechanism& ours : client_mechanisms) {
        if (ours.plaintext_password && !password_may_be_sent) continue;
        const auto same = [&](const std::string& theirs) { return base::iequals(theirs, ours.name); };
        if (std::ranges::any_of(offered, same)) return ours.name;
    }
    return {};
}

}  // namespace sasl

// SCRAM, the server's side (RFC 5802): client-first, server-first, client-final, server-final.
// "y" means that the client saw no offer of -PLUS. If we made one, an attacker removed it: refused (RFC 5802 §6).
#include "protocols/sasl/scram_server.h"

#include <algorithm>
#include <utility>

#include "protocols/base/base64.h"
#include "protocols/base/expects.h"
#include "protocols/base/text.h"
#include "protocols/sasl/saslprep.h"
#include "protocols/sasl/scram_message.h"

namespace sasl {

namespace {

Failed malformed(std::string what) { return {.what = std::move(what), .fault = Failed::Fault::malformed}; }
Failed refused(std::string what) { return {.what = std::move(what), .fault = Failed::Fault::refused}; }

}  // namespace

ScramServer::ScramServer(ExchangeOptions options, bool plus) : options_(std::move(options)), plus_(plus) {}

Step ScramServer::start(std::optional<std::string> initial) {
    if (!initial) return Challenge{};
    return respond(std::move(*initial));
}

Step ScramServer::respond(std::string decoded) {
    const Await awaited = std::exchange(await_, Await::nothing);
    if (decoded.size() > options_.response_octets) return malformed("response too long");
    if (awaited == Await::client_first) return client_first(decoded);
    base::expects(awaited == Await::client_final, "no response was asked for");
    return client_final(decoded);
}

// client-first-message = gs2-cbind-flag "," [ authzid ] "," [reserved-mext ","] username "," nonce ["," extensions]
Step ScramServer::client_first(std::string_view message) {
    const std::size_t first = message.find(',');
    const std::size_t second = first == std::string_view::npos ? first : message.find(',', first + 1);
    if (second == std::string_view::npos) return malformed("no GS2 header");
    channel_binding_ = message.substr(0, second + 1);
    const std::optional<Failed> header =
        gs2_header(message.substr(0, first), message.substr(first + 1, second - first - 1));
    if (header) return *header;

    std::string_view bare = message.substr(second + 1);
    client_first_bare_ = bare;
    if (bare.starts_with("m=")) return malformed("mandatory extension not known");  // RFC 5802 §5.1
    const std::optional<std::string_view> name = take_attribute(bare, 'n');
    const std::optional<std::string_view> nonce = name ? take_attribute(bare, 'r') : std::nullopt;
    if (!nonce || !is_nonce(*nonce)) return malformed("no user name and nonce");
    const std::optional<std::string> decoded = decode_saslname(*name);
    const std::optional<std::string> user = decoded ? saslprep(*decoded) : std::nullopt;
    if (!user || user->empty()) return malformed("user name not understood");
    user_ = *user;
    nonce_ = std::string(*nonce) + (options_.server_nonce.empty() ? make_nonce() : options_.server_nonce);
    await_ = Await::keys;
    return NeedScramKeys{user_};
}

std::optional<Failed> ScramServer::gs2_header(std::string_view flag, std::string_view authzid) {
    if (!authzid.empty()) {
        const std::optional<std::string> name =
            authzid.starts_with("a=") ? decode_saslname(authzid.substr(2)) : std::nullopt;
        if (!name) return malformed("authorization identity not understood");
        authzid_ = *name;
    }
    if (flag.starts_with("p=")) return bind_channel(flag.substr(2));
    if (flag != "n" && flag != "y") return malformed("no channel binding flag");
    if (plus_) return malformed("-PLUS without channel binding");
    if (flag == "y" && options_.plus_offered) return refused("client was led to believe that there is no -PLUS");
    return std::nullopt;
}

std::optional<Failed> ScramServer::bind_channel(std::string_view name) {
    if (!plus_) return malformed("channel binding without -PLUS");
    const auto found = std::ranges::find(options_.channel_bindings, name, &ChannelBinding::name);
    if (found == options_.channel_bindings.end()) return refused("unsupported channel binding type");
    channel_binding_ += found->data;
    return std::nullopt;
}

Step ScramServer::scram_keys(std::optional<ScramKeys> keys) {
    base::expects(std::exchange(await_, Await::client_final) == Await::keys, "no keys were asked for");
    user_known_ = keys.has_value();
    // Without a secret the salt is random: then two attempts reveal that the user is unknown, but both still fail.
    const std::string secret = options_.fake_secret.empty() ? random_octets(32) : options_.fake_secret;
    keys_ = keys ? std::move(*keys) : fake_scram_keys(secret, user_, options_.fake_iterations);
    server_first_ = "r=" + nonce_ + ",s=" + base::encode_base64(keys_.salt) + ",i=" + std::to_string(keys_.iterations);
    return Challenge{server_first_};
}

// client-final-message = channel-binding "," nonce ["," extensions] "," proof
Step ScramServer::client_final(std::string_view message) {
    const std::size_t proof_at = message.rfind(",p=");
    if (proof_at == std::string_view::npos) return malformed("no proof");
    const std::string_view without_proof = message.substr(0, proof_at);
    const std::optional<std::string> proof = base::decode_base64(message.substr(proof_at + 3));
    std::string_view rest = without_proof;
    const std::optional<std::string_view> binding = take_attribute(rest, 'c');
    const std::optional<std::string_view> nonce = binding ? take_attribute(rest, 'r') : std::nullopt;
    if (!nonce || !proof || proof->size() != keys_.stored_key.size()) return malformed("not c=,r=,p=");
    const std::optional<std::string> bound = base::decode_base64(*binding);
    if (!bound) return malformed("channel binding is not base64");
    if (!equal_in_constant_time(*bound, channel_binding_)) return refused("channel bindings do not match");
    if (!equal_in_constant_time(*nonce, nonce_)) return refused("not our nonce");

    const std::string auth_message = client_first_bare_ + "," + server_first_ + "," + std::string(without_proof);
    const std::string client_key = exclusive_or(*proof, hmac_sha256(keys_.stored_key, auth_message));
    const bool proved = equal_in_constant_time(sha256(client_key), keys_.stored_key);
    if (!proved || !user_known_) return refused("wrong user name or password");
    return Succeeded{.authcid = user_,
                     .authzid = authzid_,
                     .final_data = "v=" + base::encode_base64(hmac_sha256(keys_.server_key, auth_message))};
}

}  // namespace sasl

// An ACME server (RFC 8555) in the process, for one account: it issues real certificates, and fails as a test wants it.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocols/base/base64.h"
#include "protocols/base/handle.h"
#include "protocols/https/fetcher.h"

namespace acme_test {

class FakeAuthority final : public https::Fetcher {
  public:
    using json = nlohmann::json;

    std::int64_t now = 0;                 // of its clock: certificates begin then
    std::int64_t lifetime = 90 * 86'400;  // of its certificates
    int bad_nonces = 0;                   // so many requests are refused for their nonce
    std::string challenge_error;          // challenges fail with this detail
    std::string order_error;              // type of the error that refuses new orders
    std::string retry_after;              // of refusals
    bool unreachable = false;             // nothing is answered
    bool looks_untold = false;            // it looks before it is told, and takes the word amiss
    bool offers_renewal_info = false;     // RFC 9773
    std::pair<std::string, std::string> window{"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"};
    // Whether a challenge is answered: name, type, token.
    std::function<bool(const std::string&, const std::string&, const std::string&)> looks = [](auto&&...) {
        return true;
    };
    std::vector<std::string> requests;  // their paths, in order
    std::vector<json> orders;           // payloads of new orders
    std::vector<std::string> types{"http-01", "tls-alpn-01", "dns-01"};

    asio::awaitable<https::Outcome> fetch(https::Request request) override { co_return answer(request); }
    std::size_t count(const std::string& path) const {
        return static_cast<std::size_t>(std::ranges::count(requests, path));
    }
    static constexpr const char* directory = "https://ca.example/directory";

  private:
    struct Sold {
        std::vector<std::string> names;
        std::map<std::string, std::string> status;  // by name
        std::string chain;
        bool failed = false;
    };

    https::Outcome answer(const https::Request& request) {
        const std::string path = request.url.substr(std::string("https://ca.example").size());
        requests.push_back(path.substr(0, path.find('/', 1)));
        if (unreachable) return std::unexpected(https::Failure{https::Fault::connect, "nobody is there"});
        if (path == "/directory") return reply(200, urls());
        if (path == "/nonce") return reply(200, json::object());
        if (path.starts_with("/renewal/"))
            return reply(200, {{"suggestedWindow", {{"start", window.first}, {"end", window.second}}}});
        const json body = json::parse(request.body);
        const json header = json::parse(base::decode_base64url(body.at("protected").get<std::string>()).value());
        if (header.at("url") != request.url || !take_nonce(header.at("nonce").get<std::string>()))
            return problem(400, "badNonce");
        if (bad_nonces > 0) {
            --bad_nonces;
            return problem(400, "badNonce");
        }
        const std::string payload = base::decode_base64url(body.at("payload").get<std::string>()).value();
        return posted(path, payload.empty() ? json() : json::parse(payload));
    }

    https::Outcome posted(const std::string& path, const json& payload) {
        if (path == "/account") return reply(201, {{"status", "valid"}}, "https://ca.example/account/1");
        if (path == "/new-order") return new_order(payload);
        const std::size_t number = std::stoul(path.substr(path.find_last_of("/-") + 1));
        if (number >= sold_.size()) return problem(404, "malformed");
        Sold& order = sold_[number];
        if (path.starts_with("/order/")) return reply(200, order_json(number));
        if (path.starts_with("/authz/")) return reply(200, authorization(order, part(path, 2), number));
        if (path.starts_with("/challenge/")) return challenged(order, part(path, 2), part(path, 3), number);
        if (path.starts_with("/finalize/")) return finalized(order, payload, number);
        return reply(200, order.chain);
    }

    https::Outcome new_order(const json& payload) {
        orders.push_back(payload);
        if (!order_error.empty()) return problem(429, order_error);
        Sold order;
        for (const json& one : payload.at("identifiers")) {
            order.names.push_back(one.at("value"));
            order.status[order.names.back()] = "pending";
        }
        sold_.push_back(std::move(order));
        return reply(201, order_json(sold_.size() - 1), "https://ca.example/order/" + std::to_string(sold_.size() - 1));
    }

    json order_json(std::size_t number) const {
        const Sold& order = sold_[number];
        const std::string id = std::to_string(number);
        json object{{"finalize", "https://ca.example/finalize/" + id},
                    {"authorizations", json::array()},
                    {"status", "pending"}};
        for (const std::string& name : order.names) {
            object["authorizations"].push_back("https://ca.example/authz/" + name + "/" + id);
        }
        const bool ready = std::ranges::all_of(order.status, [](const auto& one) { return one.second == "valid"; });
        if (ready) object["status"] = "ready";
        if (order.failed) object["status"] = "invalid";
        if (!order.chain.empty()) {
            object["status"] = "valid";
            object["certificate"] = "https://ca.example/certificate/" + id;
        }
        return object;
    }

    json authorization(const Sold& order, const std::string& name, std::size_t number) const {
        json object{{"identifier", {{"type", "dns"}, {"value", name}}},
                    {"status", order.status.at(name)},
                    {"challenges", json::array()}};
        for (const std::string& type : types) {
            json challenge{{"type", type},
                           {"token", "token-" + name.substr(0, name.find('.')) + "-" + std::to_string(number)},
                           {"url", "https://ca.example/challenge/" + name + "/" + type + "/" + std::to_string(number)},
                           {"status", order.status.at(name)}};
            if (order.failed)
                challenge["error"] = {{"type", "urn:ietf:params:acme:error:unauthorized"}, {"detail", challenge_error}};
            object["challenges"].push_back(challenge);
        }
        return object;
    }

    https::Outcome challenged(Sold& order, const std::string& name, const std::string& type, std::size_t number) {
        const std::string token = "token-" + name.substr(0, name.find('.')) + "-" + std::to_string(number);
        order.failed = !looks(name, type, token) || !challenge_error.empty();
        order.status[name] = order.failed ? "invalid" : "valid";
        if (looks_untold) return problem(400, "malformed");
        return reply(200, json::object());
    }

    https::Outcome finalized(Sold& order, const json& payload, std::size_t number) {
        const std::string der = base::decode_base64url(payload.at("csr").get<std::string>()).value();
        const auto* at = reinterpret_cast<const unsigned char*>(der.data());
        const base::Handle<X509_REQ, X509_REQ_free> request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
        const base::Handle<EVP_PKEY, EVP_PKEY_free> key(X509_REQ_get_pubkey(request.get()));
        if (X509_REQ_verify(request.get(), key.get()) != 1) return problem(400, "badCSR");
        order.chain = issue(request.get(), key.get(), order.names);
        return reply(200, order_json(number));
    }

    // By an authority without a certificate of its own, which nobody asks for here.
    std::string issue(X509_REQ*, EVP_PKEY* key, const std::vector<std::string>& names) {
        const base::Handle<X509, X509_free> certificate(X509_new());
        X509* x509 = certificate.get();
        X509_set_version(x509, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(x509), 1'000 + static_cast<long>(sold_.size()));
        ASN1_TIME_set(X509_getm_notBefore(x509), now);
        ASN1_TIME_set(X509_getm_notAfter(x509), now + lifetime);
        X509_set_pubkey(x509, key);
        X509_NAME* name = X509_get_issuer_name(x509);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("Fake authority"),
                                   -1, -1, 0);
        std::string text;
        for (const std::string& one : names) text += (text.empty() ? "DNS:" : ",DNS:") + one;
        add(x509, NID_subject_alt_name, text);
        const std::string issuer("\x30\x06\x80\x04\x01\x02\x03\x04", 8);  // an AuthorityKeyIdentifier, in DER
        const base::Handle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> data(ASN1_OCTET_STRING_new());
        ASN1_OCTET_STRING_set(data.get(), reinterpret_cast<const unsigned char*>(issuer.data()),
                              static_cast<int>(issuer.size()));
        const base::Handle<X509_EXTENSION, X509_EXTENSION_free> extension(
            X509_EXTENSION_create_by_NID(nullptr, NID_authority_key_identifier, 0, data.get()));
        X509_add_ext(x509, extension.get(), -1);
        X509_sign(x509, authority_.get(), EVP_sha256());
        const base::Handle<BIO, BIO_free_all> bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_X509(bio.get(), x509);
        char* octets = nullptr;
        const long size = BIO_get_mem_data(bio.get(), &octets);
        return {octets, static_cast<std::size_t>(size)};
    }

    static void add(X509* x509, int kind, const std::string& value) {
        const base::Handle<X509_EXTENSION, X509_EXTENSION_free> extension(
            X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
        X509_add_ext(x509, extension.get(), -1);
    }

    json urls() const {
        json object{{"newNonce", "https://ca.example/nonce"},
                    {"newAccount", "https://ca.example/account"},
                    {"newOrder", "https://ca.example/new-order"}};
        if (offers_renewal_info) object["renewalInfo"] = "https://ca.example/renewal";
        return object;
    }

    https::Outcome reply(int status, const json& body, const std::string& location = {}) {
        return reply(status, body.dump(), location);
    }
    https::Outcome reply(int status, const char* body, const std::string& location) = delete;
    https::Outcome reply(int status, const std::string& body, const std::string& location = {}) {
        nonces_.push_back("nonce-" + std::to_string(++nonce_));
        https::Response response{.status = status, .headers = {{"replay-nonce", nonces_.back()}}, .body = body};
        if (!location.empty()) response.headers.emplace_back("location", location);
        return response;
    }
    https::Outcome problem(int status, const std::string& type) {
        https::Outcome outcome =
            reply(status, json{{"type", "urn:ietf:params:acme:error:" + type}, {"detail", "so it is"}});
        if (!retry_after.empty()) outcome->headers.emplace_back("retry-after", retry_after);
        return outcome;
    }
    bool take_nonce(const std::string& nonce) { return std::erase(nonces_, nonce) > 0; }
    static std::string part(const std::string& path, int which) {
        std::size_t at = 0;
        for (int i = 0; i < which; ++i) at = path.find('/', at) + 1;
        return path.substr(at, path.find('/', at) - at);
    }

    base::Handle<EVP_PKEY, EVP_PKEY_free> authority_{EVP_EC_gen("P-256")};
    std::vector<std::string> nonces_;
    int nonce_ = 0;
    std::vector<Sold> sold_;
};

}  // namespace acme_test

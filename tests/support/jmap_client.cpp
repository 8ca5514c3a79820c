// HTTP/1.1 as far as it takes to ask (RFC 9112).
#include "tests/support/jmap_client.h"

#include <stdexcept>
#include <utility>

#include "protocols/base/base64.h"
#include "protocols/base/text.h"
#include "tests/support/client.h"

namespace support {

using nlohmann::json;

JmapClient::JmapClient(std::uint16_t port, std::string from, const std::string& user, const std::string& password)
    : port_(port), from_(std::move(from)), authorization_(base::encode_base64(user + ":" + password)) {}

std::string JmapClient::request(const std::string& method, const std::string& path, const std::string& body) const {
    return method + " " + path + " HTTP/1.1\r\nHost: mail.hamburger.edu\r\nConnection: close\r\nAuthorization: Basic " +
           authorization_ + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

JmapClient::Answer JmapClient::ask(const std::string& request) const {
    Client client(port_, from_);
    client.send(request);
    const std::string status_line = client.read_line();
    constexpr std::size_t status_at = 9;
    if (!status_line.starts_with("HTTP/1.1 ") || status_line.size() < status_at + 3) {
        throw std::runtime_error("no status line: " + status_line);
    }
    Answer answer{.status = std::stoi(status_line.substr(status_at, 3)), .body = {}};
    std::size_t length = 0;
    for (std::string line = client.read_line(); !line.empty(); line = client.read_line()) {
        constexpr std::string_view name = "content-length:";
        if (base::istarts_with(line, name)) length = std::stoul(line.substr(name.size()));
    }
    answer.body = client.read_octets(length);
    return answer;
}

std::string JmapClient::gathered() {
    const json request = {{"using",
                           {"urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:ietf:params:jmap:submission",
                            "urn:ietf:params:jmap:vacationresponse", "urn:ietf:params:jmap:quota"}},
                          {"methodCalls", std::exchange(calls_, {})}};
    return request.dump();
}

json JmapClient::session() const {
    const Answer answer = ask(request("GET", "/jmap/session", ""));
    if (answer.status != 200) throw std::runtime_error("no session: " + answer.body);
    return json::parse(answer.body);
}

void JmapClient::post(const std::string& body) {
    const Answer answer = ask(request("POST", "/jmap", body));
    responses_.push_back(json::array({answer.status, json::parse(answer.body, nullptr, false)}));
}

void JmapClient::send_and_vanish() {
    Client client(port_, from_);
    client.send(request("POST", "/jmap", gathered()));
}

json JmapClient::next_response() {
    if (responses_.empty() && !calls_.empty()) {
        const Answer answer = ask(request("POST", "/jmap", gathered()));
        if (answer.status != 200) throw std::runtime_error("refused: " + answer.body);
        const json response = json::parse(answer.body);
        for (const json& each : response["methodResponses"]) responses_.push_back(each);
    }
    if (responses_.empty()) throw std::runtime_error("there is no further response");
    json next = std::move(responses_.front());
    responses_.pop_front();
    return next;
}

}  // namespace support

// A JMAP client for transcripts: method calls are gathered and sent as one request, whose responses are taken one by
// one. RFC 8620 §3.3, §3.4. Blocking; a connection for each request.
#pragma once

#include <cstdint>
#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace support {

class JmapClient {
  public:
    // Of this account; "local part" and password as in tests/transcripts/README.md.
    JmapClient(std::uint16_t port, std::string from, const std::string& user, const std::string& password);

    // The Session object.
    nlohmann::json session() const;
    // A call for the next request.
    void call(nlohmann::json call) { calls_.push_back(std::move(call)); }
    // A request as it is: the status of its answer and what it says become the next response, [400, {...}].
    void post(const std::string& body);
    // Sends what was gathered, without waiting for an answer.
    void send_and_vanish();
    // The next response; sends what was gathered if there is none. Throws std::runtime_error.
    nlohmann::json next_response();
    // Whether there are responses that nobody has taken.
    bool has_responses() const { return !responses_.empty(); }

  private:
    struct Answer {
        int status = 0;
        std::string body;
    };
    std::string request(const std::string& method, const std::string& path, const std::string& body) const;
    Answer ask(const std::string& request) const;
    std::string gathered();

    std::uint16_t port_;
    std::string from_;
    std::string authorization_;
    std::vector<nlohmann::json> calls_;
    std::deque<nlohmann::json> responses_;
};

}  // namespace support

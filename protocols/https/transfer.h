// One request as libcurl makes it: its options, what came so far, and how it ended. libcurl is seen in this folder
// alone. Belongs to one thread.
#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <string>

#include "protocols/base/handle.h"
#include "protocols/https/fetcher.h"

namespace https {

class Transfer {
  public:
    // `left`: of its whole time. Throws std::invalid_argument if the request cannot be made.
    Transfer(Request request, const std::string& user_agent, std::chrono::milliseconds left);
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    CURL* handle() const { return easy_.get(); }
    // Once it has ended with this code.
    Outcome outcome(CURLcode code);

  private:
    void set_url();
    void set_addresses(const std::string& host, const std::string& port);
    void set_trust();
    void set_body();
    void set_headers();
    void set_limits(std::chrono::milliseconds left);
    // curl_easy_setopt; a refusal is a fault of the request.
    template <class Value>
    void set(CURLoption option, Value value);

    static std::size_t take_body(char* octets, std::size_t, std::size_t size, void* self);
    static std::size_t take_header(char* octets, std::size_t, std::size_t size, void* self);

    using Share = base::Handle<CURLSH, curl_share_cleanup>;
    using Easy = base::Handle<CURL, curl_easy_cleanup>;
    using List = base::Handle<curl_slist, curl_slist_free_all>;

    Request request_;
    Response response_;
    std::size_t header_octets_ = 0;
    bool too_large_ = false;
    std::array<char, CURL_ERROR_SIZE> reason_{};
    Share names_;     // the addresses of this request alone
    List addresses_;  // libcurl copies neither of these
    List headers_;
    Easy easy_;  // first to go
};

}  // namespace https

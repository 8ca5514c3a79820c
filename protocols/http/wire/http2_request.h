// The head of an HTTP/2 request, out of fields as HPACK gives them. RFC 9113 §8.2, §8.3. What is malformed there is
// refused here, and what HTTP/1.1 would refuse as well, so that a request means the same in both.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/http/wire/fault.h"
#include "protocols/http/wire/received_request.h"
#include "protocols/http/wire/request_parser.h"

namespace http::wire {

class Http2RequestBuilder {
  public:
    explicit Http2RequestBuilder(const HeadLimits& limits) : limits_(limits) {}

    // The next field, pseudo-header fields too. Beyond the limits nothing more is kept.
    void add(std::string_view name, std::string_view value);

    // After the last field. The request_line_octets of the limits are :path's.
    std::expected<ReceivedRequest, Fault> finish();

  private:
    std::optional<Fault> take_pseudo(std::string_view name, std::string_view value);
    std::optional<Fault> take_field(std::string_view name, std::string_view value);
    bool fits(std::string_view name, std::string_view value);
    std::expected<void, Fault> take_target();

    HeadLimits limits_;
    RequestHead head_;
    std::optional<std::string> method_;
    std::optional<std::string> scheme_;
    std::optional<std::string> authority_;
    std::optional<std::string> path_;
    std::size_t octets_ = 0;
    std::optional<Fault> fault_;  // the first
};

}  // namespace http::wire

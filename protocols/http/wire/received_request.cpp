#include "protocols/http/wire/received_request.h"

#include <algorithm>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/http/wire/target.h"

namespace http::wire {

namespace {

using Faulty = std::optional<Fault>;

// The authority, from Host if the target has none (RFC 9112 §3.2.2, RFC 9113 §8.3.1). In HTTP/1.1 exactly one Host is
// needed (§3.2), which the target's authority replaces.
Faulty take_host(RequestHead& head) {
    const std::vector<std::string_view> hosts = all_values(head.fields, "host");
    if (hosts.size() > 1) return Fault{400, "Host more than once"};
    const bool needed =
        head.version == Version::http_1_1 || (head.version == Version::http_2 && head.authority.empty());
    if (hosts.empty() && needed) return Fault{400, "Host is missing"};
    if (!hosts.empty()) {
        const std::string_view host = hosts.front();
        if (!is_authority(host)) return Fault{400, "Invalid Host"};
        const bool same = head.authority.empty() || base::iequals(head.authority, host);
        if (head.version == Version::http_2 && !same) return Fault{400, "Host differs from :authority"};
        if (head.authority.empty()) head.authority = host;
    }
    std::erase_if(head.fields, [](const Field& field) { return field.name == "host"; });
    return std::nullopt;
}

// Content-Length = 1*DIGIT (RFC 9110 §8.6).
Faulty read_content_length(ReceivedRequest& request) {
    const std::vector<std::string_view> lengths = all_values(request.head.fields, "content-length");
    if (lengths.empty()) return std::nullopt;
    if (lengths.size() > 1) return Fault{400, "Content-Length more than once"};
    const std::string_view digits = lengths.front();
    if (digits.empty() || !std::ranges::all_of(digits, base::is_digit)) return Fault{400, "Invalid Content-Length"};
    request.content_length = base::parse_number<std::uint64_t>(digits);
    return request.content_length ? std::nullopt : Faulty(Fault{413, "Content-Length is too large"});
}

// RFC 9112 §6.1, §6.3: "chunked" once, alone.
Faulty read_transfer_encoding(ReceivedRequest& request) {
    const Fields& fields = request.head.fields;
    const std::vector<std::string_view> values = all_values(fields, "transfer-encoding");
    if (values.empty()) return std::nullopt;
    if (request.head.version != Version::http_1_1) return Fault{400, "Transfer-Encoding is of HTTP/1.1 alone"};
    if (first_value(fields, "content-length")) return Fault{400, "Both Transfer-Encoding and Content-Length"};
    if (values.size() > 1) return Fault{400, "Transfer-Encoding more than once"};
    if (base::iequals(values.front(), "chunked")) {
        request.chunked = true;
        return std::nullopt;
    }
    // Other codings may only come before "chunked". Else the length is not known, which is worse.
    const std::vector<std::string_view> codings = list_elements(values.front());
    const auto is_chunked = [](std::string_view coding) { return base::iequals(coding, "chunked"); };
    if (codings.size() > 1 && is_chunked(codings.back()) && std::ranges::count_if(codings, is_chunked) == 1) {
        return Fault{501, "Only the transfer coding chunked is known"};
    }
    return Fault{400, "Transfer-Encoding must be chunked"};
}

// RFC 9112 §9.3.
bool is_persistent(const RequestHead& head) {
    if (head.version == Version::http_2) return true;
    if (has_token(head.fields, "connection", "close")) return false;
    return head.version == Version::http_1_1 || has_token(head.fields, "connection", "keep-alive");
}

// RFC 9110 §10.1.1. HTTP/1.0 does not know 100: there it is ignored.
Faulty read_expect(ReceivedRequest& request) {
    for (const std::string_view expectation : list_elements(request.head.fields, "expect")) {
        if (!base::iequals(expectation, "100-continue")) return Fault{417, "Only 100-continue can be expected"};
        request.expects_continue = request.head.version != Version::http_1_0;
    }
    return std::nullopt;
}

}  // namespace

std::expected<ReceivedRequest, Fault> receive(RequestHead head) {
    if (Faulty fault = take_host(head)) return std::unexpected(*std::move(fault));
    ReceivedRequest request{.head = std::move(head)};
    for (const auto read : {read_content_length, read_transfer_encoding, read_expect}) {
        if (Faulty fault = read(request)) return std::unexpected(*std::move(fault));
    }
    request.persistent = is_persistent(request.head);
    return request;
}

}  // namespace http::wire

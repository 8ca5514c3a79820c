// libcurl's easy interface. https://curl.se/libcurl/c/.
#include "protocols/https/transfer.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "protocols/base/text.h"

namespace https {

namespace {

using Url = base::Handle<CURLU, curl_url_cleanup>;

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; });
}

std::string part_of(const Url& url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url.get(), part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
    const base::Handle<char, curl_free> owned(text);
    return owned.get();
}

Fault fault_of(CURLcode code) {
    switch (code) {
        case CURLE_URL_MALFORMAT:
            return Fault::request;
        case CURLE_COULDNT_RESOLVE_HOST:
            return Fault::no_address;
        case CURLE_COULDNT_CONNECT:
            return Fault::connect;
        case CURLE_OPERATION_TIMEDOUT:
            return Fault::timeout;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_INVALIDCERTSTATUS:
            return Fault::tls;
        default:
            return Fault::protocol;
    }
}

}  // namespace

std::string_view Response::header(std::string_view name) const {
    const auto found = std::ranges::find(headers, name, &std::pair<std::string, std::string>::first);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Transfer::Transfer(Request request, const std::string& user_agent, std::chrono::milliseconds left)
    : request_(std::move(request)), names_(curl_share_init()), easy_(curl_easy_init()) {
    if (!easy_ || !names_) throw std::invalid_argument("out of memory");
    curl_share_setopt(names_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    set(CURLOPT_SHARE, names_.get());
    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_ERRORBUFFER, reason_.data());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, user_agent.c_str());
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_PROXY, "");  // not the environment's
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
    set_url();
    set_trust();
    set_headers();
    set_body();
    set_limits(left);
    set(CURLOPT_WRITEFUNCTION, take_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, take_header);
    set(CURLOPT_HEADERDATA, this);
}

template <class Value>
void Transfer::set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
    if (code != CURLE_OK) throw std::invalid_argument(curl_easy_strerror(code));
}

void Transfer::set_url() {
    const Url url(curl_url());
    if (has_control(request_.url) || !url ||
        curl_url_set(url.get(), CURLUPART_URL, request_.url.c_str(), 0) != CURLUE_OK) {
        throw std::invalid_argument("no URL: " + request_.url);
    }
    const std::string scheme = part_of(url, CURLUPART_SCHEME);
    if (scheme != "https" && !(request_.plain && scheme == "http")) {
        throw std::invalid_argument("not an https URL: " + request_.url);
    }
    set(CURLOPT_PROTOCOLS_STR, request_.plain ? "https,http" : "https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_FOLLOWLOCATION, request_.redirects > 0 ? 1L : 0L);
    set(CURLOPT_MAXREDIRS, static_cast<long>(request_.redirects));
    set_addresses(part_of(url, CURLUPART_HOST), part_of(url, CURLUPART_PORT));
}

void Transfer::set_addresses(const std::string& host, const std::string& port) {
    if (request_.addresses.empty()) return;
    std::string entry = host + ":" + port + ":";
    for (const asio::ip::address& address : request_.addresses) {
        if (!entry.ends_with(':')) entry += ',';
        entry += address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
    }
    addresses_.reset(curl_slist_append(nullptr, entry.c_str()));
    set(CURLOPT_RESOLVE, addresses_.get());
}

void Transfer::set_trust() {
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (request_.trusted.empty()) return;
    set(CURLOPT_CAINFO, request_.trusted.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // else the system's count, too
}

void Transfer::set_headers() {
    for (const auto& [name, value] : request_.headers) {
        if (name.empty() || has_control(name) || has_control(value)) {
            throw std::invalid_argument("no header field: " + name);
        }
        curl_slist* longer = curl_slist_append(headers_.get(), (name + ": " + value).c_str());
        if (longer == nullptr) throw std::invalid_argument("out of memory");
        static_cast<void>(headers_.release());
        headers_.reset(longer);
    }
    if (headers_) set(CURLOPT_HTTPHEADER, headers_.get());
}

void Transfer::set_body() {
    if (request_.method == "GET") return;
    if (request_.method == "HEAD") return set(CURLOPT_NOBODY, 1L);
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDS, request_.body.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    if (request_.method != "POST") set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

void Transfer::set_limits(std::chrono::milliseconds left) {
    using std::chrono::milliseconds;
    // libcurl takes 0 for no limit at all.
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max(left, milliseconds(1)).count()));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max(request_.connect_timeout, milliseconds(1)).count()));
}

std::size_t Transfer::take_body(char* octets, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    std::string& body = transfer.response_.body;
    if (size > transfer.request_.max_octets - body.size()) {
        transfer.too_large_ = true;
        return 0;
    }
    body.append(octets, size);
    return size;
}

// Called for each line, also those of earlier responses (100 Continue, redirects).
std::size_t Transfer::take_header(char* octets, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const std::string_view line(octets, size);
    transfer.header_octets_ += size;
    if (transfer.header_octets_ > transfer.request_.max_octets) {
        transfer.too_large_ = true;
        return 0;
    }
    if (line.starts_with("HTTP/")) {
        transfer.response_ = {};
        return size;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    transfer.response_.headers.emplace_back(base::lower(line.substr(0, colon)), base::trim(line.substr(colon + 1)));
    return size;
}

Outcome Transfer::outcome(CURLcode code) {
    if (too_large_) {
        return std::unexpected(
            Failure{Fault::too_large, "the answer has more than " + std::to_string(request_.max_octets) + " octets"});
    }
    if (code != CURLE_OK) {
        const char* reason = reason_.front() != '\0' ? reason_.data() : curl_easy_strerror(code);
        return std::unexpected(Failure{fault_of(code), reason});
    }
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    return std::move(response_);
}

}  // namespace https

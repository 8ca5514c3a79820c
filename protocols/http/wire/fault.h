// What is wrong with a request, and the answer to it. Pure parsers return it; the door answers and logs it.
#pragma once

#include <string>

namespace http::wire {

// After a fault in a head or in chunks, nobody knows where the next request begins: the connection ends with the
// answer.
struct Fault {
    int status = 400;  // of the response
    std::string what;  // in words fit for the client to read: a fixed text, nothing that the client sent
    friend bool operator==(const Fault&, const Fault&) = default;
};

}  // namespace http::wire

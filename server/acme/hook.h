// The command that puts TXT records into the DNS and takes them out again, for DNS-01 (RFC 8555 §8.4): [acme] hook.
#pragma once

#include <asio/awaitable.hpp>
#include <optional>
#include <string>

namespace server::acme {

class Hook {
  public:
    virtual ~Hook() = default;
    // COMMAND ACTION NAME VALUE: "add" or "remove", the record's name without a final dot, its value. It returns when
    // the record can be seen. nullopt: it has succeeded; else why not.
    virtual asio::awaitable<std::optional<std::string>> run(std::string action, std::string name,
                                                            std::string value) = 0;
    // Ends a call that is under way; later ones fail.
    virtual void stop() = 0;
};

}  // namespace server::acme

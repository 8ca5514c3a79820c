// A method that fails as a whole: RFC 8620 §3.6.2.
#pragma once

#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace jmap {

// Thrown by a method, or while its arguments are read; becomes its answer.
class MethodError : public std::exception {
  public:
    // `extra`: an object of further properties of the error.
    explicit MethodError(std::string type, std::string description = "",
                         nlohmann::json extra = nlohmann::json::object())
        : type_(std::move(type)), description_(std::move(description)), extra_(std::move(extra)) {}

    const std::string& type() const { return type_; }
    const char* what() const noexcept override { return description_.c_str(); }
    // The arguments of the "error" response.
    nlohmann::json arguments() const;

  private:
    std::string type_;         // "invalidArguments"
    std::string description_;  // for who writes a client; may be empty
    nlohmann::json extra_;
};

// "invalidArguments", the most frequent one.
MethodError invalid_arguments(std::string description);

}  // namespace jmap

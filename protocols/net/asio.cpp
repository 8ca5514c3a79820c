// Asio's own code, compiled once (ASIO_SEPARATE_COMPILATION). Everyone else includes only declarations.
#include <asio/impl/src.hpp>
#include <asio/ssl/impl/src.hpp>

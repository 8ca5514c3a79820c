// An owner for a C handle: frees it exactly once.
#pragma once

#include <memory>

namespace base {

template <auto free_function>
struct FreeWith {
    template <class T>
    void operator()(T* handle) const {
        free_function(handle);
    }
};

// A unique owner of a C library's T, freed by free_function: using SslContext = Handle<SSL_CTX, SSL_CTX_free>;
template <class T, auto free_function>
using Handle = std::unique_ptr<T, FreeWith<free_function>>;

}  // namespace base

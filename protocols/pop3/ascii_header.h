// Messages with UTF-8 in their header, for a client that did not ask for UTF-8: the header is sent in the ASCII forms
// that every client knows. RFC 6856 §2.1, in the spirit of RFC 6858. LIST still tells the size of the original.
#pragma once

#include <cstddef>
#include <string>

namespace pop3 {

// `first` is a message, or its beginning. Where its header section is whole in it, not longer than max_octets, and has
// UTF-8 beyond ASCII, that section is replaced; else first comes back as it is. Other 8-bit octets (old charsets,
// undeclared) are nobody's UTF-8 and are left alone: the client has learnt to guess them.
std::string with_ascii_header(std::string first, std::size_t max_octets);

}  // namespace pop3

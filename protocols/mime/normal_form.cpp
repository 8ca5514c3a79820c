// By utf8proc; ASCII, the usual case, needs none.
#include "protocols/mime/normal_form.h"

#include <utf8proc.h>

#include <cstdlib>

#include "protocols/base/text.h"

namespace mime {

std::string normal_form_c(std::string_view utf8) {
    std::string text(utf8);
    if (base::is_ascii(utf8)) return text;
    utf8proc_uint8_t* composed = nullptr;
    const utf8proc_ssize_t size =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()), static_cast<utf8proc_ssize_t>(utf8.size()),
                     &composed, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    if (size >= 0) text.assign(reinterpret_cast<const char*>(composed), static_cast<std::size_t>(size));
    std::free(composed);  // NOLINT(cppcoreguidelines-no-malloc): utf8proc has allocated it
    return text;
}

}  // namespace mime

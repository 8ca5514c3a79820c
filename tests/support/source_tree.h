// Finds the checkout in which this program was built. The compiler's own __FILE__ is relative to the build.
#pragma once

#include <filesystem>

namespace support {

// The nearest folder above this program with packaging/mailstead.toml; throws std::runtime_error if there is none.
std::filesystem::path source_tree();

}  // namespace support

// See the header.
#include "tests/support/source_tree.h"

#include <stdexcept>

namespace support {

std::filesystem::path source_tree() {
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
    for (std::filesystem::path folder = program.parent_path(); folder != folder.root_path();
         folder = folder.parent_path()) {
        if (std::filesystem::exists(folder / "packaging/mailstead.toml")) return folder;
    }
    throw std::runtime_error(program.string() + " lies in no checkout of Mailstead");
}

}  // namespace support

// Stored summaries that are incomplete or outdated (readable_summary.h).
#include "protocols/mime/readable_summary.h"

#include "protocols/mime/summary.h"
#include "protocols/mime/summary_view.h"

namespace mime {

ParseLimits generous_limits() {
    ParseLimits limits;
    limits.header_octets = std::size_t{4} << 20;
    limits.header_octets_total = std::size_t{8} << 20;
    limits.header_lines = 100'000;
    limits.parts = 6'000;
    limits.depth = max_depth;
    limits.addresses = 25'000;
    limits.parameters = 5'000;
    return limits;
}

bool needs_text(std::string_view stored) {
    const SummaryView view(stored);
    return view.damaged() || view.defects().cut();
}

std::string_view readable_summary(std::string_view stored, const ReadOctets& read, std::string& anew) {
    constexpr std::uint64_t piece_octets = 256U << 10;
    if (!needs_text(stored)) return stored;
    Summarizer summarizer(generous_limits());
    for (std::uint64_t offset = 0;;) {
        const std::string_view piece = read(offset, piece_octets);
        if (piece.empty()) break;
        summarizer.feed(piece);
        offset += piece.size();
    }
    anew = encode_summary(summarizer.finish());
    return anew;
}

}  // namespace mime

// Reads in pieces: memory does not grow with the message.
#include "server/summaries.h"

#include <optional>

#include "protocols/mime/readable_summary.h"
#include "protocols/mime/summary.h"
#include "protocols/mime/summary_octets.h"
#include "protocols/mime/thread_names.h"

namespace server {

namespace {

constexpr std::uint64_t piece_octets = 256u << 10;

mime::Summary parse(const mime::ParseLimits& limits, std::uint64_t size_octets, const storage::ReadContent& read) {
    mime::Summarizer summarizer(limits);
    for (std::uint64_t offset = 0; offset < size_octets; offset += piece_octets) {
        summarizer.feed(read(offset, piece_octets));
    }
    return summarizer.finish();
}

}  // namespace

storage::Summarise summarise_within(const mime::ParseLimits& limits) {
    return [limits](std::uint64_t size_octets, const storage::ReadContent& read) -> storage::Summarised {
        const mime::Summary summary = parse(limits, size_octets, read);
        return {.summary = mime::encode_summary(summary),
                .thread_names = mime::thread_names(summary),
                .text_sizes = {summary.text_octets, summary.ascii_text_octets}};
    };
}

bool fits_other_limits(std::string_view stored, std::uint64_t size_octets, const storage::ReadContent& read) {
    const std::optional<mime::Summary> found = mime::decode_summary(stored);
    if (!found) return false;
    const mime::Summary whole = parse(mime::generous_limits(), size_octets, read);
    if (!found->defects.cut()) return *found == whole;
    return found->size_octets == whole.size_octets && found->header_octets == whole.header_octets &&
           found->text_octets == whole.text_octets;
}

storage::CheckOptions check_options(const mime::ParseLimits& limits) {
    return {.summarise = summarise_within(limits), .fits_other_limits = fits_other_limits};
}

storage::RenewalOptions renewal_options(const mime::ParseLimits& limits) {
    return {.version = mime::summary_version, .summarise = summarise_within(limits)};
}

}  // namespace server

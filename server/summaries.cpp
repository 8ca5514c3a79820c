// Reads in pieces: memory does not grow with the message.
#include "server/summaries.h"

#include "protocols/mime/summary.h"
#include "protocols/mime/summary_octets.h"
#include "protocols/mime/thread_names.h"

namespace server {

namespace {

constexpr std::uint64_t piece_octets = 256u << 10;

}  // namespace

storage::Summarised summarise(std::uint64_t size_octets, const storage::ReadContent& read) {
    mime::Summarizer summarizer;
    for (std::uint64_t offset = 0; offset < size_octets; offset += piece_octets) {
        summarizer.feed(read(offset, piece_octets));
    }
    const mime::Summary summary = summarizer.finish();
    return {.summary = mime::encode_summary(summary),
            .thread_names = mime::thread_names(summary),
            .text_sizes = {summary.text_octets, summary.ascii_text_octets}};
}

storage::RenewalOptions renewal_options() { return {.version = mime::summary_version, .summarise = summarise}; }

}  // namespace server

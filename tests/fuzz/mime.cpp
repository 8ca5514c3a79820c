// Any octets are a message: cut anywhere, it gives the same summary, which survives storing and reading.
// The first octets choose the cuts.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "protocols/base/text.h"
#include "protocols/mime/compose.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"
#include "protocols/mime/header_end.h"
#include "protocols/mime/summary.h"
#include "protocols/mime/summary_view.h"
#include "protocols/mime/transfer_encoding.h"

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

void check_summary(std::string_view message, std::size_t piece, const mime::ParseLimits& limits) {
    const mime::Summary whole = mime::summarize(message, limits);
    mime::Summarizer summarizer(limits);
    for (std::size_t at = 0; at < message.size(); at += piece) summarizer.feed(message.substr(at, piece));
    expect(summarizer.finish() == whole);
    expect(whole.size_octets == message.size());
    expect(base::is_utf8(whole.preview));
    expect(mime::header_section_octets(message) == whole.header_octets);
    const std::string encoded = mime::encode_summary(whole);
    const auto decoded = mime::decode_summary(encoded);
    expect(decoded && *decoded == whole);
    if (whole.list_fields) {
        const std::string_view section = message.substr(0, whole.header_octets);
        for (const std::string& name : {std::string("Subject"), std::string("to")}) {
            const std::span<const std::string> names(&name, 1);
            expect(mime::filter_header(*whole.list_fields, names, mime::HeaderFilter::only) ==
                   mime::filter_header(section, names, mime::HeaderFilter::only));
        }
    }
    if (whole.envelope.subject) expect(base::is_utf8(*whole.envelope.subject));
    expect(base::is_utf8(mime::decode_encoded_words(message.substr(0, 200), whole.envelope.charset)));
    expect(base::is_utf8(mime::field_to_utf8(message.substr(0, 200), "gbk")));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (input.empty()) return 0;
    const std::size_t piece = static_cast<unsigned char>(input.front()) % 32 + 1;
    const std::string_view message = input.substr(1);
    check_summary(message, piece, {});
    check_summary(message, piece,
                  {.header_octets = 64,
                   .header_octets_total = 200,
                   .header_lines = 5,
                   .parts = 4,
                   .depth = 3,
                   .addresses = 3,
                   .parameters = 2,
                   .references = 2,
                   .preview_source_octets = 40,
                   .preview_characters = 10});
    const auto damaged = mime::decode_summary(message);
    if (damaged) expect(mime::encode_summary(*damaged) == message);
    for (const char* charset : {"utf-8", "", "iso-2022-jp", "gb18030"}) {
        mime::TextDecoder decoder(mime::TransferEncoding::quoted_printable, charset);
        std::string text;
        for (std::size_t at = 0; at < message.size(); at += piece) decoder.feed(message.substr(at, piece), text);
        decoder.finish(text);
        expect(base::is_utf8(text));
    }
    const std::string encoded = mime::encode_unstructured(message);
    expect(base::is_ascii(mime::fold_field("Subject", encoded)));
    return 0;
}

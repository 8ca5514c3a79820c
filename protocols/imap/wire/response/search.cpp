// Responses to SEARCH, SORT and related commands. RFC 9051 §7.3.4, RFC 3501 §7.2.5, RFC 5256 §4, RFC 5267 §4,
// RFC 7377 §2.1, RFC 9585, RFC 10022.
#include <utility>
#include <vector>

#include "protocols/imap/wire/response/response.h"

namespace imap::wire {
namespace {

// A tag cannot contain quotes or backslashes.
void append_tag(std::string& out, std::string_view tag) {
    out += '"';
    out += tag;
    out += '"';
}

// search-correlator = SP "(" one-correlator *(SP one-correlator) ")"
void append_correlator(std::string& out, const SearchCorrelator& of, bool utf8) {
    if (of.tag.empty()) return;
    out += " (TAG ";
    append_tag(out, of.tag);
    if (of.mailbox) {
        out += " MAILBOX ";
        append_mailbox(out, *of.mailbox, utf8);
        append_labelled(out, " UIDVALIDITY ", of.uid_validity);
    }
    out += ')';
}

void append_partial_range(std::string& out, const PartialRange& range) {
    const std::string_view sign = range.from_end ? "-" : "";
    out += sign;
    append_number(out, range.first);
    out += ':';
    out += sign;
    append_number(out, range.last);
}

void append_numbers(std::string& out, std::string_view name, std::span<const std::uint32_t> numbers,
                    std::optional<std::uint64_t> mod_seq) {
    out += name;
    for (const std::uint32_t number : numbers) append_labelled(out, " ", number);
    if (mod_seq && !numbers.empty()) {  // search-sort-mod-seq must follow a number (RFC 7162 §7)
        append_labelled(out, " (MODSEQ ", *mod_seq);
        out += ')';
    }
    out += "\r\n";
}

}  // namespace

void ResponseWriter::uid_batches(std::string_view tag, std::span<const NumberRange> ranges) {
    out_ += "* UIDBATCHES (TAG ";
    append_tag(out_, tag);
    out_ += ')';
    char before = ' ';
    for (const NumberRange& range : ranges) {
        out_ += std::exchange(before, ',');
        append_number(out_, range.last);
        out_ += ':';
        append_number(out_, range.first);
    }
    out_ += "\r\n";
}

void ResponseWriter::search(std::span<const std::uint32_t> numbers, std::optional<std::uint64_t> mod_seq) {
    append_numbers(out_, "* SEARCH", numbers, mod_seq);
}

void ResponseWriter::sort(std::span<const std::uint32_t> numbers, std::optional<std::uint64_t> mod_seq) {
    append_numbers(out_, "* SORT", numbers, mod_seq);
}

// thread-list = "(" (thread-members / thread-nested) ")";  thread-members = nz-number *(SP nz-number) [SP
// thread-nested]
void ResponseWriter::thread(std::span<const ThreadNode> threads) {
    out_ += threads.empty() ? "* THREAD" : "* THREAD ";
    std::vector<std::uint32_t> open;  // lists of lists, each with how many members are still to come
    bool begins = true;
    for (const ThreadNode& node : threads) {
        if (begins) out_ += '(';
        if (node.number != 0) append_number(out_, node.number);
        begins = node.children != 1;
        if (node.children > 0 && node.number != 0) out_ += ' ';
        if (node.children > 1) open.push_back(node.children);
        if (node.children > 0) continue;
        out_ += ')';
        while (!open.empty() && --open.back() == 0) {
            open.pop_back();
            out_ += ')';
        }
    }
    out_ += "\r\n";
}

void ResponseWriter::esearch(const EsearchResponse& response) {
    out_ += "* ESEARCH";
    append_correlator(out_, response.of, utf8_);
    if (response.uid) out_ += " UID";
    if (response.min) append_labelled(out_, " MIN ", *response.min);
    if (response.max) append_labelled(out_, " MAX ", *response.max);
    if (response.count) append_labelled(out_, " COUNT ", *response.count);
    if (!response.all.empty()) {
        out_ += " ALL ";
        append_sequence_set(out_, response.all);
    }
    if (response.partial) {
        out_ += " PARTIAL (";
        append_partial_range(out_, *response.partial);
        out_ += ' ';
        if (response.partial_results.empty()) out_ += "NIL";
        append_sequence_set(out_, response.partial_results);
        out_ += ')';
    }
    if (response.mod_seq) append_labelled(out_, " MODSEQ ", *response.mod_seq);
    if (response.relevancy) {
        out_ += " RELEVANCY (";
        std::string_view before;
        for (const std::uint8_t score : *response.relevancy) append_labelled(out_, std::exchange(before, " "), score);
        out_ += ')';
    }
    out_ += "\r\n";
}

void ResponseWriter::results_added(const SearchCorrelator& of, bool uid, std::span<const ResultUpdate> updates) {
    update_results(of, uid, "ADDTO", updates);
}

void ResponseWriter::results_removed(const SearchCorrelator& of, bool uid, std::span<const ResultUpdate> updates) {
    update_results(of, uid, "REMOVEFROM", updates);
}

void ResponseWriter::update_results(const SearchCorrelator& of, bool uid, std::string_view name,
                                    std::span<const ResultUpdate> updates) {
    if (updates.empty()) return;
    out_ += "* ESEARCH";
    append_correlator(out_, of, utf8_);
    out_ += uid ? " UID " : " ";
    out_ += name;
    std::string_view before = " (";
    for (const ResultUpdate& update : updates) {
        append_labelled(out_, std::exchange(before, " "), update.position);
        out_ += ' ';
        append_sequence_set(out_, update.results);
    }
    out_ += ")\r\n";
}

std::string no_update_code(std::string_view tag) {
    std::string code = "NOUPDATE ";
    append_tag(code, tag);
    return code;
}

std::string in_progress_code(std::string_view tag, std::uint32_t done, std::uint32_t goal) {
    std::string code = "INPROGRESS (";
    if (tag.find(']') == std::string_view::npos) {
        append_tag(code, tag);
    } else {
        code += "NIL";
    }
    append_labelled(code, " ", done);
    append_labelled(code, " ", goal);
    code += ')';
    return code;
}

}  // namespace imap::wire

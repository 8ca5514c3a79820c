// Message data: its only end, transparency, smuggling, cut at every octet. RFC 5321 §4.5.2, §2.3.8.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "protocols/smtp/wire/data.h"

namespace {

using smtp::wire::DataReader;
using smtp::wire::DataWriter;
using smtp::wire::LineEndMender;

struct Reading {
    std::string content;
    std::string rest;  // after the end
    bool ended = false;
    bool bare = false;
    friend bool operator==(const Reading&, const Reading&) = default;
};

void feed(DataReader& reader, Reading& outcome, std::string_view input) {
    while (!input.empty() && !outcome.ended) {
        const DataReader::Step step = reader.next(input);
        REQUIRE((step.consumed > 0 || !step.content.empty()));
        outcome.content += step.content;
        outcome.ended = step.ended;
        input.remove_prefix(step.consumed);
    }
    outcome.rest += input;
}

Reading read_in(const std::vector<std::string_view>& cuts) {
    DataReader reader;
    Reading outcome;
    for (const std::string_view cut : cuts) feed(reader, outcome, cut);
    outcome.bare = reader.bare_line_end();
    return outcome;
}

std::vector<std::string_view> octets(std::string_view text) {
    std::vector<std::string_view> out;
    for (std::size_t i = 0; i < text.size(); ++i) out.push_back(text.substr(i, 1));
    return out;
}

struct Row {
    std::string_view input;
    Reading expected;
};

const Row data_rows[] = {
    {".\r\n", {"", "", true, false}},
    {"\r\n.\r\n", {"\r\n", "", true, false}},
    {"Do you like ketchup?\r\nHow about pickles?\r\n.\r\n",
     {"Do you like ketchup?\r\nHow about pickles?\r\n", "", true, false}},
    {"a\r\n.\r\nQUIT\r\n", {"a\r\n", "QUIT\r\n", true, false}},
    {"..\r\n.\r\n", {".\r\n", "", true, false}},
    {"..a\r\n...\r\nb.\r\n.\r\n", {".a\r\n..\r\nb.\r\n", "", true, false}},
    {".a\r\n.\r\n", {"a\r\n", "", true, false}},  // a lone dot before text is dropped, RFC 5321 §4.5.2
    {"a.\r\n.b.\r\n.\r\n", {"a.\r\nb.\r\n", "", true, false}},
    {"no end\r\n", {"no end\r\n", "", false, false}},
    // Smuggling: none of these is the end, and each is marked.
    {"x\n.\n\r\n.\r\n", {"x\n.\n\r\n", "", true, true}},
    {"x\r.\r\r\n.\r\n", {"x\r.\r\r\n", "", true, true}},
    {"x\n.\r\n.\r\n", {"x\n.\r\n", "", true, true}},
    {"x\r\n.\n\r\n.\r\n", {"x\r\n\n\r\n", "", true, true}},
    {"x\r\n.\r\r\n.\r\n", {"x\r\n\r\r\n", "", true, true}},
    {"x\r.\r\n.\r\n", {"x\r.\r\n", "", true, true}},
    {"x\r\n.\rMAIL\r\n.\r\n", {"x\r\n\rMAIL\r\n", "", true, true}},
    {"x\r\n\n.\r\n.\r\n", {"x\r\n\n.\r\n", "", true, true}},
    {"x\r\r\n.\r\n", {"x\r\r\n", "", true, true}},
    {"\n.\r\n\r\n.\r\n", {"\n.\r\n\r\n", "", true, true}},
    {"\n\r\n.\r\n", {"\n\r\n", "", true, true}},
    {".\n.\r\n\r\n.\r\n", {"\n.\r\n\r\n", "", true, true}},
};

}  // namespace

TEST_CASE("message data ends at CRLF.CRLF alone, however it is cut") {
    for (const Row& row : data_rows) {
        CAPTURE(row.input);
        CHECK(read_in({row.input}) == row.expected);
        CHECK(read_in(octets(row.input)) == row.expected);
        for (std::size_t cut = 1; cut < row.input.size(); ++cut) {
            CHECK(read_in({row.input.substr(0, cut), row.input.substr(cut)}) == row.expected);
        }
    }
}

TEST_CASE("a long line without any end is passed on as it comes") {
    const std::string line(200'000, 'x');
    DataReader reader;
    const DataReader::Step step = reader.next(line);
    CHECK(step.content.size() == line.size());
    CHECK(step.consumed == line.size());
    CHECK(!step.ended);
}

TEST_CASE("chunks of BDAT are mended to CRLF across cuts; a CR of its own is told") {
    struct Mended {
        std::string_view text;
        std::string_view mended;
        std::uint64_t count;
        bool bare_cr = false;
    };
    static constexpr Mended rows[] = {
        {"", "", 0},
        {"a\r\nb\r\n", "a\r\nb\r\n", 0},
        {"no end", "no end", 0},
        {"a\nb\n", "a\r\nb\r\n", 2},
        {"\n", "\r\n", 1},
        {"\n\n.\n\n", "\r\n\r\n.\r\n\r\n", 4},
        {"a\r\n\nb\r\n", "a\r\n\r\nb\r\n", 1},
        {"a\n\r\nb", "a\r\n\r\nb", 1},
        {"x\n.\r\ny", "x\r\n.\r\ny", 1},
        {"a\rb\n", "a\rb\r\n", 1, true},
        {"a\r", "a\r", 0, true},
        {"a\r\r\n", "a\r\r\n", 0, true},
        {"\r\n\r", "\r\n\r", 0, true},
    };
    for (const Mended& row : rows) {
        CAPTURE(row.text);
        LineEndMender whole;
        CHECK(whole.mend(row.text) == row.mended);
        CHECK(whole.mended() == row.count);
        CHECK(whole.bare_cr() == row.bare_cr);
        LineEndMender single;
        std::string passed;
        for (const std::string_view octet : octets(row.text)) passed += single.mend(octet);
        CHECK(passed == row.mended);
        CHECK(single.mended() == row.count);
        CHECK(single.bare_cr() == row.bare_cr);
        for (std::size_t cut = 1; cut < row.text.size(); ++cut) {
            LineEndMender halves;
            std::string both(halves.mend(row.text.substr(0, cut)));
            both += halves.mend(row.text.substr(cut));
            CHECK(both == row.mended);
        }
    }
}

TEST_CASE("what is written for DATA is read back as it was") {
    static constexpr std::string_view contents[] = {"",          "a\r\n",    ".\r\n",           "..\r\n",
                                                    "\r\n.\r\n", "a\r\n.b.", "x\r\n\r\n..\r\n", ".\r\n.\r\n"};
    for (const std::string_view content : contents) {
        CAPTURE(content);
        for (std::size_t cut = 0; cut <= content.size(); ++cut) {
            DataWriter writer(DataWriter::Dots::stuffed);
            std::string out;
            writer.append(out, content.substr(0, cut));
            writer.append(out, content.substr(cut));
            writer.finish(out);
            const Reading outcome = read_in({out});
            const bool ended_line = content.empty() || content.ends_with("\r\n");
            CHECK(outcome == Reading{std::string(content) + (ended_line ? "" : "\r\n"), "", true, false});
        }
    }
}

TEST_CASE("bare line ends are never sent") {
    struct Written {
        std::string_view content, data, chunk;
    };
    static constexpr Written written[] = {
        {"a\n.\nb", "a\r\n..\r\nb\r\n.\r\n", "a\r\n.\r\nb\r\n"},
        {"a\r.\rb", "a\r\n..\r\nb\r\n.\r\n", "a\r\n.\r\nb\r\n"},
        {"a\r", "a\r\n.\r\n", "a\r\n"},
        {"\r\r\n\n", "\r\n\r\n\r\n.\r\n", "\r\n\r\n\r\n"},
    };
    for (const Written& row : written) {
        CAPTURE(row.content);
        for (std::size_t cut = 0; cut <= row.content.size(); ++cut) {
            for (const bool stuffed : {true, false}) {
                DataWriter writer(stuffed ? DataWriter::Dots::stuffed : DataWriter::Dots::plain);
                std::string out;
                writer.append(out, row.content.substr(0, cut));
                writer.append(out, row.content.substr(cut));
                writer.finish(out);
                CHECK(out == (stuffed ? row.data : row.chunk));
            }
        }
    }
}

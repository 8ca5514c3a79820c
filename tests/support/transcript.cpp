// Reading and running transcripts. The notation: tests/transcripts/README.md.
#include "tests/support/transcript.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "protocols/base/text.h"
#include "tests/support/client.h"
#include "tests/support/jmap_client.h"
#include "tests/support/json_pattern.h"

namespace support {
namespace {

[[noreturn]] void fail(const Transcript& transcript, std::size_t line, const std::string& what) {
    throw std::runtime_error(transcript.file.filename().string() + ":" + std::to_string(line) + ": " + what);
}

// `\r \n \t \0 \\ \xHH`, and `*1000` after an escape to repeat it. Throws std::runtime_error.
std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        const char kind = text[++i];
        char octet = kind;
        if (kind == 'r') octet = '\r';
        if (kind == 'n') octet = '\n';
        if (kind == 't') octet = '\t';
        if (kind == '0') octet = '\0';
        if (kind == 'x') {
            const std::string_view digits = text.substr(i + 1, 2);
            unsigned value = 0;
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
            if (digits.size() != 2 || end != digits.data() + digits.size() || error != std::errc()) {
                throw std::runtime_error("not two hexadecimal digits: \\x" + std::string(digits));
            }
            octet = static_cast<char>(value);
            i += 2;
        }
        std::size_t times = 1;
        if (i + 2 < text.size() && text[i + 1] == '*' && base::is_digit(text[i + 2])) {
            std::size_t used = 0;
            times = std::stoul(std::string(text.substr(i + 2, 9)), &used);
            i += 1 + used;
        }
        out.append(times, octet);
    }
    return out;
}

// Reads the lines up to `end`, which is not read.
std::vector<std::string> read_block(std::istream& in, std::size_t& number, std::string_view end) {
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        ++number;
        if (line == end) return lines;
        lines.push_back(std::move(line));
    }
    throw std::runtime_error("no closing " + std::string(end));
}

std::optional<Step> parse_dialogue(std::string_view line) {
    Step step;
    std::size_t i = 0;
    if (i < line.size() && base::is_digit(line[i])) step.client = line[i++] - '0';
    if (line.substr(i).size() < 2 || line[i + 1] != ':' || (line[i] != 'C' && line[i] != 'S')) return std::nullopt;
    step.text = line.substr(i + 2);
    if (!step.text.empty() && step.text[0] == ' ') step.text.erase(0, 1);
    if (line[i] == 'C') {
        step.kind = Step::Kind::send;
    } else if (step.text == "...") {
        step.kind = Step::Kind::skip;
    } else if (step.text == "{") {
        step.kind = Step::Kind::unordered;
    } else {
        step.kind = Step::Kind::expect;
    }
    return step;
}

std::vector<std::string> words(const std::string& line) {
    std::istringstream in(line);
    return {std::istream_iterator<std::string>(in), std::istream_iterator<std::string>()};
}

std::optional<Step> parse_directive(std::string_view line) {
    static const std::map<std::string, Step::Kind, std::less<>> kinds = {{"@door", Step::Kind::door},
                                                                         {"@from", Step::Kind::from},
                                                                         {"@starttls", Step::Kind::start_tls},
                                                                         {"@raw", Step::Kind::raw},
                                                                         {"@close", Step::Kind::close},
                                                                         {"@closed", Step::Kind::closed},
                                                                         {"@silence", Step::Kind::silence},
                                                                         {"@deliver", Step::Kind::deliver},
                                                                         {"@eventually", Step::Kind::eventually},
                                                                         {"@mailstead", Step::Kind::command},
                                                                         {"@deflate", Step::Kind::start_deflate}};
    const auto space = line.find(' ');
    const auto kind = kinds.find(line.substr(0, space));
    if (kind == kinds.end() || space == std::string_view::npos) return std::nullopt;
    Step step;
    step.kind = kind->second;
    step.text = line.substr(space + 1);
    constexpr Step::Kind without_client[] = {Step::Kind::door, Step::Kind::from, Step::Kind::deliver,
                                             Step::Kind::command};
    if (std::ranges::find(without_client, step.kind) == std::end(without_client)) {
        const bool numbered = !step.text.empty() && base::is_digit(step.text[0]);
        if (!numbered || (step.text.size() > 1 && step.text[1] != ' ')) return std::nullopt;
        step.client = step.text[0] - '0';
        step.text.erase(0, 2);
    }
    return step;
}

constexpr std::string_view known_doors[] = {"smtp",  "submission", "submissions", "imap",
                                            "imaps", "pop3",       "pop3s",       "jmap"};
constexpr std::string_view answer_mark = " => ";

// Checks a step's own text. Throws std::runtime_error.
void check(Step& step) {
    if (step.kind == Step::Kind::raw) unescape(step.text);
    if (step.kind == Step::Kind::door && std::ranges::find(known_doors, step.text) == std::end(known_doors)) {
        throw std::runtime_error("no such door: " + step.text);
    }
    if (step.kind == Step::Kind::eventually && !step.text.contains(answer_mark)) {
        throw std::runtime_error("no \"" + std::string(answer_mark) + "\": " + step.text);
    }
    if (step.kind == Step::Kind::silence) {
        const std::string_view time(step.text);
        const bool is_time = time.size() > 2 && time.ends_with("ms") &&
                             std::ranges::all_of(time.substr(0, time.size() - 2), base::is_digit);
        if (!is_time) throw std::runtime_error("not a time in milliseconds: " + step.text);
        step.text.resize(step.text.size() - 2);
    }
}

// "S: ..." skips lines up to the next expected one: without that, it would check nothing.
std::optional<std::size_t> expects_nothing(const std::vector<Step>& steps) {
    std::map<int, std::size_t> skipping;
    for (const Step& step : steps) {
        if (step.kind == Step::Kind::skip) skipping[step.client] = step.line;
        if (step.kind == Step::Kind::expect) skipping.erase(step.client);
    }
    if (skipping.empty()) return std::nullopt;
    return skipping.begin()->second;
}

// Who the clients of JMAP are, by number.
const std::map<int, std::pair<std::string, std::string>> jmap_users = {{1, {"bob@hamburger.edu", "hungry"}},
                                                                       {2, {"janice@hamburger.edu", "tigermoth"}},
                                                                       {3, {"alice@crepes.fr", "ketchup"}}};

struct Runner {
    const Transcript& transcript;
    const Stage& stage;
    std::size_t most_sends;
    std::string door = transcript.door;
    std::string from = "127.0.0.1";
    std::map<int, Client> clients;
    std::map<int, JmapClient> jmap_clients;
    JsonNames values;  // that names stand for in JSON
    std::map<int, bool> skipping;
    std::map<std::string, std::string> names;
    std::size_t sends = 0;

    Client& client(int number) {
        const auto found = clients.find(number);
        if (found != clients.end()) return found->second;
        Client& made = clients.emplace(number, Client(stage.ports.at(door), from)).first->second;
        if (door == "submissions" || door == "imaps" || door == "pop3s") made.start_tls();
        return made;
    }

    std::string with_names(const std::string& text) const {
        std::string out = text;
        for (const auto& [name, value] : names) {
            const std::string mark = "<" + name + ">";
            for (auto at = out.find(mark); at != std::string::npos; at = out.find(mark, at + value.size())) {
                out.replace(at, mark.size(), value);
            }
        }
        return out;
    }

    // nullptr: the client speaks another protocol.
    JmapClient* jmap_client(int number) {
        if (const auto found = jmap_clients.find(number); found != jmap_clients.end()) return &found->second;
        if (door != "jmap" || clients.contains(number)) return nullptr;
        const auto& [user, password] = jmap_users.at(number);
        JmapClient& made =
            jmap_clients.emplace(number, JmapClient(stage.ports.at("http"), from, user, password)).first->second;
        values["account" + std::to_string(number)] = made.session()["accounts"].items().begin().key();
        return &made;
    }

    // False if the clients have vanished.
    bool send_jmap(JmapClient& asking, const Step& step) {
        if (step.kind == Step::Kind::raw) {
            asking.post(unescape(step.text));
        } else {
            if (asking.has_responses()) fail(transcript, step.line, "not taken: " + asking.next_response().dump());
            asking.call(support::with_names(nlohmann::json::parse(step.text), values));
        }
        if (++sends < most_sends) return true;
        if (step.kind == Step::Kind::send) asking.send_and_vanish();
        return false;
    }

    void expect_jmap(JmapClient& asking, const Step& step) {
        const nlohmann::json response = asking.next_response();
        if (!matches_json(nlohmann::json::parse(step.text), response, values)) {
            fail(transcript, step.line, "expected: " + step.text + "\n    came: " + response.dump());
        }
        for (const auto& [name, value] : values) {
            if (value.is_string()) names.try_emplace(name, value.get<std::string>());
        }
    }

    // Reads a line and checks what every client needs, whatever the transcript expects.
    std::string read_line(const Step& step) {
        std::string line = client(step.client).read_line();
        if (transcript.door == "imap" && has_forbidden_empty_list(line)) {
            fail(transcript, step.line, "an empty list where the grammar wants an element: " + line);
        }
        return line;
    }

    void expect(const Step& step) {
        const bool skip = std::exchange(skipping[step.client], false);
        std::string seen;
        for (;;) {
            const std::string line = read_line(step);
            if (matches(step.text, line, names)) {
                values.insert(names.begin(), names.end());
                return;
            }
            seen += "\n    came: " + line;
            if (!skip) fail(transcript, step.line, "expected: " + step.text + seen);
        }
    }

    void expect_unordered(const Step& step) {
        std::vector<std::string> open = step.lines;
        while (!open.empty()) {
            const std::string line = read_line(step);
            const auto found =
                std::ranges::find_if(open, [&](const std::string& p) { return matches(p, line, names); });
            if (found == open.end()) fail(transcript, step.line, "not among the lines that may come: " + line);
            open.erase(found);
        }
    }

    void deliver(const Step& step) {
        Client peer(stage.ports.at("smtp"));
        const auto ask = [&](const std::string& line, char first) {
            if (!line.empty()) peer.send(line + "\r\n");
            const std::string answer = peer.read_line();
            if (answer.empty() || answer[0] != first) fail(transcript, step.line, line + " was answered " + answer);
        };
        ask("", '2');
        ask("HELO crepes.fr", '2');
        ask("MAIL FROM:<alice@crepes.fr>", '2');
        ask("RCPT TO:<" + step.text + ">", '2');
        ask("DATA", '3');
        for (const std::string& line : step.lines) peer.send(line + "\r\n");
        ask(".", '2');
        ask("QUIT", '2');
    }

    // "USER bob | PASS hungry => +OK <text>": sends these lines, each with one answer, again and again until the last
    // answer fits. For effects that follow another session's end.
    void eventually(const Step& step) {
        const auto arrow = step.text.rfind(answer_mark);
        const std::string wanted = step.text.substr(arrow + answer_mark.size());
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(15);
        std::string answer;
        do {
            for (std::size_t at = 0; at < arrow;) {
                const std::size_t bar = std::min(arrow, step.text.find(" | ", at));
                client(step.client).send(step.text.substr(at, bar - at) + "\r\n");
                answer = client(step.client).read_line();
                at = bar + 3;
            }
            if (matches(wanted, answer, names)) return;
        } while (std::chrono::steady_clock::now() < end);
        fail(transcript, step.line, "the answer stays: " + answer);
    }

    // False if the clients have vanished.
    bool run(const Step& step) {
        switch (step.kind) {
            case Step::Kind::send:
            case Step::Kind::raw:
                if (JmapClient* asking = jmap_client(step.client)) return send_jmap(*asking, step);
                client(step.client)
                    .send(step.kind == Step::Kind::raw ? unescape(step.text) : with_names(step.text) + "\r\n");
                return ++sends < most_sends;
            case Step::Kind::expect:
                if (JmapClient* asking = jmap_client(step.client)) {
                    expect_jmap(*asking, step);
                } else {
                    expect(step);
                }
                break;
            case Step::Kind::skip:
                skipping[step.client] = true;
                break;
            case Step::Kind::unordered:
                expect_unordered(step);
                break;
            case Step::Kind::door:
                door = step.text;
                break;
            case Step::Kind::from:
                from = step.text;
                break;
            case Step::Kind::start_tls:
                client(step.client).start_tls();
                break;
            case Step::Kind::start_deflate:
                client(step.client).start_deflate();
                break;
            case Step::Kind::close:
                clients.erase(step.client);
                break;
            case Step::Kind::closed: {
                const auto line = client(step.client).read_line_or_end();
                if (line) fail(transcript, step.line, "the connection should be closed, but there came: " + *line);
                break;
            }
            case Step::Kind::silence:
                if (!client(step.client).silent_for(std::chrono::milliseconds(std::stoi(step.text)))) {
                    fail(transcript, step.line, "something came: " + client(step.client).read_line());
                }
                break;
            case Step::Kind::deliver:
                deliver(step);
                break;
            case Step::Kind::eventually:
                eventually(step);
                break;
            case Step::Kind::command:
                stage.command(words(step.text));
                break;
        }
        return true;
    }
};

// A <name> in a pattern stands for a run without these characters.
constexpr std::string_view name_ends = " )]\"";

}  // namespace

std::size_t Transcript::sends() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        steps, [](const Step& step) { return step.kind == Step::Kind::send || step.kind == Step::Kind::raw; }));
}

bool matches(std::string_view pattern, std::string_view line, std::map<std::string, std::string>& names) {
    while (!pattern.empty()) {
        const auto close = pattern.find('>');
        if (pattern[0] != '<' || close == std::string_view::npos ||
            pattern.substr(0, close).find_first_of(" @") != pattern.npos) {
            if (line.empty() || line[0] != pattern[0]) return false;
            pattern.remove_prefix(1);
            line.remove_prefix(1);
            continue;
        }
        const std::string name(pattern.substr(1, close - 1));
        pattern.remove_prefix(close + 1);
        if (name == "text") {
            for (std::size_t skip = 0; skip <= line.size(); ++skip) {
                auto tried = names;
                if (!matches(pattern, line.substr(skip), tried)) continue;
                names = std::move(tried);
                return true;
            }
            return false;
        }
        const std::string_view value = line.substr(0, line.find_first_of(name_ends));
        if (value.empty()) return false;
        const auto [known, fresh] = names.try_emplace(name, value);
        if (!fresh && known->second != value) return false;
        line.remove_prefix(value.size());
    }
    return line.empty();
}

// Lists that may be empty: flag-list, flag-perm, mbx-list-flags and status-att-list (RFC 9051 §9), score-list
// (RFC 6203 §7).
bool has_forbidden_empty_list(std::string_view line) {
    constexpr std::array<std::string_view, 5> may_be_empty = {"FLAGS ", "* LIST ", "* LSUB ", "* XLIST ", "RELEVANCY "};
    if (!line.starts_with("* ") || line.starts_with("* STATUS ")) return false;
    bool quoted = false;
    for (std::size_t at = 0; at + 1 < line.size(); ++at) {
        if (quoted && line[at] == '\\') {
            ++at;
        } else if (line[at] == '"') {
            quoted = !quoted;
        } else if (!quoted && line.substr(at, 2) == "()") {
            const std::string_view before = line.substr(0, at);
            if (std::ranges::none_of(may_be_empty, [&](std::string_view name) { return before.ends_with(name); }))
                return true;
        }
    }
    return false;
}

Transcript read_transcript(const std::filesystem::path& file) {
    Transcript transcript{.file = file, .door = file.parent_path().filename().string(), .config = {}, .steps = {}};
    std::ifstream in(file);
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);) {
        const std::size_t at = ++number;
        if (line.empty() || line[0] == '#') continue;
        if (line.starts_with("@config ")) {
            if (!transcript.steps.empty()) fail(transcript, at, "@config stands before the first line of a client");
            transcript.config += line.substr(8) + "\n";
            continue;
        }
        if (line[0] == ' ' && transcript.door == "jmap" && !transcript.steps.empty()) {
            transcript.steps.back().text += line;
            continue;
        }
        auto step = line[0] == '@' ? parse_directive(line) : parse_dialogue(line);
        if (!step) fail(transcript, at, "not a line of a transcript: " + line);
        step->line = at;
        try {
            if (step->kind == Step::Kind::unordered) step->lines = read_block(in, number, "}");
            if (step->kind == Step::Kind::deliver) step->lines = read_block(in, number, ".");
            check(*step);
        } catch (const std::runtime_error& error) {
            fail(transcript, at, error.what());
        }
        transcript.steps.push_back(*std::move(step));
    }
    if (const auto line_of_it = expects_nothing(transcript.steps)) {
        fail(transcript, *line_of_it, "nothing is expected behind \"...\"");
    }
    return transcript;
}

void run_transcript(const Transcript& transcript, const Stage& stage, std::size_t most_sends) {
    Runner runner{.transcript = transcript,
                  .stage = stage,
                  .most_sends = most_sends,
                  .clients = {},
                  .jmap_clients = {},
                  .values = {},
                  .skipping = {},
                  .names = {}};
    for (const Step& step : transcript.steps) {
        try {
            if (!runner.run(step)) return;
        } catch (const std::exception& error) {
            const std::string what = error.what();
            if (what.starts_with(transcript.file.filename().string() + ":")) throw;
            fail(transcript, step.line, what + " (at: " + step.text + ")");
        }
    }
}

}  // namespace support

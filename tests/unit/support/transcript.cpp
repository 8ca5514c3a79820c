// Tests of the transcript runner: what it reads, and that each of its checks finds what it should. It runs against a
// scripted peer.
#include "tests/support/transcript.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

// Greets every connection, and answers a line from the table; "" closes. Lines not in the table get no answer.
class ScriptedPeer {
  public:
    ScriptedPeer(std::string greeting, std::map<std::string, std::string> answers)
        : greeting_(std::move(greeting)), answers_(std::move(answers)), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(socket_, 8) == 0);
        REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { accept_all(); });
    }
    ScriptedPeer(const ScriptedPeer&) = delete;
    ScriptedPeer& operator=(const ScriptedPeer&) = delete;
    ~ScriptedPeer() {
        ::shutdown(socket_, SHUT_RDWR);
        thread_.join();
        ::close(socket_);
    }

    std::uint16_t port() const { return port_; }

  private:
    void accept_all() {
        std::vector<std::thread> talks;
        for (int peer = 0; (peer = ::accept(socket_, nullptr, nullptr)) >= 0;) {
            talks.emplace_back([this, peer] {
                talk(peer);
                ::close(peer);
            });
        }
        for (std::thread& one : talks) one.join();
    }

    void talk(int peer) const {
        say(peer, greeting_);
        std::string line;
        for (char octet = 0; ::read(peer, &octet, 1) == 1;) {
            if (octet != '\n') {
                if (octet != '\r') line += octet;
                continue;
            }
            const auto answer = answers_.find(line);
            line.clear();
            if (answer == answers_.end()) continue;
            if (answer->second.empty()) return;
            say(peer, answer->second);
        }
    }

    static void say(int peer, const std::string& lines) { ::send(peer, lines.data(), lines.size(), MSG_NOSIGNAL); }

    std::string greeting_;
    std::map<std::string, std::string> answers_;
    int socket_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

// A folder with the name of a protocol, with one transcript in it.
class Written {
  public:
    explicit Written(std::string_view text, const char* door = "imap") {
        std::string pattern = (std::filesystem::temp_directory_path() / "mailstead-transcript-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        std::filesystem::create_directory(folder_ / door);
        file_ = folder_ / door / "t.txt";
        std::ofstream(file_) << text;
    }
    Written(const Written&) = delete;
    Written& operator=(const Written&) = delete;
    ~Written() { std::filesystem::remove_all(folder_); }

    support::Transcript read() const { return support::read_transcript(file_); }

  private:
    std::filesystem::path folder_, file_;
};

// The error from reading it; nullopt if it is valid.
std::string complaint_about(std::string_view text) {
    try {
        Written(text).read();
        return "";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

const std::map<std::string, std::string> imap_answers = {
    {"a NOOP", "a OK done\r\n"},
    {"a LIST", "* LIST () \"/\" INBOX\r\n* LIST (\\Noselect) \"/\" x\r\na OK done\r\n"},
    {"a QUOTA", "* QUOTA \"\" ()\r\na OK done\r\n"},
    {"a ID", "* OK [UIDVALIDITY 17] valid\r\na OK [APPENDUID 17 3] done\r\n"},
    {"a OTHER", "* OK [UIDVALIDITY 17] valid\r\na OK [APPENDUID 18 3] done\r\n"},
    {"a LOGOUT", ""},
    {"a BYE", "* BYE\r\n"}};

// The runner's error for this transcript; nullopt if it passes. Commands of @mailstead that contain "wrong" fail.
std::string played(std::string_view text, std::size_t most_sends = SIZE_MAX, const char* door = "imap",
                   const std::string& greeting = "* OK ready\r\n",
                   const std::map<std::string, std::string>& answers = imap_answers) {
    const ScriptedPeer peer(greeting, answers);
    const support::Stage stage{.ports = {{door, peer.port()}, {"smtp", peer.port()}},
                               .command = [](const std::vector<std::string>& arguments) {
                                   if (arguments.at(0) == "wrong") throw std::runtime_error("exit 1");
                               }};
    const Written written(text, door);
    try {
        support::run_transcript(written.read(), stage, most_sends);
        return "";
    } catch (const std::exception& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("a pattern is the line, <text> any text, another <name> a run that stays the same") {
    const struct {
        std::string_view pattern, line;
        bool fits;
    } rows[] = {{"a OK", "a OK", true},
                {"a OK", "a OK ", false},
                {"a OK ", "a OK", false},
                {"a OK", "a ok", false},
                {"a OK <text>", "a OK done", true},
                {"a OK <text>", "a OK ", true},
                {"a OK <text>", "a OK", false},
                {"a <text> b", "a x b y b", true},
                {"a <text> b", "a x c", false},
                {"<n> <n>", "1 1", true},
                {"<n> <n>", "1 2", false},
                {"[U <v>] <text>", "[U 17] ok", true},
                {"[U <v>]", "[U ]", false},  // a run has at least one character
                {"(<a> <b>)", "(x y)", true},
                {"<alice@crepes.fr>", "<alice@crepes.fr>", true},  // an address is not a name
                {"<alice@crepes.fr>", "<bob@crepes.fr>", false},
                {"<", "<", true},
                {"", "", true},
                {"", "x", false}};
    for (const auto& row : rows) {
        CAPTURE(row.pattern);
        CAPTURE(row.line);
        std::map<std::string, std::string> names;
        CHECK(support::matches(row.pattern, row.line, names) == row.fits);
    }
    std::map<std::string, std::string> names = {{"n", "7"}};
    CHECK_FALSE(support::matches("<n>", "8", names));
    CHECK(support::matches("<n> <m>", "7 9", names));
    CHECK(names["m"] == "9");
}

TEST_CASE("empty lists: those that the grammar allows, and those that it forbids (CLIENTS.md 28)") {
    const struct {
        std::string_view line;
        bool forbidden;
    } rows[] = {
        {R"(* QUOTA "user@example.org" ())", true},  // RFC 9208 §7: at least one resource
        {R"(* QUOTA "" (STORAGE 1 2))", false},
        {R"(* NAMESPACE (("" "/")) NIL NIL)", false},
        {R"(* NAMESPACE () NIL NIL)", true},  // RFC 9051 §9: namespace = nil / "(" 1*namespace-descr ")"
        {R"(* 1 FETCH ())", true},            // msg-att has at least one item
        {R"(* 1 FETCH (FLAGS ()))", false},   // flag-list may be empty
        {R"(* 1 FETCH (FLAGS () UID 3 ENVELOPE (NIL NIL () NIL)))", true},  // env-from = "(" 1*address ")" / nil
        {R"(* FLAGS ())", false},
        {R"(* OK [PERMANENTFLAGS ()] none)", false},
        {R"(* LIST () "/" INBOX)", false},  // no attributes
        {R"(* LSUB () "/" INBOX)", false},
        {R"(* LIST () "/" INBOX ("CHILDINFO" ()))", true},
        {R"(* STATUS x ())", false},  // status-att-list may be empty
        {R"(* ESEARCH (TAG "a") RELEVANCY () UID)", false},
        {R"(* METADATA "" ())", true},
        {R"(* LIST (\Noselect) "/" "a () b")", false},  // in a quoted string it is text
        {R"(* LIST (\Noselect) "/" "a \" () b")", false},
        {R"(* QUOTA "a\\" ())", true},  // the quoted string ends before it
        {R"(a OK done ())", false},     // a text, not a response
        {R"(+ ())", false},
        {"", false}};
    for (const auto& row : rows) {
        CAPTURE(row.line);
        CHECK(support::has_forbidden_empty_list(row.line) == row.forbidden);
    }
}

TEST_CASE("what is no line of a transcript is named by file and line when it is read") {
    const struct {
        std::string_view text;
        std::string complaint;  // its beginning; "": none
    } rows[] = {{"# a comment\n\n1C: x\n1S: y\n2S: ...\n2S: z\n", ""},
                {"S: x\nX: y\n", "t.txt:2: not a line of a transcript: X: y"},
                {"S: x\n\n@nonsense 1\n", "t.txt:3: not a line of a transcript: @nonsense 1"},
                {"@close\n", "t.txt:1: not a line of a transcript: @close"},
                {"@close \n", "t.txt:1: not a line of a transcript: @close "},
                {"@close x\n", "t.txt:1: not a line of a transcript: @close x"},
                {"@closed 1x\n", "t.txt:1: not a line of a transcript: @closed 1x"},
                {"S: x\nS: {\na\n", "t.txt:2: no closing }"},
                {"@deliver bob\nSubject: x\n", "t.txt:1: no closing ."},
                {"@silence 1 300ms\n", ""},
                {"@silence 1 soon\n", "t.txt:1: not a time in milliseconds: soon"},
                {"@silence 1\n", "t.txt:1: not a time in milliseconds: "},
                {"@eventually 1 NOOP => a OK\n", ""},
                {"@eventually 1 NOOP\n", "t.txt:1: no \" => \": NOOP"},
                {"@raw 1 a\\r\\n\\x41*3\n", ""},
                {"@raw 1 \\xZZ\n", "t.txt:1: not two hexadecimal digits: \\xZZ"},
                {"@raw 1 \\x4\n", "t.txt:1: not two hexadecimal digits: \\x4"},
                {"@door imaps\n", ""},
                {"@door gopher\n", "t.txt:1: no such door: gopher"},
                {"C: x\n@config [limits]\n", "t.txt:2: @config stands before the first line of a client"}};
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(complaint_about(row.text) == row.complaint);
    }
    CHECK(complaint_about("S: ...\n") == "t.txt:1: nothing is expected behind \"...\"");
    CHECK(complaint_about("1S: ...\n2S: x\n") == "t.txt:1: nothing is expected behind \"...\"");
}

TEST_CASE("a transcript that fits is played to its end") {
    CHECK(played("S: * OK <text>\nC: a NOOP\nS: a OK done\n") == "");
    CHECK(played("1S: * OK ready\n2S: * OK ready\n2C: a NOOP\n1C: a LIST\n2S: a OK <text>\n1S: ...\n1S: a OK done\n") ==
          "");
    CHECK(played("S: * OK ready\nC: a LIST\nS: {\n* LIST (\\Noselect) <text>\na OK done\n* LIST () <text>\n}\n") == "");
    CHECK(played("S: * OK ready\nC: a LOGOUT\n@closed 1\n") == "");
    CHECK(played(
              "S: * OK ready\n@silence 1 20ms\n@mailstead right\nC: a NOOP\nS: a OK done\n@close 1\nS: * OK ready\n") ==
          "");
    CHECK(played("S: * OK ready\nC: a ID\nS: * OK [UIDVALIDITY <v>] <text>\nS: a OK [APPENDUID <v> <uid>] done\n") ==
          "");
    CHECK(played("S: * OK ready\n@raw 1 a N\n@raw 1 OOP\\r\\n\nS: a OK done\n") == "");
    CHECK(played("S: * OK ready\n@eventually 1 a NOOP => a OK <text>\n") == "");
}

TEST_CASE("each check of the runner notices what it is there for, and names file and line") {
    const struct {
        const char* what;
        std::string_view text;
        std::string complaint;
    } rows[] = {
        {"another line", "S: * OK ready\nC: a NOOP\nS: a NO <text>\n",
         "t.txt:3: expected: a NO <text>\n    came: a OK done"},
        {"the line comes, but not at once", "S: * OK ready\nC: a LIST\nS: a OK done\n",
         "t.txt:3: expected: a OK done\n    came: * LIST () \"/\" INBOX"},
        {"it never comes behind \"...\"", "S: * OK ready\nC: a LOGOUT\nS: ...\nS: a OK done\n",
         "t.txt:4: the server closed the connection (at: a OK done)"},
        {"a line that is not among them", "S: * OK ready\nC: a LIST\nS: {\n* LIST () <text>\na OK done\n}\n",
         "t.txt:3: not among the lines that may come: * LIST (\\Noselect) \"/\" x"},
        {"one of them twice", "S: * OK ready\nC: a NOOP\nC: a NOOP\nS: {\na OK done\na NO done\n}\n",
         "t.txt:4: not among the lines that may come: a OK done"},
        {"an empty list", "S: * OK ready\nC: a QUOTA\nS: <text>\nS: a OK done\n",
         "t.txt:3: an empty list where the grammar wants an element: * QUOTA \"\" ()"},
        {"an empty list in what is passed over", "S: * OK ready\nC: a QUOTA\nS: ...\nS: a OK done\n",
         "t.txt:4: an empty list where the grammar wants an element: * QUOTA \"\" ()"},
        {"an empty list among others", "S: * OK ready\nC: a QUOTA\nS: {\na OK done\n* QUOTA <text>\n}\n",
         "t.txt:3: an empty list where the grammar wants an element: * QUOTA \"\" ()"},
        {"a name that has changed",
         "S: * OK ready\nC: a OTHER\nS: * OK [UIDVALIDITY <v>] <text>\nS: a OK [APPENDUID <v> <uid>] done\n",
         "t.txt:4: expected: a OK [APPENDUID <v> <uid>] done\n    came: a OK [APPENDUID 18 3] done"},
        {"it talks on instead of closing", "S: * OK ready\nC: a BYE\n@closed 1\n",
         "t.txt:3: the connection should be closed, but there came: * BYE"},
        {"it talks in the silence", "S: * OK ready\nC: a BYE\n@silence 1 15000ms\n", "t.txt:3: something came: * BYE"},
        {"a command that fails", "S: * OK ready\n@mailstead wrong\n", "t.txt:2: exit 1 (at: wrong)"},
        {"it closes in the middle", "S: * OK ready\nC: a LOGOUT\nS: a OK done\n",
         "t.txt:3: the server closed the connection (at: a OK done)"},
        {"nobody listens there", "@from 127.0.0.300\nS: * OK ready\n",
         "t.txt:2: cannot call from 127.0.0.300 (at: * OK ready)"}};
    for (const auto& row : rows) {
        CAPTURE(row.what);
        CHECK(played(row.text) == row.complaint);
    }
}

TEST_CASE("empty lists are IMAP's: an answer of POP3 or SMTP may have them") {
    CHECK(played("S: +OK ()\nC: x\nS: * x ()\n", SIZE_MAX, "pop3", "+OK ()\r\n", {{"x", "* x ()\r\n"}}) == "");
}

TEST_CASE("a delivery that is refused fails the transcript") {
    std::map<std::string, std::string> answers = {{"HELO crepes.fr", "250 hello\r\n"},
                                                  {"MAIL FROM:<alice@crepes.fr>", "250 ok\r\n"},
                                                  {"RCPT TO:<bob@hamburger.edu>", "250 ok\r\n"},
                                                  {"DATA", "354 go on\r\n"},
                                                  {".", "250 taken\r\n"},
                                                  {"QUIT", "221 bye\r\n"}};
    constexpr std::string_view text = "@deliver bob@hamburger.edu\nSubject: x\n\nbody\n.\n";
    const auto delivered = [&] { return played(text, SIZE_MAX, "smtp", "220 ready\r\n", answers); };
    CHECK(delivered() == "");
    answers["."] = "452 4.2.2 Mailbox full\r\n";
    CHECK(delivered() == "t.txt:1: . was answered 452 4.2.2 Mailbox full");
    answers["RCPT TO:<bob@hamburger.edu>"] = "550 5.1.1 who?\r\n";
    CHECK(delivered() == "t.txt:1: RCPT TO:<bob@hamburger.edu> was answered 550 5.1.1 who?");
}

TEST_CASE("clients vanish after so many lines, whatever would have come") {
    constexpr std::string_view text = "S: * OK ready\nC: a NOOP\nS: a OK done\nC: a NOOP\nS: never\n";
    CHECK(played(text, 2) == "");
    CHECK(played(text, 3) == "t.txt:5: expected: never\n    came: a OK done");
    CHECK(Written("C: a\n2C: b\n@raw 1 c\nS: d\n").read().sends() == 3);
}

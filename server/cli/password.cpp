// Uses termios, so that the password is not shown while it is typed.
#include "server/cli/password.h"

#include <termios.h>
#include <unistd.h>

#include <iostream>

#include "server/auth/passwords.h"
#include "server/cli/words.h"

namespace server::cli {

namespace {

// Turns the terminal's echo off while it exists.
class Silence {
  public:
    Silence() {
        known_ = tcgetattr(STDIN_FILENO, &before_) == 0;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        if (known_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;
    ~Silence() {
        if (known_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }

  private:
    termios before_{};
    bool known_ = false;
};

std::string read_line(std::istream& in) {
    std::string line;
    std::getline(in, line);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
}

std::string ask(Console& console, const char* question) {
    const Silence silence;
    console.err << question << std::flush;
    std::string answer = read_line(console.in);
    console.err << std::endl;
    return answer;
}

}  // namespace

std::string obtain_password(Context& context, const PasswordSource& source) {
    Console& console = context.console;
    if (source.from_stdin && source.generate) throw WrongUsage("--password-stdin or --generate, not both");
    if (source.generate) return auth::generate_password();
    std::string password;
    if (source.from_stdin) {
        password = read_line(console.in);
    } else if (console.interactive) {
        password = ask(console, "Password: ");
        if (ask(console, "Again: ") != password) throw Failure("the two are not the same");
    } else {
        throw WrongUsage("a password is needed: --password-stdin or --generate");
    }
    if (password.empty()) throw Failure("the password is empty");
    if (password.size() > auth::password_octets_most) throw Failure("the password is too long");
    if (password.size() < auth::password_octets_advised) {
        console.err << "mailstead: warning: a password of " << counted(password.size(), "octet", "octets")
                    << " is easily guessed" << std::endl;
    }
    return password;
}

}  // namespace server::cli

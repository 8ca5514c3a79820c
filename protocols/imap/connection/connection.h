// References to the parts of a session that need no mailbox, for all code that talks to the client.
#pragma once

namespace net {
class Stream;
}
namespace services {
class SessionLog;
}

namespace imap {

class Answers;    // answers.h
struct Enabled;   // enabled.h
struct Login;     // login.h
struct Options;   // options.h
struct Services;  // options.h
struct Waiting;   // waiting.h

struct Connection {
    net::Stream& stream;
    const Options& options;
    const Services& services;
    const services::SessionLog& log;
    Answers& answers;
    Enabled& enabled;
    Login& login;
    Waiting& waiting;
};

}  // namespace imap

// The simple commands: RSET, NOOP, QUIT, VRFY, EXPN, HELP. RFC 5321 §4.1.1.5 to §4.1.1.10, §7.3 (VRFY, EXPN). VRFY and
// EXPN do not reveal whether an address exists.
#include "protocols/smtp/session.h"

namespace smtp {

asio::awaitable<void> Session::run(wire::Rset) {
    transaction_.reset();
    answer(250, "2.0.0", "Ok");
    co_return;
}

asio::awaitable<void> Session::run(wire::Noop) {
    answer(250, "2.0.0", "Ok");
    co_return;
}

asio::awaitable<void> Session::run(wire::Quit) {
    ending_ = services::Ending{services::EndReason::quit};
    answer(221, "2.0.0", options_.hostname + " closing connection");
    co_return;
}

asio::awaitable<void> Session::run(wire::Vrfy) {
    answer(252, "2.5.0", "Cannot verify, but will try to deliver");
    co_return;
}

asio::awaitable<void> Session::run(wire::Expn) {
    answer(502, "5.5.1", "Lists are not expanded");
    co_return;
}

asio::awaitable<void> Session::run(wire::Help) {
    answer(214, "2.0.0", "See RFC 5321. Commands: EHLO HELO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY AUTH STARTTLS");
    co_return;
}

}  // namespace smtp

// What is asked about a client before its message is here, and what is not asked any more.
#include "server/delivery/intake/client_inquiry.h"

#include <doctest/doctest.h>

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include "tests/unit/mailauth/dns_table.h"

using namespace server::delivery;

namespace client_inquiry_tests {

namespace {

// Answers about texts when it is let go.
class HeldTable : public DnsTable {
  public:
    explicit HeldTable(asio::io_context& context) : gate(context, std::chrono::hours(1)) {}
    asio::awaitable<dns::Answer<dns::Txt>> txt(std::string name) override {
        asio::error_code woken;
        if (held) co_await gate.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        co_return co_await DnsTable::txt(std::move(name));
    }
    void let_go() {
        held = false;
        gate.cancel();
    }
    bool held = true;
    asio::steady_timer gate;
};

struct Inquiring {
    Inquiring() {
        table->add_txt("crepes.fr", "v=spf1 include:one.test include:two.test ip4:192.0.2.7 -all")
            .add_txt("one.test", "v=spf1 -all")
            .add_txt("two.test", "v=spf1 -all")
            .add_ptr("192.0.2.7", "mx.crepes.fr")
            .add_address("mx.crepes.fr", "192.0.2.7");
    }
    asio::io_context context;
    std::shared_ptr<HeldTable> table = std::make_shared<HeldTable>(context);
    std::shared_ptr<ClientInquiry> inquiry = std::make_shared<ClientInquiry>(
        context.get_executor(), table,
        JudgedEnvelope{.client_address = "192.0.2.7", .reverse_path = "alice@crepes.fr"});
};

}  // namespace

TEST_CASE("SPF and iprev are asked for at once; until all is known it is a temporary error") {
    Inquiring one;
    one.context.poll();
    CHECK_FALSE(one.inquiry->is_known());
    CHECK(one.inquiry->iprev().verdict == mailauth::IprevVerdict::pass);
    CHECK(one.inquiry->spf().verdict == mailauth::SpfVerdict::temperror);
    CHECK(one.inquiry->spf().domain == "crepes.fr");
    one.table->let_go();
    one.context.poll();
    CHECK(one.inquiry->is_known());
    CHECK(one.inquiry->spf().verdict == mailauth::SpfVerdict::pass);
}

TEST_CASE("nobody waits longer than they said") {
    Inquiring one;
    bool waited = false;
    asio::co_spawn(one.context, one.inquiry->wait(std::chrono::steady_clock::now() + std::chrono::milliseconds(5)),
                   [&](std::exception_ptr) { waited = true; });
    while (!waited && one.context.run_one() > 0) {
    }
    CHECK_FALSE(one.inquiry->is_known());
}

TEST_CASE("a client that sends nothing costs no more than the question under way") {
    Inquiring one;
    one.context.poll();
    one.inquiry.reset();
    one.table->let_go();
    one.context.poll();
    CHECK(std::ranges::count_if(one.table->questions,
                                [](const std::string& asked) { return asked.starts_with("TXT "); }) == 1);
}

}  // namespace client_inquiry_tests

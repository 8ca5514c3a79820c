// One certificate from the order to the chain: RFC 8555 §7.4 to §7.5. An order that was begun before goes on, after a
// restart too. Belongs to one coroutine.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/services/event_log.h"
#include "server/acme/answers.h"
#include "server/acme/authority.h"
#include "storage/acme.h"

namespace server::acme {

struct OrderServices {
    Authority& authority;
    Answers& answers;
    storage::Store& store;
    services::EventLog& log;
    Authority::Clock now;
    // False: we end.
    std::function<asio::awaitable<bool>(std::chrono::seconds)> pause;
};

struct Obtained {
    std::string chain_pem;
    std::string key_pem;
};

// Types of challenges that we can answer, those to try first in front.
using ChallengeTypes = std::vector<std::string>;

// Which of an authorization's challenges is answered: after each failed attempt the next one of those that both sides
// have. nullptr: there is none.
const Challenge* choose_challenge(const Authorization& authorization, const ChallengeTypes& types,
                                  std::uint32_t failures);

class OrderRun {
  public:
    // `certificate` is leased.
    OrderRun(OrderServices services, ChallengeTypes types, storage::AcmeCertificate certificate)
        : services_(std::move(services)), types_(std::move(types)), certificate_(std::move(certificate)) {}

    asio::awaitable<Outcome<Obtained>> run();
    // After a failure: whether the order can still go on.
    bool can_go_on() const { return can_go_on_; }

  private:
    const std::string& key() const;
    void note(std::string_view event, services::EventLog::Fields more) const;
    asio::awaitable<std::optional<Trouble>> make_key_and_order();
    asio::awaitable<std::string> first_key();
    asio::awaitable<Outcome<Authority::Reply>> new_order();
    asio::awaitable<Outcome<Order>> read_the_order();
    asio::awaitable<std::optional<Trouble>> authorize(std::string url);
    asio::awaitable<std::optional<Trouble>> answer(std::string url, std::string name, Challenge challenge);
    asio::awaitable<std::optional<Trouble>> tell(std::string authorization_url, std::string challenge_url);
    asio::awaitable<bool> has_looked(std::string authorization_url);
    asio::awaitable<std::optional<Trouble>> await_authorization(std::string url, std::string name, std::string type);
    asio::awaitable<std::optional<Trouble>> finalize(Order order);
    asio::awaitable<Outcome<Order>> await_order(Status from);
    Outcome<Order> order_in(const Authority::Reply& reply);
    asio::awaitable<Outcome<Obtained>> download(Order order);
    asio::awaitable<bool> pause_before(int round, std::int64_t retry_after);

    OrderServices services_;
    ChallengeTypes types_;
    storage::AcmeCertificate certificate_;
    std::string order_url_;
    bool can_go_on_ = true;
};

}  // namespace server::acme

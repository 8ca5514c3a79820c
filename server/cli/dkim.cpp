// mailstead dkim list|add|rotate|withdraw.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <ostream>

#include "protocols/mime/date_time.h"
#include "server/cli/context.h"
#include "server/zone/dkim_keys.h"
#include "server/zone/records.h"
#include "server/zone/rotation.h"
#include "storage/dkim_keys.h"
#include "storage/domains.h"
#include "storage/normal_names.h"

namespace server::cli {

namespace {

using storage::DkimAlgorithm;
using storage::DkimKey;
using storage::DkimState;

struct DkimWords {
    std::string domain;
    std::string selector;   // empty: chosen by the algorithm
    std::string algorithm;  // empty: not given
};

std::string_view dkim_word(DkimState state) {
    switch (state) {
        case DkimState::published:
            return "published";
        case DkimState::signing:
            return "signing";
        case DkimState::retired:
            return "retired";
        case DkimState::withdrawn:
            return "withdrawn";
    }
    return "";
}

std::string_view dkim_word(DkimAlgorithm algorithm) { return mailauth::word_of(zone::algorithm_of(algorithm)); }

std::string date_of(std::int64_t at) { return at == 0 ? "never" : mime::render_date_time({at, 0}); }

DkimAlgorithm algorithm_named(const std::string& word) {
    return word == "ed25519" ? DkimAlgorithm::ed25519 : DkimAlgorithm::rsa;
}

// What happens next, for people.
std::string next_step(const DkimKey& key) {
    const zone::Rotation usual;
    switch (key.state) {
        case DkimState::published:
            return key.seen_at == 0 ? "signs once its record was seen in the DNS: see mailstead dns " + key.domain
                                    : "seen in the DNS; signs after " + date_of(key.seen_at + usual.confirm);
        case DkimState::signing:
            return "since " + date_of(key.state_at);
        case DkimState::retired:
            return "its record may go after " + date_of(key.state_at + usual.keep);
        case DkimState::withdrawn:
            return "its record may go";
    }
    return "";
}

void show_keys(Context& context, const std::vector<DkimKey>& keys) {
    if (context.json) {
        nlohmann::json all = nlohmann::json::array();
        for (const DkimKey& key : keys) {
            all.push_back({{"domain", key.domain},
                           {"selector", key.selector},
                           {"algorithm", dkim_word(key.algorithm)},
                           {"state", dkim_word(key.state)},
                           {"state_at", key.state_at},
                           {"created_at", key.created_at},
                           {"seen_at", key.seen_at},
                           {"public_key", key.public_key}});
        }
        context.console.out << all.dump(2) << '\n';
        return;
    }
    std::size_t domains = 0;
    std::size_t selectors = 0;
    for (const DkimKey& key : keys) {
        domains = std::max(domains, key.domain.size());
        selectors = std::max(selectors, key.selector.size());
    }
    for (const DkimKey& key : keys) {
        context.console.out << fmt::format("{:<{}}  {:<{}}  {:<7}  {}: {}\n", key.domain, domains, key.selector,
                                           selectors, dkim_word(key.algorithm), dkim_word(key.state), next_step(key));
    }
}

std::string domain_named(const std::string& given) {
    const auto domain = storage::normal_domain(given);
    if (!domain) throw Failure("not a domain name: " + given);
    return *domain;
}

std::vector<DkimKey> keys_of(Context& context, const std::string& domain) {
    const auto domains = value_of(context.store().read_now(storage::list_domains()));
    if (std::ranges::count(domains, domain) == 0) throw Failure("no such domain: " + domain);
    return value_of(context.store().read_now(storage::list_dkim_keys(domain)));
}

void list_keys(Context& context, const DkimWords& words) {
    context.access = Access::read;
    context.need_present_schema();
    if (words.domain.empty()) {
        show_keys(context, value_of(context.store().read_now(storage::list_dkim_keys())));
    } else {
        show_keys(context, keys_of(context, domain_named(words.domain)));
    }
}

bool waits(const DkimKey& key, DkimAlgorithm algorithm) {
    return key.state == DkimState::published && key.algorithm == algorithm;
}

// A new key, which signs once it is seen; the domain's only one at once.
void make_key(Context& context, const std::string& domain, DkimAlgorithm algorithm, const std::vector<DkimKey>& keys) {
    DkimKey key = zone::new_dkim_key(domain, algorithm, keys, std::time(nullptr));
    const bool has_one = std::ranges::any_of(keys, [](const DkimKey& one) { return one.state == DkimState::signing; });
    if (!has_one) key.state = DkimState::signing;
    const std::string selector = key.selector;
    change(context, has_one ? storage::add_dkim_key(key) : storage::add_first_dkim_key(key), "dkim.add", domain,
           selector);
    key.private_key.clear();
    show_keys(context, {key});
}

void add_key(Context& context, const DkimWords& words) {
    const std::string domain = domain_named(words.domain);
    const std::vector<DkimKey> keys = keys_of(context, domain);
    const DkimAlgorithm algorithm = algorithm_named(words.algorithm);
    for (const DkimKey& key : keys) {
        if (key.algorithm == algorithm && (key.state == DkimState::published || key.state == DkimState::signing)) {
            throw Failure(fmt::format("{} has a key of that algorithm: {} (mailstead dkim rotate replaces it)", domain,
                                      key.selector));
        }
    }
    make_key(context, domain, algorithm, keys);
}

void rotate_key(Context& context, const DkimWords& words) {
    const std::string domain = domain_named(words.domain);
    const std::vector<DkimKey> keys = keys_of(context, domain);
    const DkimAlgorithm algorithm = algorithm_named(words.algorithm);
    for (const DkimKey& key : keys) {
        if (waits(key, algorithm)) {
            throw Failure(fmt::format("a new key waits already to be seen in the DNS: {}", key.selector));
        }
    }
    make_key(context, domain, algorithm, keys);
}

std::vector<std::string> to_withdraw(const std::vector<DkimKey>& keys, const DkimWords& words) {
    std::vector<std::string> selectors;
    for (const DkimKey& key : keys) {
        const bool meant =
            words.selector.empty() ? key.algorithm == algorithm_named(words.algorithm) : key.selector == words.selector;
        if (meant && key.state != DkimState::withdrawn) selectors.push_back(key.selector);
    }
    return selectors;
}

void withdraw_key(Context& context, const DkimWords& words) {
    if (words.selector.empty() && words.algorithm.empty()) {
        throw WrongUsage("which key? A selector or --algorithm is needed");
    }
    const std::string domain = domain_named(words.domain);
    const std::vector<DkimKey> keys = keys_of(context, domain);
    const std::vector<std::string> selectors = to_withdraw(keys, words);
    if (selectors.empty()) throw Failure("no such DKIM key of " + domain);
    const auto changes = zone::withdrawal_of(keys, selectors);
    if (!changes) {
        throw Failure("then " + domain + " would have no key that signs: make another first (mailstead dkim rotate " +
                      domain + ")");
    }
    change(context, storage::change_dkim_keys(domain, *changes, std::time(nullptr)), "dkim.withdraw", domain,
           fmt::format("{}", fmt::join(selectors, " ")));
    show_keys(context, keys_of(context, domain));
}

}  // namespace

void add_dkim_command(CLI::App& app, Context& context) {
    CLI::App* dkim = app.add_subcommand("dkim", "Keys that sign a domain's mail: list, add, rotate, withdraw");
    dkim->require_subcommand(1);
    const auto words = std::make_shared<DkimWords>();
    const auto add_algorithm = [&](CLI::App* command, const char* help) {
        command->add_option("--algorithm", words->algorithm, help)->check(CLI::IsMember({"rsa", "ed25519"}));
    };
    const char* which_to_make = "rsa (2048 bits), if nothing is said; or ed25519, which few receivers know";

    CLI::App* list = dkim->add_subcommand("list", "List keys and what happens to them next");
    list->add_option("domain", words->domain, "Of this domain alone");
    list->callback([&context, words] { context.action = [&context, words] { list_keys(context, *words); }; });

    CLI::App* add = dkim->add_subcommand(
        "add", "Add a key of another algorithm; it signs beside the first once its record was seen in the DNS");
    add->add_option("domain", words->domain, "The domain")->required();
    add_algorithm(add, which_to_make);
    add->callback([&context, words] { context.action = [&context, words] { add_key(context, *words); }; });

    CLI::App* rotate = dkim->add_subcommand(
        "rotate", "Make a new key; it takes the old one's place once its record was seen in the DNS");
    rotate->add_option("domain", words->domain, "The domain")->required();
    add_algorithm(rotate, which_to_make);
    rotate->callback([&context, words] { context.action = [&context, words] { rotate_key(context, *words); }; });

    CLI::App* withdraw = dkim->add_subcommand(
        "withdraw", "Withdraw a key at once, as when it was stolen; a new one that waits signs then");
    withdraw->add_option("domain", words->domain, "The domain")->required();
    withdraw->add_option("selector", words->selector, "The key's selector, as listed");
    add_algorithm(withdraw, "Instead of a selector: all keys of this algorithm");
    withdraw->callback([&context, words] { context.action = [&context, words] { withdraw_key(context, *words); }; });
}

}  // namespace server::cli

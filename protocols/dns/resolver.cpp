// Makes libunbound awaitable: Asio watches its descriptor, its callbacks complete the look-ups.
#include "protocols/dns/resolver.h"

#include <idn2.h>
#include <unbound.h>

#include <algorithm>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <functional>
#include <stdexcept>
#include <unordered_map>

#include "protocols/base/handle.h"
#include "protocols/base/text.h"

namespace dns {
namespace {

using Context = base::Handle<ub_ctx, ub_ctx_delete>;
using Result = base::Handle<ub_result, ub_resolve_free>;

void check(int error, const std::string& what) {
    if (error != 0) throw std::runtime_error("resolver: " + what + ": " + ub_strerror(error));
}

RawAnswer to_answer(int error, const ub_result* result, std::size_t max_records) {
    if (error != 0 || result == nullptr) return {.why = ub_strerror(error)};
    if (result->bogus != 0)
        return {.why = std::string("DNSSEC: ") + (result->why_bogus != nullptr ? result->why_bogus : "bogus")};
    RawAnswer answer{.secure = result->secure != 0};
    if (result->nxdomain != 0) {
        answer.status = Status::no_such_name;
    } else if (result->rcode != 0) {
        answer.why = "the server answered with code " + std::to_string(result->rcode);
    } else if (result->havedata == 0) {
        answer.status = Status::no_data;
    } else {
        answer.status = Status::found;
        for (std::size_t i = 0; result->data[i] != nullptr && i < max_records; ++i) {
            answer.records.emplace_back(result->data[i], static_cast<std::size_t>(result->len[i]));
        }
    }
    return answer;
}

}  // namespace

struct Resolver::Implementation : std::enable_shared_from_this<Resolver::Implementation> {
    using Question = Questions::Question;
    // The user data of one libunbound look-up. It lasts until libunbound calls back, though we may have given up on the
    // answer: until then it has a socket, so it takes its party's turn. libunbound never calls back after its context
    // is destroyed.
    struct Lookup {
        Implementation* owner = nullptr;
        Question* question = nullptr;
        asio::steady_timer deadline;
    };

    Implementation(asio::any_io_executor own_executor, ResolverOptions own_options)
        : executor(std::move(own_executor)),
          options(std::move(own_options)),
          questions(options.lookups),
          descriptor(executor) {}

    void open() {
        if (context) return;
        Context made(ub_ctx_create());
        if (!made) throw std::runtime_error("resolver: out of memory");
        check(ub_ctx_async(made.get(), 1), "threads");
        bool forwards = true;
        if (options.servers.empty()) {
            // Without the file, libunbound asks the root servers itself.
            forwards = ub_ctx_resolvconf(made.get(), nullptr) == 0;
        } else {
            set(made, "do-not-query-localhost:", "no");
            for (const std::string& server : options.servers) check(ub_ctx_set_fwd(made.get(), server.c_str()), server);
        }
        bound(made, forwards);
        if (!options.trust_anchor_file.empty()) {
            check(ub_ctx_add_ta_file(made.get(), options.trust_anchor_file.c_str()), options.trust_anchor_file);
        }
        // libunbound answers for "test." by itself (RFC 6761 §6.2); servers from the configuration may know that zone.
        // No option can be set after this.
        if (!options.servers.empty()) ub_ctx_zone_remove(made.get(), "test.");
        context = std::move(made);
        descriptor.assign(ub_fd(context.get()));
        watch();
    }

    static void set(const Context& to, const std::string& option, const std::string& value) {
        check(ub_ctx_set_option(to.get(), option.c_str(), value.c_str()), option);
    }

    // What libunbound may take for all look-ups that are under way. How many these are is our own business: it has no
    // bound for callers in its process (num-queries-per-thread, jostle-timeout are for clients of the network). Its
    // caches have bounds, some megabytes in all.
    void bound(const Context& to, bool forwards) const {
        // By default 16 sockets and 2 connections, for which all would wait behind whoever needs them long.
        set(to, "outgoing-range:", std::to_string(sockets_for(options.lookups) - options.lookups));
        set(to, "outgoing-num-tcp:", std::to_string(options.lookups));
        // A server that does not answer for some domain answers for others. libunbound would take it to be dead after
        // some look-ups without an answer, and fail all look-ups at once for a quarter of an hour.
        if (forwards) set(to, "infra-host-ttl:", "5");
    }

    void watch() {
        descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                              [weak = weak_from_this()](const asio::error_code& error) {
                                  const auto self = weak.lock();
                                  if (error || !self || !self->context) return;
                                  ub_process(self->context.get());
                                  self->ask();
                                  self->watch();
                              });
    }

    void want(const std::set<Party>& parties, const std::string& name, RecordType type, Questions::Place place,
              Questions::Complete complete) {
        if (stopped) return complete({.why = why_stopped});
        Question& question = questions.want(parties, name, type, place, std::move(complete));
        // One that we had given up on: its answer may still come.
        if (question.is_asked && question.wanted.size() == 1) limit(lookups.at(&question));
        ask();
    }

    void ask() {
        if (stopped) return;
        while (Question* question = questions.next()) {
            Lookup& lookup =
                lookups.emplace(question, Lookup{this, question, asio::steady_timer(executor)}).first->second;
            limit(lookup);
            const int error = ub_resolve_async(context.get(), question->name.c_str(), static_cast<int>(question->type),
                                               1, &lookup, called_back, nullptr);
            if (error != 0) end(*question, {.why = ub_strerror(error)});
        }
    }

    void limit(Lookup& lookup) {
        lookup.deadline.expires_after(options.timeout);
        lookup.deadline.async_wait(
            [weak = weak_from_this(), question = lookup.question](const asio::error_code& error) {
                const auto self = weak.lock();
                if (error || !self) return;
                const auto found = self->lookups.find(question);
                // Not one that has come in its place.
                if (found != self->lookups.end() &&
                    found->second.deadline.expiry() <= asio::steady_timer::clock_type::now())
                    Questions::answer(*question, {.why = "no answer in time"});
            });
    }

    static void called_back(void* data, int error, ub_result* raw) {
        const Lookup& lookup = *static_cast<Lookup*>(data);
        const Result result(raw);
        lookup.owner->end(*lookup.question, to_answer(error, result.get(), lookup.owner->options.max_records));
    }

    void end(Question& question, const RawAnswer& answer) {
        Questions::answer(question, answer);
        lookups.erase(&question);
        questions.ended(question);
    }

    static constexpr const char* why_stopped = "the resolver ends";

    asio::any_io_executor executor;
    ResolverOptions options;
    bool stopped = false;
    Questions questions;
    std::unordered_map<const Question*, Lookup> lookups;  // pointers to its elements stay valid
    Context context;                                      // destroyed before what its callbacks use
    asio::posix::stream_descriptor descriptor;
};

Resolver::Resolver(asio::any_io_executor executor, ResolverOptions options)
    : implementation_(std::make_shared<Implementation>(std::move(executor), std::move(options))) {}

Resolver::~Resolver() {
    stop();
    // The descriptor belongs to libunbound: it must not be closed twice.
    if (implementation_->context) implementation_->descriptor.release();
}

void Resolver::stop() {
    implementation_->stopped = true;
    implementation_->questions.give_up({.why = Implementation::why_stopped});
}

asio::awaitable<RawAnswer> Resolver::lookup(Party party, std::string name, RecordType type) {
    std::vector<RawAnswer> answers =
        co_await lookup_all({std::move(party)}, std::move(name), {type}, Questions::Place::last);
    co_return std::move(answers.front());
}

asio::awaitable<std::vector<RawAnswer>> Resolver::lookup_all(std::set<Party> parties, std::string name,
                                                             std::vector<RecordType> types, Questions::Place place) {
    const std::shared_ptr<Implementation> self = implementation_;
    self->open();
    const auto begin = [self, parties = std::move(parties), name = std::move(name), types = std::move(types),
                        place](auto handler) {
        struct Gathered {
            decltype(handler) done;
            std::vector<RawAnswer> answers;
            std::size_t missing = 0;
        };
        auto gathered = std::make_shared<Gathered>(
            Gathered{std::move(handler), std::vector<RawAnswer>(types.size()), types.size()});
        for (std::size_t i = 0; i < types.size(); ++i) {
            self->want(parties, name, types[i], place, [gathered, i, executor = self->executor](RawAnswer answer) {
                gathered->answers[i] = std::move(answer);
                if (--gathered->missing > 0) return;
                asio::post(executor, [gathered]() mutable { std::move(gathered->done)(std::move(gathered->answers)); });
            });
        }
    };
    std::vector<RawAnswer> answers =
        co_await asio::async_initiate<decltype(asio::use_awaitable), void(std::vector<RawAnswer>)>(begin,
                                                                                                   asio::use_awaitable);
    co_return answers;
}

asio::awaitable<Resolver::Addresses> Resolver::addresses(std::set<Party> parties, std::string host) {
    const std::vector<RawAnswer> both = co_await lookup_all(std::move(parties), std::move(host),
                                                            {RecordType::a, RecordType::aaaa}, Questions::Place::first);
    const RawAnswer& four = both[0];
    const RawAnswer& six = both[1];
    Addresses out;
    for (const std::string& record : four.records) {
        if (record.size() != 4) continue;
        asio::ip::address_v4::bytes_type octets{};
        std::ranges::copy(record, octets.begin());
        out.addresses.emplace_back(asio::ip::address_v4(octets));
    }
    for (const std::string& record : six.records) {
        if (record.size() != 16) continue;
        asio::ip::address_v6::bytes_type octets{};
        std::ranges::copy(record, octets.begin());
        out.addresses.emplace_back(asio::ip::address_v6(octets));
    }
    if (!out.addresses.empty()) {
        out.status = Status::found;
    } else if (four.status == Status::temporary || six.status == Status::temporary) {
        out.why = four.status == Status::temporary ? four.why : six.why;
    } else {
        out.status = four.status == Status::no_such_name ? Status::no_such_name : Status::no_data;
    }
    co_return out;
}

void Resolver::join_addresses(const Party& party, const std::string& host) {
    for (const RecordType type : {RecordType::a, RecordType::aaaa})
        implementation_->questions.join(party, host, type, Questions::Place::first);
    implementation_->ask();
}

std::optional<std::string> to_a_labels(std::string_view domain) {
    if (domain.ends_with('.')) domain.remove_suffix(1);
    if (domain.empty() || domain.size() > 253 || domain.find('\0') != std::string_view::npos) return std::nullopt;
    const std::string text = base::lower(domain);
    if (base::is_ascii(text)) return text;
    char* raw = nullptr;
    if (idn2_to_ascii_8z(text.c_str(), &raw, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK) return std::nullopt;
    const std::unique_ptr<char, decltype([](char* text) { idn2_free(text); })> owned(raw);
    return std::string(raw);
}

std::string with_ascii_domain(std::string_view path) {
    const std::size_t at = path.rfind('@');
    if (at == std::string_view::npos || base::is_ascii(path.substr(at + 1))) return std::string(path);
    const std::optional<std::string> domain = to_a_labels(path.substr(at + 1));
    return domain ? std::string(path.substr(0, at + 1)) + *domain : std::string(path);
}

}  // namespace dns

// Makes libunbound awaitable: Asio watches its descriptor (channel.h), its callbacks complete the look-ups.
#include "protocols/dns/resolver.h"

#include <idn2.h>
#include <unbound.h>

#include <algorithm>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/dispatch.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/prefer.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <functional>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "protocols/base/handle.h"
#include "protocols/base/text.h"
#include "protocols/dns/answer_cache.h"
#include "protocols/dns/channel.h"
#include "protocols/dns/prober.h"
#include "protocols/dns/rdata.h"
#include "protocols/dns/silence.h"
#include "protocols/dns/unbound_context.h"

namespace dns {
namespace {

using Clock = std::chrono::steady_clock;

// How long all look-ups wait for the answer whether the servers' answers can be validated.
constexpr std::chrono::seconds longest_trial{3};
constexpr std::chrono::seconds first_trial_again{5};
constexpr std::chrono::seconds last_trial_again{300};
// libunbound remembers for a minute that a zone has no good key, whatever its settings. Who asks again for a name that
// was bogus is answered by a context that has forgotten it, made this often at most.
constexpr std::chrono::seconds bogus_remembered{5};
constexpr std::chrono::seconds bad_key_remembered{65};
constexpr std::size_t most_suspects = 1000;
constexpr std::chrono::seconds absence_remembered{5};  // it may be added at any time, and mail waits for it
constexpr std::size_t remembered_octets = 4u << 20;    // besides what libunbound remembers

// One answer for both families.
Answer<asio::ip::address> merge(const Answer<asio::ip::address_v4>& four, const Answer<asio::ip::address_v6>& six) {
    Found<asio::ip::address> both{.records = {}, .proof = Proof::secure};
    const auto add = [&](const auto& answer) {
        std::visit(
            [&](const auto& kind) {
                if constexpr (requires { kind.records; }) {
                    both.records.insert(both.records.end(), kind.records.begin(), kind.records.end());
                    if (kind.proof == Proof::insecure) both.proof = Proof::insecure;
                    both.name = kind.name;
                }
            },
            answer);
    };
    add(four);
    add(six);
    if (!both.records.empty()) return both;
    if (why_not(four) != nullptr) return without_records<asio::ip::address>(four);
    if (why_not(six) != nullptr) return without_records<asio::ip::address>(six);
    return without_records<asio::ip::address>(four);
}

}  // namespace

struct Resolver::Implementation : std::enable_shared_from_this<Resolver::Implementation> {
    using Question = Questions::Question;
    // The user data of one libunbound look-up. It lasts until libunbound calls back, though we may have given up on the
    // answer: until then it has a socket, so it takes its party's turn.
    struct Lookup {
        Implementation* owner = nullptr;
        Question* question = nullptr;
        Channel* channel = nullptr;
        asio::steady_timer deadline;
        Clock::time_point asked_at = Clock::now();
    };

    Implementation(asio::any_io_executor own_executor, ResolverOptions own_options)
        : executor(std::move(own_executor)),
          options(std::move(own_options)),
          questions(options.lookups),
          trial_end(executor),
          silence(options.silence),
          prober(std::make_shared<Prober>(executor, [this] { return make_unbound_context(options, false); })),
          look_again(executor) {}

    // Why it cannot; at the next question it is tried again.
    std::optional<std::string> open() {
        if (validating || stopped) return std::nullopt;
        try {
            validating = open_channel(true);
        } catch (const std::exception& error) {
            return error.what();
        }
        current = validating.get();
        if (options.trust_anchor_file.empty() && options.trust_root && validating->context.forwards) try_validation();
        return std::nullopt;
    }

    std::unique_ptr<Channel> open_channel(bool validates) {
        auto channel = std::make_unique<Channel>(executor, make_unbound_context(options, validates));
        watch(*channel);
        return channel;
    }

    void watch(Channel& channel) {
        channel.descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                      [weak = weak_from_this(), watched = &channel](const asio::error_code& error) {
                                          const auto self = weak.lock();
                                          if (error || !self || !self->is_open(watched)) return;
                                          ub_process(watched->context.handle.get());
                                          self->watch(*watched);
                                          self->ask();  // may end this channel
                                      });
    }

    bool is_open(const Channel* channel) const {
        return channel == validating.get() || channel == plain.get() || channel == fresh.get();
    }

    // Where the name is asked for.
    Channel& channel_for(const std::string& name) {
        const auto suspect = suspects.find(name);
        if (suspect == suspects.end() || current != validating.get()) return *current;
        if (suspect->second <= Clock::now()) {
            suspects.erase(suspect);
            return *current;
        }
        const bool stale = fresh && fresh->lookups == 0 && fresh->made_at + bogus_remembered <= Clock::now();
        if (fresh && !stale) return *fresh;
        try {
            fresh = open_channel(true);
        } catch (const std::exception& error) {
            tell("validation", error.what());
            return *current;
        }
        return *fresh;
    }

    void suspect(const std::string& name) {
        if (suspects.size() >= most_suspects) suspects.clear();
        suspects[name] = Clock::now() + bad_key_remembered;
    }

    // Asks for the root's keys: without them nothing can be validated. Until it is known nothing else is asked.
    void try_validation() {
        if (proven || trying || Clock::now() < try_again_at) return;
        trying = true;
        const int error = ub_resolve_async(validating->context.handle.get(), ".", static_cast<int>(RecordType::dnskey),
                                           1, this, tried, nullptr);
        if (error != 0) return end_trial(false, ub_strerror(error));
        trial_end.expires_after(longest_trial);
        trial_end.async_wait([weak = weak_from_this()](const asio::error_code& cancelled) {
            const auto self = weak.lock();
            if (cancelled || !self || !self->trying) return;
            self->go_without("they do not answer");
            self->ask();
        });
    }

    static void tried(void* data, int error, ub_result* raw) {
        Implementation& self = *static_cast<Implementation*>(data);
        const UnboundResult result(raw);
        const RawAnswer answer = to_answer(error, result.get(), self.options.max_records);
        const std::string* why = why_not(answer);
        self.end_trial(is_secure(answer), why != nullptr ? *why : "they have no keys of the root");
    }

    void end_trial(bool secure, const std::string& why) {
        trying = false;
        trial_end.cancel();
        if (!secure) {
            go_without(why);
            try_again_at = Clock::now() + trial_again;
            trial_again = std::min(2 * trial_again, last_trial_again);
            return;
        }
        proven = true;
        if (current != validating.get()) {
            tell("validation", "name servers: their answers are validated by DNSSEC from now on");
            remembered.clear();  // these are not
        }
        current = validating.get();
    }

    void go_without(const std::string& why) {
        if (plain) return;
        try {
            plain = open_channel(false);
        } catch (const std::exception& error) {
            return tell("validation", error.what());  // called back by libunbound's C
        }
        current = plain.get();
        tell("validation", "name servers: no answer can be validated by DNSSEC, so none is secure: " + why);
    }

    void tell(std::string_view event, const std::string& what) const {
        if (options.tell) options.tell(event, what);
    }

    // Now and then, while look-ups are under way, or none would be.
    void look_for_silence() {
        if (looking || stopped || (lookups.empty() && !silence.is_silent())) return;
        looking = true;
        look_again.expires_after(options.silence.question / 3);
        look_again.async_wait([weak = weak_from_this()](const asio::error_code& cancelled) {
            const auto self = weak.lock();
            if (cancelled || !self || self->stopped) return;
            self->looking = false;
            self->send_probe();
            self->look_for_silence();
        });
    }

    void send_probe() {
        const auto oldest = std::ranges::min_element(
            lookups, {}, [](const auto& lookup) -> Clock::time_point { return lookup.second.asked_at; });
        const Clock::time_point asked_at = oldest == lookups.end() ? Clock::now() : oldest->second.asked_at;
        if (!silence.wants_probe(asked_at, Clock::now())) return;
        if (!silence.is_silent()) probed = {oldest->first->name, oldest->first->type};
        try {
            prober->send(probed.first, probed.second, options.silence.probe,
                         [this](bool answered) { end_probe(answered); });
        } catch (const std::exception& error) {
            return tell("silence", error.what());
        }
        silence.probe_sent();
    }

    void end_probe(bool answered) {
        const Clock::time_point now = Clock::now();
        switch (silence.probe_ended(answered, now)) {
            case Silence::News::none:
                return;
            case Silence::News::begins:
                silent_since = now;
                tell("silence", why_silent + std::string("; until one does, look-ups fail at once"));
                return questions.give_up(Unavailable{why_silent});
            case Silence::News::ends:
                const auto lasted = std::chrono::duration_cast<std::chrono::seconds>(now - silent_since);
                tell("silence", "a name server answers again, after " + std::to_string(lasted.count()) + " seconds");
                return ask();
        }
    }

    void want(const std::set<Party>& parties, const std::string& name, RecordType type, Questions::Place place,
              Questions::Complete complete) {
        if (stopped) return complete(Unavailable{why_stopped});
        if (silence.is_silent()) {
            probed = {name, type};
            return complete(Unavailable{why_silent});
        }
        Question& question = questions.want(parties, name, type, place, std::move(complete));
        // One that we had given up on: its answer may still come.
        if (question.is_asked && question.wanted.size() == 1) limit(lookups.at(&question));
        ask();
    }

    void ask() {
        if (stopped || silence.is_silent()) return;
        if (plain) try_validation();
        if (trying && !plain) return;
        while (Question* question = questions.next()) {
            if (question->wanted.empty()) {  // given up before its turn
                questions.ended(*question);
                continue;
            }
            Channel& channel = channel_for(question->name);
            Lookup& lookup =
                lookups.emplace(question, Lookup{this, question, &channel, asio::steady_timer(executor)}).first->second;
            limit(lookup);
            ++channel.lookups;
            const int error = ub_resolve_async(channel.context.handle.get(), question->name.c_str(),
                                               static_cast<int>(question->type), 1, &lookup, called_back, nullptr);
            if (error != 0) end(*question, Unavailable{ub_strerror(error)});
        }
        look_for_silence();
    }

    void limit(Lookup& lookup) {
        lookup.deadline.expires_after(options.timeout);
        lookup.deadline.async_wait(
            [weak = weak_from_this(), question = lookup.question](const asio::error_code& error) {
                const auto self = weak.lock();
                if (error || !self) return;
                const auto found = self->lookups.find(question);
                // Not one that has come in its place.
                if (found != self->lookups.end() && found->second.deadline.expiry() <= Clock::now())
                    Questions::answer(*question, Unavailable{"no answer in time"});
            });
    }

    static void called_back(void* data, int error, ub_result* raw) {
        const Lookup& lookup = *static_cast<Lookup*>(data);
        const UnboundResult result(raw);
        const RawAnswer answer = to_answer(error, result.get(), lookup.owner->options.max_records);
        if (lookup.channel == lookup.owner->current) lookup.owner->remember(*lookup.question, answer, result.get());
        lookup.owner->end(*lookup.question, answer);
    }

    void remember(const Question& question, const RawAnswer& answer, const ub_result* result) {
        if (result == nullptr || stopped) return;
        const std::chrono::seconds lasts{result->ttl};
        const bool found = std::holds_alternative<Found<std::string>>(answer);
        remembered.put(question.name, question.type, answer, found ? lasts : std::min(lasts, absence_remembered),
                       Clock::now());
    }

    void end(Question& question, const RawAnswer& answer) {
        Questions::answer(question, answer);
        const auto ended = lookups.find(&question);
        --ended->second.channel->lookups;
        if (ended->second.channel == validating.get() && std::holds_alternative<Bogus>(answer)) suspect(question.name);
        lookups.erase(ended);
        questions.ended(question);
    }

    // On any thread. All of them, or nothing.
    std::optional<std::vector<RawAnswer>> recall(const std::string& name, const std::vector<RecordType>& types) {
        std::vector<RawAnswer> answers;
        for (const RecordType type : types) {
            std::optional<RawAnswer> answer = remembered.find(name, type, Clock::now());
            if (!answer) return std::nullopt;
            answers.push_back(*std::move(answer));
        }
        return answers;
    }

    void stop(std::string why) {
        stopped = true;
        why_stopped = std::move(why);
        remembered.clear();
        look_again.cancel();
        prober->stop();
        questions.give_up(Unavailable{why_stopped});
    }

    static constexpr const char* why_silent = "no name server answers";

    asio::any_io_executor executor;
    ResolverOptions options;
    bool stopped = false;
    std::string why_stopped;
    AnswerCache remembered{remembered_octets};  // what `current` has answered
    Questions questions;
    std::unordered_map<const Question*, Lookup> lookups;  // pointers to its elements stay valid
    asio::steady_timer trial_end;
    bool trying = false;  // whether answers can be validated
    bool proven = false;  // they can
    std::chrono::seconds trial_again = first_trial_again;
    Clock::time_point try_again_at{};
    Silence silence;
    const std::shared_ptr<Prober> prober;
    asio::steady_timer look_again;
    bool looking = false;                         // for silence
    std::pair<std::string, RecordType> probed{};  // what the next probe asks for
    Clock::time_point silent_since{};
    // Destroyed before what their callbacks use.
    std::unique_ptr<Channel> validating;
    std::unique_ptr<Channel> plain;  // once it is known, or likely, that answers cannot be validated
    std::unique_ptr<Channel> fresh;  // for suspects
    Channel* current = nullptr;
    std::unordered_map<std::string, Clock::time_point> suspects;  // names that were bogus, until when
};

Resolver::Resolver(asio::any_io_executor executor, ResolverOptions options)
    : implementation_(std::make_shared<Implementation>(std::move(executor), std::move(options))) {
    if (implementation_->options.trust_anchor_file.empty()) return;
    const std::optional<std::string> fault = implementation_->open();
    if (fault) throw std::runtime_error(*fault);
}

Resolver::~Resolver() {
    implementation_->stop("the resolver ends");
    implementation_->validating.reset();
    implementation_->plain.reset();
    implementation_->fresh.reset();
}

void Resolver::stop(std::string why) {
    asio::dispatch(implementation_->executor,
                   [self = implementation_, why = std::move(why)]() mutable { self->stop(std::move(why)); });
}

asio::awaitable<RawAnswer> Resolver::lookup(Party party, std::string name, RecordType type) {
    std::vector<RawAnswer> answers =
        co_await lookup_all({std::move(party)}, std::move(name), {type}, Questions::Place::last);
    co_return std::move(answers.front());
}

asio::awaitable<RawAnswer> Resolver::follow_up(std::set<Party> parties, std::string name, RecordType type) {
    std::vector<RawAnswer> answers =
        co_await lookup_all(std::move(parties), std::move(name), {type}, Questions::Place::first);
    co_return std::move(answers.front());
}

asio::awaitable<std::vector<RawAnswer>> Resolver::lookup_all(std::set<Party> parties, std::string name,
                                                             std::vector<RecordType> types, Questions::Place place) {
    std::optional<std::vector<RawAnswer>> known = implementation_->recall(name, types);
    if (known) co_return *std::move(known);
    const auto begin = [self = implementation_, parties = std::move(parties), name = std::move(name),
                        types = std::move(types), place](auto handler) {
        // Whoever awaits may run elsewhere, and until then has something to do.
        auto theirs = asio::prefer(asio::get_associated_executor(handler, self->executor),
                                   asio::execution::outstanding_work.tracked);
        struct Gathered {
            decltype(handler) done;
            decltype(theirs) executor;
            std::vector<RawAnswer> answers;
            std::size_t missing = 0;
        };
        auto gathered = std::make_shared<Gathered>(
            Gathered{std::move(handler), std::move(theirs), std::vector<RawAnswer>(types.size()), types.size()});
        const auto complete = [gathered](std::size_t i, const RawAnswer& answer) {
            gathered->answers[i] = answer;
            if (--gathered->missing > 0) return;
            asio::post(gathered->executor,
                       [gathered]() mutable { std::move(gathered->done)(std::move(gathered->answers)); });
        };
        asio::dispatch(self->executor, [self, parties, name, types, place, complete] {
            const std::optional<std::string> fault = self->open();
            for (std::size_t i = 0; i < types.size(); ++i) {
                if (fault) {
                    complete(i, Unavailable{*fault});
                } else {
                    self->want(parties, name, types[i], place, std::bind_front(complete, i));
                }
            }
        });
    };
    std::vector<RawAnswer> answers =
        co_await asio::async_initiate<decltype(asio::use_awaitable), void(std::vector<RawAnswer>)>(begin,
                                                                                                   asio::use_awaitable);
    co_return answers;
}

asio::awaitable<Answer<asio::ip::address>> Resolver::addresses(std::set<Party> parties, std::string host) {
    const std::vector<RawAnswer> both = co_await lookup_all(std::move(parties), std::move(host),
                                                            {RecordType::a, RecordType::aaaa}, Questions::Place::first);
    co_return merge(parse_answer<asio::ip::address_v4>(both[0]), parse_answer<asio::ip::address_v6>(both[1]));
}

void Resolver::join_addresses(const Party& party, const std::string& host) {
    asio::dispatch(implementation_->executor, [self = implementation_, party, host] {
        for (const RecordType type : {RecordType::a, RecordType::aaaa})
            self->questions.join(party, host, type, Questions::Place::first);
        self->ask();
    });
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

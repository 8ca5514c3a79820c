// States, and cutting changes where a client wants fewer. RFC 8620 §5.2.
#include "web/jmap/wire/changes.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "protocols/base/text.h"
#include "web/jmap/wire/method_error.h"

namespace jmap {
namespace {

// What a record has to be told as, and where in the order of changes.
struct Told {
    enum class Kind { created, updated, destroyed } kind{};
    std::uint64_t modseq = 0;
    std::uint64_t number = 0;
    const std::string* id = nullptr;
};

// Whether a client in that state has not been told of a change of this record at this MODSEQ.
bool is_after(const State& state, std::uint64_t modseq, std::uint64_t number) {
    return modseq > state.modseq + 1 || (modseq == state.modseq + 1 && number > state.up_to);
}

std::optional<Told> told_of(const RecordChange& record, const State& since) {
    const auto told = [&](Told::Kind kind, std::uint64_t modseq) {
        return Told{.kind = kind, .modseq = modseq, .number = record.number, .id = &record.id};
    };
    const bool is_new = record.created != 0 && is_after(since, record.created, record.number);
    if (record.destroyed != 0) {
        if (is_new || !is_after(since, record.destroyed, record.number)) return std::nullopt;
        return told(Told::Kind::destroyed, record.destroyed);
    }
    if (is_new) return told(Told::Kind::created, record.created);
    if (!is_after(since, record.updated, record.number)) return std::nullopt;
    return told(Told::Kind::updated, record.updated);
}

}  // namespace

std::string to_text(const State& state) {
    std::string text = std::to_string(state.modseq);
    if (state.up_to != 0) text += "-" + std::to_string(state.up_to);
    return text;
}

std::optional<State> parse_state(std::string_view text) {
    const std::size_t hyphen = text.find('-');
    const auto modseq = base::parse_number<std::uint64_t>(text.substr(0, hyphen));
    // MODSEQs have 63 bits (RFC 7162 §3.1).
    if (!modseq || *modseq >> 63 != 0) return std::nullopt;
    if (hyphen == std::string_view::npos) return State{.modseq = *modseq};
    const auto up_to = base::parse_number<std::uint64_t>(text.substr(hyphen + 1));
    if (!up_to) return std::nullopt;
    return State{.modseq = *modseq, .up_to = *up_to};
}

ChangesArguments read_changes(Arguments& arguments, const State& now) {
    ChangesArguments changes{
        .since_text = arguments.string("sinceState"), .since = {}, .most = arguments.unsigned_or_null("maxChanges")};
    if (changes.most == 0) throw invalid_arguments("maxChanges is 0");
    const std::optional<State> since = parse_state(changes.since_text);
    if (!since || since->modseq > now.modseq) throw MethodError("cannotCalculateChanges", "the state is none of ours");
    changes.since = *since;
    return changes;
}

Changes changes_since(const ChangesArguments& arguments, std::vector<RecordChange> records, const State& now) {
    std::vector<Told> all;
    for (const RecordChange& record : records) {
        if (const auto told = told_of(record, arguments.since)) all.push_back(*told);
    }
    std::ranges::sort(all, {}, [](const Told& told) { return std::tuple(told.modseq, told.number); });
    Changes changes{.state = now};
    if (arguments.most && all.size() > *arguments.most) {
        all.resize(*arguments.most);
        changes.has_more = true;
        changes.state = {.modseq = all.back().modseq - 1, .up_to = all.back().number};
    }
    for (const Told& told : all) {
        auto& list = told.kind == Told::Kind::created   ? changes.created
                     : told.kind == Told::Kind::updated ? changes.updated
                                                        : changes.destroyed;
        list.push_back(*told.id);
    }
    return changes;
}

Json changes_response(const std::string& account_id, const ChangesArguments& arguments, const Changes& changes) {
    return {{"accountId", account_id},
            {"oldState", arguments.since_text},
            {"newState", to_text(changes.state)},
            {"hasMoreChanges", changes.has_more},
            {"created", changes.created},
            {"updated", changes.updated},
            {"destroyed", changes.destroyed}};
}

}  // namespace jmap

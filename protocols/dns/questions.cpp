#include "protocols/dns/questions.h"

namespace dns {

Questions::Question& Questions::want(const std::set<Party>& parties, const std::string& name, RecordType type,
                                     Place place, Complete complete) {
    std::shared_ptr<Question>& question = questions_[{name, type}];
    if (!question) question = std::make_shared<Question>(Question{.name = name, .type = type});
    question->wanted.push_back(std::move(complete));
    for (const Party& party : parties) line_up(party, question, place);
    return *question;
}

void Questions::join(const Party& party, const std::string& name, RecordType type, Place place) {
    const auto found = questions_.find({name, type});
    if (found != questions_.end()) line_up(party, found->second, place);
}

void Questions::line_up(const Party& party, const std::shared_ptr<Question>& question, Place place) {
    if (question->is_asked || !question->waits_for.insert(party).second) return;
    if (place == Place::first) {
        turns_.push_begun(party, question);
    } else {
        turns_.push(party, question);
    }
}

// Nobody has more than a quarter, and the more are taken, the less: so there is a place for whoever comes next.
bool Questions::has_turn() {
    if (turns_.empty() || asked_ >= at_once_) return false;
    const std::size_t own = turns_.running_of_next();
    return own == 0 || own < (at_once_ - asked_) / 3;
}

Questions::Question* Questions::next() {
    while (has_turn()) {
        auto [party, question] = turns_.take();
        if (question->is_asked) {
            turns_.done(party);
            continue;
        }
        ++asked_;
        question->is_asked = true;
        question->asked_for = party;
        question->waits_for.clear();
        return question.get();
    }
    return nullptr;
}

void Questions::answer(Question& question, const RawAnswer& answer) {
    for (const Complete& complete : std::exchange(question.wanted, {})) complete(answer);
}

void Questions::ended(const Question& question) {
    --asked_;
    turns_.done(question.asked_for);
    questions_.erase({question.name, question.type});
}

void Questions::give_up(const RawAnswer& why) {
    for (const auto& [key, question] : questions_) answer(*question, why);
}

}  // namespace dns

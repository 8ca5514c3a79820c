// Whose question is asked next (questions.h). A letter is a party.
#include "protocols/dns/questions.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using dns::Questions;
using dns::RecordType;

namespace {

using Place = Questions::Place;

// Questions of parties, and what is asked.
struct Asking {
    void want(const std::string& party, const std::string& name, Place place = Place::last,
              RecordType type = RecordType::mx) {
        questions.want({party}, name, type, place, [this, party, name](const dns::RawAnswer& answer) {
            heard.push_back(party + " " + name + " " + *dns::why_not(answer));
        });
    }
    void want(const std::string& party, int from, int until) {
        for (int i = from; i < until; ++i) want(party, party + std::to_string(i));
    }
    // Asks what may be asked now; returns by whose turns.
    std::string ask() {
        std::string parties;
        while (Questions::Question* question = questions.next()) {
            asked.push_back(question);
            parties += question->asked_for;
        }
        return parties;
    }
    std::string last() const { return asked.back()->name; }
    void answer(std::size_t which) {
        Questions::Question& question = *asked[which];
        asked.erase(asked.begin() + static_cast<std::ptrdiff_t>(which));
        Questions::answer(question, dns::Unavailable{"answered"});
        questions.ended(question);
    }

    Questions questions{16};
    std::vector<Questions::Question*> asked{};  // and not answered
    std::vector<std::string> heard{};
};

}  // namespace

TEST_CASE("one party has a quarter at most, others still less, and whoever comes has a place") {
    Asking asking;
    asking.want("a", 0, 100);
    CHECK(asking.ask() == "aaaa");
    asking.want("b", 0, 100);
    CHECK(asking.ask() == "bbb");
    asking.want("c", 0, 100);
    CHECK(asking.ask() == "cc");
    for (const char* one : {"d", "e", "f", "g"}) asking.want(one, 0, 2);
    CHECK(asking.ask() == "defg");
    for (const char* one : {"h", "i", "j"}) {
        asking.want(one, 0, 2);
        CHECK(asking.ask() == one);
    }
    asking.want("k", 0, 1);
    CHECK(asking.ask().empty());  // all 16 are taken: it is next
    asking.answer(0);
    CHECK(asking.ask() == "k");
    asking.answer(0);
    CHECK(asking.ask().empty());  // this place is for whoever has none
    asking.want("l", 0, 1);
    CHECK(asking.ask() == "l");
}

TEST_CASE("what several want is asked once, in the first turn of any of them") {
    Asking asking;
    asking.want("a", 0, 20);
    asking.want("a", "both");
    CHECK(asking.ask() == "aaaa");
    asking.want("b", "both");
    CHECK(asking.ask() == "b");
    CHECK(asking.last() == "both");
    asking.want("c", "both");  // on its way: that needs no turn
    CHECK(asking.ask().empty());
    asking.answer(4);
    CHECK(asking.heard == std::vector<std::string>{"a both answered", "b both answered", "c both answered"});
    // It is not asked again when its turn comes for a.
    for (int i = 0; i < 20; ++i) {
        asking.answer(0);
        asking.ask();
    }
    CHECK(asking.asked.empty());
    CHECK(asking.heard.size() == 23);
    // Later it is another question.
    asking.want("a", "both");
    CHECK(asking.ask() == "a");
}

TEST_CASE("who waits for what others have asked for lends them a turn") {
    Asking asking;
    asking.want("a", 0, 20);
    CHECK(asking.ask() == "aaaa");
    asking.questions.join("b", "a19", RecordType::mx, Place::last);
    CHECK(asking.ask() == "b");
    CHECK(asking.last() == "a19");
    asking.questions.join("c", "a18", RecordType::a, Place::last);  // nobody wants that
    asking.questions.join("c", "a19", RecordType::mx, Place::last);
    CHECK(asking.ask().empty());
    asking.questions.want({"a", "c"}, "of both", RecordType::mx, Place::last, [](const dns::RawAnswer&) {});
    CHECK(asking.ask() == "c");
}

TEST_CASE("a name's types are different questions, and what belongs to an earlier question comes first in its line") {
    Asking asking;
    asking.want("a", 0, 6);
    asking.want("a", "host", Place::first, RecordType::a);
    asking.want("a", "host", Place::first, RecordType::aaaa);
    CHECK(asking.ask() == "aaaa");
    CHECK(asking.asked[0]->name == "host");
    CHECK(asking.asked[1]->name == "host");
    CHECK(asking.asked[0]->type != asking.asked[1]->type);
    CHECK(asking.asked[2]->name == "a0");
}

TEST_CASE("a question that was given up keeps its turn until it has ended") {
    Asking asking;
    asking.want("a", 0, 5);
    CHECK(asking.ask() == "aaaa");
    Questions::answer(*asking.asked[0], dns::Unavailable{"too late"});
    CHECK(asking.heard == std::vector<std::string>{"a a0 too late"});
    CHECK(asking.ask().empty());
    asking.want("b", "a0");
    CHECK(asking.ask().empty());  // it may still be answered
    asking.answer(0);
    CHECK(asking.heard.back() == "b a0 answered");
    CHECK(asking.ask() == "a");
    asking.want("b", "b0");
    asking.questions.give_up(dns::Unavailable{"the end"});
    CHECK(asking.heard.size() == 7);
    CHECK(asking.heard.back() == "b b0 the end");
}

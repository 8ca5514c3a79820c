// What waits to be asked of the DNS, and what has been asked and is not answered yet. Parties (accounts, networks) take
// turns: a party may name as many domains as it likes whose servers are silent, and each of them takes seconds. A
// question is asked once for all who want its answer, as soon as it is the turn of one of them. Pure: resolver.h asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "protocols/dns/answer.h"
#include "protocols/locking/fair_queue.h"

namespace dns {

// Whose question it is, such as an account or a network: each has its turn.
using Party = std::string;

class Questions {
  public:
    using Complete = std::function<void(RawAnswer)>;
    struct Question {
        std::string name;
        RecordType type{};
        bool is_asked = false;
        std::vector<Complete> wanted{};  // by those who have no answer yet
        Party asked_for{};               // whose turn it takes
        std::set<Party> waits_for{};     // those who have it in their line, until it is asked
    };
    // In its party's line.
    enum class Place : std::uint8_t { last, first };

    // So many are asked at once.
    explicit Questions(std::size_t at_once) : at_once_(at_once) {}

    // Has been asked already, or will be given by next(), in the first turn of any of the parties. It stays until it
    // has ended.
    Question& want(const std::set<Party>& parties, const std::string& name, RecordType type, Place place,
                   Complete complete);
    // If somebody waits for it: it is asked in this party's turn, too. Whose work waits for the answer that others want
    // does not wait for their turn.
    void join(const Party& party, const std::string& name, RecordType type, Place place);
    // One that is to be asked now; nullptr: none.
    Question* next();
    // To all who want it now; the question has not ended, and others may want its answer later.
    static void answer(Question& question, const RawAnswer& answer);
    // It occupies no one any more, and is forgotten.
    void ended(const Question& question);
    // To all, asked or not. Nothing is asked any more.
    void give_up(const RawAnswer& answer);

  private:
    void line_up(const Party& party, const std::shared_ptr<Question>& question, Place place);
    bool has_turn();

    const std::size_t at_once_;
    std::size_t asked_ = 0;
    std::map<std::pair<std::string, RecordType>, std::shared_ptr<Question>> questions_;
    locking::FairQueue<Party, std::shared_ptr<Question>> turns_;  // some may have been asked for others meanwhile
};

}  // namespace dns

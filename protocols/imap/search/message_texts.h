// Which of a search's texts a message holds, and where: in a field, in its body, anywhere. RFC 9051 §6.4.4. Each field
// and text of the message is decoded and looked through once for all of them (text_scanner.h), when first asked for.
// Used on the store's reader threads.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/search/program.h"
#include "protocols/mime/readable_summary.h"
#include "protocols/mime/summary_view.h"

namespace imap {

class MessageTexts {
  public:
    explicit MessageTexts(const SearchProgram& program) : program_(program), found_(program.places.size()) {}

    // What may be looked at from now on; it must outlive this.
    void give(const mime::SummaryView& summary) { summary_ = &summary; }
    void give_header(const std::string& section) { header_ = &section; }
    void give_content(const mime::ReadOctets& read) { read_ = &read; }

    // Whether the needle is in the place, both by their numbers in the program; nullopt: what tells that was not given.
    std::optional<bool> holds(std::size_t place, std::size_t needle);

  private:
    bool look(std::size_t place);
    void look_at_field(std::size_t place);
    void look_at_header();
    void look_at_content();
    std::optional<std::string> value_of(SearchNode::Kind field) const;
    std::vector<bool>& begin(std::size_t place);

    const SearchProgram& program_;
    const mime::SummaryView* summary_ = nullptr;
    const std::string* header_ = nullptr;
    const mime::ReadOctets* read_ = nullptr;
    std::vector<std::vector<bool>> found_;  // by place and needle; empty: not looked yet
};

}  // namespace imap

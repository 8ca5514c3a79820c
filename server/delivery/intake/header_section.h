// Collects an incoming message's header section up to its blank line, then completes it as RFC 6409 §8 allows. Pure.
// mime parses the fields; the intake decides who may send what.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/header_end.h"
#include "server/delivery/list_mail.h"

namespace server::delivery {

// Collects the header section from content in pieces of any size. It finds the end like the message parser
// (mime::HeaderEnd), so that both see the same message. The limit bounds its memory.
class HeaderCollector {
  public:
    explicit HeaderCollector(std::size_t most_octets) : most_octets_(most_octets) {}

    // Takes octets that may belong to the header section; returns how many. The rest is body.
    std::size_t take(std::string_view octets);
    // The content has ended.
    void finish();

    bool complete() const { return complete_; }
    bool too_large() const { return too_large_; }  // complete() is true only because the limit was reached
    bool irregular() const { return irregular_; }  // between its fields is a line that belongs to none
    bool has_blank_line() const { return has_blank_line_; }
    // Once complete: the section with its blank line, if the content had one, and without an mbox line.
    const std::string& section() const { return section_; }
    // Once complete: octets taken that are the beginning of the body, if the blank line was missing.
    const std::string& body_start() const { return body_start_; }
    std::size_t room() const { return most_octets_ - section_.size(); }
    std::size_t held_octets() const { return section_.capacity() + body_start_.capacity(); }
    // Frees the memory.
    void clear();

  private:
    void end_line();
    void end_before(std::size_t body);

    std::size_t most_octets_;
    mime::HeaderEnd rule_;
    std::string section_;
    std::string body_start_;
    std::size_t line_start_ = 0;
    std::size_t doubted_at_ = 0;  // where the line in doubt starts
    bool complete_ = false;
    bool too_large_ = false;
    bool irregular_ = false;
    bool has_blank_line_ = false;
};

// Facts about a section, for checking and completing it.
struct HeaderFacts {
    std::size_t fields = 0;
    std::size_t received = 0;
    bool is_signed = false;  // it has a DKIM-Signature
    bool resent_date = false;
    bool resent_message_id = false;
    std::optional<std::string_view> message_id;  // the first one's value
    std::size_t message_ids = 0;
    // The values of all such fields, folds included. They point into the section.
    std::vector<std::string_view> date;
    std::vector<std::string_view> from;
    std::vector<std::string_view> sender;
    std::vector<std::string_view> resent_from;
    std::vector<std::string_view> resent_sender;
    std::vector<std::string_view> delivered_to;
    std::vector<std::string_view> tls_required;
    ListFacts list;

    bool resent() const { return !resent_from.empty() || !resent_sender.empty(); }
};
HeaderFacts examine_header(std::string_view section);

// The author whose right to post, or to leave a list, is asked: the only one that From names; empty if that is not
// clear. to_list.cpp.
std::string author_of(const HeaderFacts& facts, const std::string& reverse_path);

// The names among Date and Message-ID whose fields are not RFC 5322's, or are there more than once (RFC 5322 §3.6):
// a submission gets new ones in their place (RFC 6409 §8.2, §8.3). None where somebody has signed the message.
std::vector<std::string_view> malformed_fields(const HeaderFacts& facts);
// Whether the sender wants no TLS policy enforced (RFC 8689 §3): the one field TLS-Required says "No".
bool says_tls_optional(const HeaderFacts& facts);

// The section without the fields of these names (in any ASCII case), and without fields Authentication-Results that
// claim to be of this server, unless that is empty: they are forged (RFC 8601 §5). Otherwise unchanged.
std::string without_fields(std::string_view section, const std::vector<std::string_view>& names,
                           std::string_view our_id = {});

}  // namespace server::delivery

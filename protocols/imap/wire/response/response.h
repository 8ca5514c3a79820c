// Server responses, appended to a string that the session sends. RFC 9051 §7, RFC 3501 §7 and the extensions named.
// FETCH responses have their own writer: response/fetch.h. The session decides what to send, and when.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/sequence_set.h"

namespace imap::wire {

// ---- data formats (RFC 9051 §4), appended to out

void append_number(std::string& out, std::uint64_t number);
// The label unchanged, then the number.
void append_labelled(std::string& out, std::string_view label, std::uint64_t number);

// string: quoted, if no octet needs escaping; else appends nothing and returns false.
bool append_plain_string(std::string& out, std::string_view text);

// string: quoted if the text is short and allowed there, else a literal. 8-bit text is quoted only if utf8, and valid.
void append_string(std::string& out, std::string_view text, bool utf8);
void append_nstring(std::string& out, std::optional<std::string_view> text, bool utf8);

// astring: an atom if possible.
void append_astring(std::string& out, std::string_view text, bool utf8);

// A mailbox name, given in UTF-8: always quoted (CLIENTS.md 9), in modified UTF-7 unless utf8.
void append_mailbox(std::string& out, std::string_view name, bool utf8);

// "\Seen \Flagged $Forwarded" without parentheses: system_flag bits, \Recent, keywords.
void append_flags(std::string& out, std::uint8_t system, bool recent, std::span<const std::string_view> keywords);

// ---- responses, each a whole line with its CRLF

enum class Condition : std::uint8_t { ok, no, bad, preauth, bye };

// One LIST or LSUB response.
struct ListResponse {
    std::span<const std::string_view> attributes;  // "\HasNoChildren", "\Drafts", in the order to print
    std::string_view mailbox;                      // UTF-8
    bool lsub = false;
    bool xlist = false;
    bool child_subscribed = false;             // CHILDINFO ("SUBSCRIBED"), RFC 5258 §3.5
    std::optional<std::string_view> old_name;  // OLDNAME, RFC 9051 §6.3.9.7
};

// One resource of a quota root (RFC 9208 §4.2.1), in the resource's own unit.
struct QuotaResource {
    std::string_view name;
    std::uint64_t usage = 0;
    std::uint64_t limit = 0;
};

// One entry of an access control list (RFC 4314 §3.6).
struct AclEntry {
    std::string identifier;    // with "-" before a negative one
    std::uint16_t rights = 0;  // right bits
};

// One entry of metadata and its value (RFC 5464 §4.4.1); without one it is NIL.
struct MetadataValue {
    std::string_view name;
    std::optional<std::string_view> value;
};

// The search, and the mailbox, that a response is about (RFC 4466 §2.6.2, RFC 7377 §4).
struct SearchCorrelator {
    std::string_view tag;  // of the command; empty: not printed
    // Only for commands that may search other mailboxes: the name in UTF-8, and its UIDVALIDITY.
    std::optional<std::string_view> mailbox;
    std::uint32_t uid_validity = 0;
};

// One ESEARCH response (RFC 4731 §3.1, RFC 9394 §3.1). Absent members are not printed.
struct EsearchResponse {
    SearchCorrelator of;
    bool uid = false;
    std::optional<std::uint32_t> min;
    std::optional<std::uint32_t> max;
    std::optional<std::uint32_t> count;
    std::span<const NumberRange> all;     // not printed if empty (RFC 4731 §3.1: no ALL without a match)
    std::optional<PartialRange> partial;  // with partial_results, NIL if those are empty
    std::span<const NumberRange> partial_results;
    std::optional<std::uint64_t> mod_seq;  // RFC 7162 §3.1.10
    // RFC 6203 §4: one for each result, in order, 1 to 100.
    std::optional<std::span<const std::uint8_t>> relevancy;
};

// Results to be inserted or removed at this position; position 0: sorted in mailbox order (RFC 5267 §4.3).
struct ResultUpdate {
    std::uint32_t position = 0;
    std::vector<NumberRange> results;
    friend bool operator==(const ResultUpdate&, const ResultUpdate&) = default;
};

// A message in a thread, followed by its children (RFC 5256 §4). Number 0: no message, only a common parent.
struct ThreadNode {
    std::uint32_t number = 0;
    std::uint32_t children = 0;
    friend bool operator==(const ThreadNode&, const ThreadNode&) = default;
};

// Appends responses to one string. Cheap to create; views out, which must outlive it.
class ResponseWriter {
  public:
    // utf8: the session has enabled UTF8=ACCEPT or IMAP4rev2.
    explicit ResponseWriter(std::string& out, bool utf8 = false) : out_(out), utf8_(utf8) {}

    // "tag OK [code] text"; an empty code is left out. Control and (unless utf8) 8-bit octets in text become '?'. tag
    // "*": untagged.
    void status(std::string_view tag, Condition condition, std::string_view code, std::string_view text);

    // "+ text".
    void continuation(std::string_view text);

    void capability(std::string_view names);                                         // "* CAPABILITY …"
    void enabled(std::span<const std::string_view> names);                           // RFC 5161
    void id(std::span<const std::pair<std::string_view, std::string_view>> fields);  // RFC 2971; none is NIL
    void namespaces(std::string_view other_users);  // RFC 2342: one's own mailboxes at "", other users' at this prefix
    void flags(std::uint8_t system, std::span<const std::string_view> keywords);  // "* FLAGS (…)"
    void exists(std::uint32_t messages);
    void recent(std::uint32_t messages);
    void expunge(std::uint32_t message_number);
    void vanished(std::span<const NumberRange> uids, bool earlier);  // writes nothing if there are no UIDs
    void list(const ListResponse& response);
    void mailbox_status(std::string_view mailbox, std::span<const std::pair<StatusItem, std::uint64_t>> values);
    void quota(std::string_view root,
               std::span<const QuotaResource> resources);  // RFC 9208 §7; nothing if empty
    void quota_root(std::string_view mailbox, std::span<const std::string_view> quota_roots);  // RFC 9208 §4.2.2
    void acl(std::string_view mailbox, std::span<const AclEntry> entries);                     // RFC 4314 §3.6
    // RFC 4314 §3.7: rights always granted, and those that can be granted one by one.
    void list_rights(std::string_view mailbox, std::string_view identifier, std::uint16_t required,
                     std::uint16_t optional);
    void my_rights(std::string_view mailbox, std::uint16_t rights);                  // RFC 4314 §3.8
    void metadata(std::string_view mailbox, std::span<const MetadataValue> values);  // writes nothing without values
    void metadata_changed(std::string_view mailbox, std::span<const std::string> names);  // RFC 5464 §4.4.2
    // RFC 10022: the tag, then ranges, each with the larger number first.
    void uid_batches(std::string_view tag, std::span<const NumberRange> ranges);
    void search(std::span<const std::uint32_t> numbers, std::optional<std::uint64_t> mod_seq);
    void sort(std::span<const std::uint32_t> numbers, std::optional<std::uint64_t> mod_seq);  // RFC 5256 §4
    void thread(std::span<const ThreadNode> threads);  // RFC 5256 §4; of any depth
    void esearch(const EsearchResponse& response);
    // ADDTO and REMOVEFROM (RFC 5267 §4.3.3, §4.3.4); writes nothing without updates.
    void results_added(const SearchCorrelator& of, bool uid, std::span<const ResultUpdate> updates);
    void results_removed(const SearchCorrelator& of, bool uid, std::span<const ResultUpdate> updates);

  private:
    void count(std::uint32_t number, std::string_view name);
    void update_results(const SearchCorrelator& of, bool uid, std::string_view name,
                        std::span<const ResultUpdate> updates);

    std::string& out_;
    bool utf8_;
};

// ---- response codes, without brackets

// "PERMANENTFLAGS (\Seen … \*)"; more: new keywords are possible ("\*").
std::string permanent_flags_code(std::uint8_t system, std::span<const std::string_view> keywords, bool more);

// "INPROGRESS ("A1" 175 1000)": done and goal (RFC 9585 §4). A tag with "]" is not allowed in a code: NIL.
std::string in_progress_code(std::string_view tag, std::uint32_t done, std::uint32_t goal);

// "NOUPDATE "B02"" (RFC 5267 §4.3.1). The tag has no "]".
std::string no_update_code(std::string_view tag);

// "APPENDUID 38505 3955" (RFC 4315 §3).
std::string append_uid_code(std::uint32_t uid_validity, std::span<const NumberRange> uids);

// "COPYUID 38505 304,319:320 3956:3958" (RFC 4315 §3); the two sets pair in order.
std::string copy_uid_code(std::uint32_t uid_validity, std::span<const NumberRange> from,
                          std::span<const NumberRange> to);

}  // namespace imap::wire

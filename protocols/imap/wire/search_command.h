// SEARCH, SORT, THREAD and their arguments as values, for command.h. RFC 9051 §6.4.4, RFC 5256, RFC 5267, and the
// extensions named at each field. parse/search.cpp fills them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocols/imap/wire/date_time.h"
#include "protocols/imap/wire/fetch_item.h"
#include "protocols/imap/wire/mailbox_filter.h"
#include "protocols/imap/wire/sequence_set.h"

namespace imap::wire {

// PARTIAL of RFC 9394: results from..to counted from the oldest, or from the newest if from_end. As sent: 500:400 means
// 400:500. Neither is 0.
struct PartialRange {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    bool from_end = false;
};

// One search key. Each kind says which members it uses.
struct SearchKey {
    enum class Kind : std::uint8_t {
        all,
        every,         // children: all of them match (a parenthesised list, or the whole program)
        either,        // children: OR, two of them
        negation,      // children: NOT, one
        fuzzy,         // children: FUZZY, one (RFC 6203)
        message_set,   // set: message numbers, or "$"
        uid_set,       // set: UIDs, or "$"
        flag,          // flag: one system_flag bit
        recent,        // RFC 3501
        keyword,       // text
        before,        // date, by internal date, ignoring time and zone
        on,            // date
        since,         // date
        sent_before,   // date, by the Date field
        sent_on,       // date
        sent_since,    // date
        bcc,           // text, in the charset of Search
        cc,            // text
        from,          // text
        to,            // text
        subject,       // text
        header,        // name, text; with an empty text the field must exist
        body,          // text
        text,          // text
        larger,        // number: octets
        smaller,       // number
        older,         // number: seconds (RFC 5032)
        younger,       // number
        mod_seq,       // number: at least this (RFC 7162 §3.1.5); entry name and type are ignored
        email_id,      // text: EMAILID (RFC 8474 §6)
        thread_id,     // text: THREADID
        saved_before,  // date, by the save date (RFC 8514 §4.3); SAVEDATESUPPORTED becomes `every`
        saved_on,      // date
        saved_since,   // date
    };
    Kind kind = Kind::all;
    std::uint8_t flag = 0;
    std::uint64_t number = 0;
    std::chrono::year_month_day date{};
    std::string name;
    std::string text;
    SequenceSet set;
    std::vector<SearchKey> children;
};

// SEARCH RETURN (...): RFC 4731; save: RFC 5182; partial: RFC 9394.
struct SearchReturn {
    bool min = false;
    bool max = false;
    bool all = false;
    bool count = false;
    bool save = false;
    bool relevancy = false;              // RFC 6203 §4; only with a FUZZY key
    bool update = false;                 // RFC 5267 §4.3; CONTEXT, a hint, is ignored
    std::vector<FetchItem> update_atts;  // of each new message among the results (RFC 5465 §7)
    std::optional<PartialRange> partial;
};

// RFC 9051 §6.4.4. UNSEEN and similar keys are negations, NEW and OLD are composed of recent and seen.
struct Search {
    bool uid = false;
    std::optional<SearchReturn> returns;  // present: answer ESEARCH; "RETURN ()" is ALL
    std::string charset;     // upper case; empty: US-ASCII (UTF-8 once UTF8=ACCEPT or IMAP4rev2 is enabled)
    SearchKey key;           // Kind::every over the program
    bool fuzzy = false;      // some key is FUZZY
    bool by_number = false;  // a key has message numbers: no EXPUNGE may be sent meanwhile (RFC 9051 §6.4.9)
    // From ESEARCH: responses name the mailbox; message numbers beyond its last message match nothing (RFC 7377 §2).
    bool esearch = false;
};

// SEARCH of several mailboxes, by UID. RFC 7377.
struct Esearch {
    std::vector<MailboxFilter> sources;  // at least one; "selected" if none was given
    Search search;
};

// RFC 5256; display_from, display_to: RFC 5957; relevancy: RFC 6203 §6, only with a FUZZY key.
struct SortCriterion {
    enum class Key : std::uint8_t { arrival, cc, date, display_from, display_to, from, relevancy, size, subject, to };
    Key key = Key::arrival;
    bool reverse = false;
    friend bool operator==(const SortCriterion&, const SortCriterion&) = default;
};

// SORT and UID SORT: RFC 5256; with RETURN options: ESORT, RFC 5267 §3.
struct Sort {
    std::vector<SortCriterion> criteria;  // at least one
    Search search;                        // what to sort, and which numbers and options to answer with
};

// THREAD and UID THREAD: RFC 5256.
struct Thread {
    enum class Algorithm : std::uint8_t { ordered_subject, references };
    Algorithm algorithm = Algorithm::ordered_subject;
    Search search;  // what to thread, and which numbers to answer with
};

// RFC 5267 §4.3.5. The tags of searching commands with UPDATE.
struct CancelUpdate {
    std::vector<std::string> tags;  // at least one
};

}  // namespace imap::wire

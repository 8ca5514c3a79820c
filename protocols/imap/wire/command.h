// What a client asked for, as values: one struct for each IMAP command, all of them in AnyCommand.
// RFC 3501 §6, RFC 9051 §6 and the extensions named at each field. Filled by parse/*.cpp from rules.cpp's table, done
// by commands/. SEARCH and its kin stand in search_command.h. To add a command: a struct here,
// its line in AnyCommand below, a parser in parse/*.cpp, a row in rules.cpp; protocols/README.md says the rest.
//
// Strings are owned, so a command may outlive any co_await. Mailbox names are UTF-8, decoded from modified UTF-7 unless
// the session uses UTF-8; INBOX in any case is "INBOX", also as the first level of a longer name. Some capabilities
// that a session does not announce are parsed too, where noted; the session then refuses them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "protocols/bits/right.h"
#include "protocols/bits/system_flag.h"
#include "protocols/imap/wire/date_time.h"
#include "protocols/imap/wire/fetch_item.h"
#include "protocols/imap/wire/mailbox_filter.h"
#include "protocols/imap/wire/search_command.h"
#include "protocols/imap/wire/sequence_set.h"

namespace imap::wire {

struct CommandRule;

// Separates the levels of all mailbox names.
inline constexpr char hierarchy_separator = '/';

namespace right = bits::right;
namespace system_flag = bits::system_flag;

// Flags as a client names them; keywords as written, without repetition (ignoring case, RFC 9051 §2.3.2).
struct FlagList {
    std::uint8_t system = 0;  // system_flag bits
    std::vector<std::string> keywords;
    friend bool operator==(const FlagList&, const FlagList&) = default;
};

// ---- any state

struct Capability {};
struct Noop {};
struct Logout {};

// RFC 2971. "NIL" is an empty list.
struct Id {
    std::vector<std::pair<std::string, std::optional<std::string>>> fields;
};

// ---- not authenticated

struct StartTls {};

// RFC 9051 §6.2.2; the initial response: RFC 4959 ("=" is an empty one; absent: the client waits for "+ "). The
// response is base64, as sent. The session reads the following lines.
struct Authenticate {
    std::string mechanism;  // upper case
    std::optional<std::string> initial_response;
};

struct Login {
    std::string user;
    std::string password;
};

// ---- authenticated

// RFC 5161. Names in upper case.
struct Enable {
    std::vector<std::string> capabilities;
};

// What a client has cached of a mailbox: SELECT's QRESYNC parameter. RFC 7162 §3.2.5.
struct QuickResync {
    std::uint32_t uid_validity = 0;
    std::uint64_t mod_seq = 0;
    std::optional<SequenceSet> known_uids;
    std::optional<std::pair<SequenceSet, SequenceSet>> match;  // known message numbers and their UIDs
};

// SELECT and EXAMINE.
struct Select {
    std::string mailbox;
    bool read_only = false;  // EXAMINE
    bool condstore = false;  // RFC 7162 §3.1.8
    std::optional<QuickResync> qresync;
};

struct Create {
    std::string mailbox;                   // without a trailing hierarchy separator
    bool only_names_to_come = false;       // it had one: the client will create names below it (§6.3.4)
    std::vector<std::string> special_use;  // USE (...), RFC 6154 §3: "\Drafts", in the registered spelling if known
};

struct Delete {
    std::string mailbox;
};
struct Rename {
    std::string from;
    std::string to;
};
struct Subscribe {
    std::string mailbox;
};
struct Unsubscribe {
    std::string mailbox;
};

// STATUS data items. RFC 9051 §6.3.11; recent: RFC 3501; highest_mod_seq: RFC 7162; size: RFC 8438; deleted_storage:
// RFC 9208; mailbox_id: RFC 8474; append_limit: RFC 7889.
enum class StatusItem : std::uint8_t {
    messages,
    recent,
    uid_next,
    uid_validity,
    unseen,
    deleted,
    size,
    highest_mod_seq,
    deleted_storage,
    mailbox_id,
    append_limit,
};

struct Status {
    std::string mailbox;
    std::vector<StatusItem> items;  // in the requested order, without repetition
};

// RFC 3501 §6.3.8, RFC 5258; STATUS: RFC 5819; SPECIAL-USE: RFC 6154; METADATA: RFC 9590;
// MYRIGHTS: RFC 8440.
struct List {
    struct Selection {  // which mailboxes; if several are set, all must hold
        bool subscribed = false;
        bool remote = false;
        bool recursive_match = false;
        bool special_use = false;
    };
    struct Return {  // what to return for each
        bool subscribed = false;
        bool children = false;
        bool special_use = false;
        bool my_rights = false;
        std::vector<StatusItem> status;     // empty: no STATUS responses
        std::vector<std::string> metadata;  // entries; empty: no METADATA responses
    };
    std::string reference;
    std::vector<std::string> patterns;  // at least one; with '*' and '%'; an empty one asks for the separator
    bool extended = false;              // any part of RFC 5258's syntax was used
    bool xlist = false;                 // XLIST, the predecessor of RFC 6154
    Selection select;
    Return returns;
};

// RFC 3501 §6.3.9.
struct Lsub {
    std::string reference;
    std::string pattern;
};

struct Namespace {};  // RFC 2342

// RFC 9208 §4.1. A quota root is an opaque name.
struct GetQuota {
    std::string root;
};
struct GetQuotaRoot {
    std::string mailbox;
};
struct SetQuota {
    std::string root;
    std::vector<std::pair<std::string, std::uint64_t>> limits;  // resource in upper case; none twice
};

// RFC 5464 §4.2. Entries are paths below /private or /shared, as written; their case does not matter.
struct GetMetadata {
    enum class Depth : std::uint8_t { zero, one, infinity };
    std::string mailbox;  // empty: the server
    std::vector<std::string> entries;
    Depth depth = Depth::zero;
    std::optional<std::uint32_t> max_size;  // octets of a value
};

// RFC 5464 §4.3. A value may be any octets; NIL removes the entry.
struct SetMetadata {
    std::string mailbox;  // empty: the server
    std::vector<std::pair<std::string, std::optional<std::string>>> entries;
};

// RFC 4314 §3. An identifier is an account's name or "anyone", perhaps after a "-"; it still has to be prepared (§3).
struct SetAcl {
    enum class Mode : std::uint8_t { replace, add, remove };
    std::string mailbox;
    std::string identifier;
    Mode mode = Mode::replace;
    std::uint16_t rights = 0;  // right bits; the obsolete "c" is "kx", "d" is "te" (§2.1.1)
};
struct DeleteAcl {
    std::string mailbox;
    std::string identifier;
};
struct GetAcl {
    std::string mailbox;
};
struct ListRights {
    std::string mailbox;
    std::string identifier;
};
struct MyRights {
    std::string mailbox;
};

struct Idle {};  // RFC 2177; DONE is read by the session

struct Unauthenticate {};  // RFC 8437

// RFC 4978. There is one mechanism.
struct Compress {
    std::string mechanism;  // upper case
};

// The parts of an APPEND, in the order in which they come (RFC 4466 §2.7, append-message; RFC 4469 §5). A message
// begins: it consists of the literals and URLs up to the next message.
struct AppendMessage {
    FlagList flags;
    std::optional<DateTime> date;  // internal date; absent: now
    bool catenate = false;         // from any number of parts (RFC 4469); else from one literal
};
// Octets that the server already has: those of a message, or of a part of it (parse/message_url.h). The session checks
// it.
struct AppendUrl {
    std::string url;
};
// A literal follows. The session reads its octets.
struct AppendLiteral {
    std::uint64_t octets = 0;
    bool synchronizing = true;  // the client waits for "+ "
    bool binary = false;        // literal8: may contain NUL (RFC 3516 §4.4)
    bool utf8 = false;          // UTF8 (~{n}): part of an RFC 6532 message (RFC 6855 §4)
    bool is_url = false;        // a URL, not octets of the message: see AppendUrl
};
using AppendPart = std::variant<AppendMessage, AppendUrl, AppendLiteral>;

// What is known of it before the next literal's octets.
struct AppendParts {
    std::vector<AppendPart> parts;
    bool complete = false;  // nothing more follows; else the last part is an AppendLiteral
};

// How far an APPEND is behind a literal: what it has opened and not closed.
struct AppendProgress {
    bool in_list = false;             // CATENATE (
    bool in_utf8 = false;             // UTF8 (
    std::size_t messages = SIZE_MAX;  // how many more may begin
};

// RFC 9051 §6.3.12. Complete up to its first literal, or whole if it has none; Receiver::append_line returns what
// follows a literal: the rest of a message, more messages (RFC 3502, MULTIAPPEND), the end.
struct Append {
    std::string mailbox;
    AppendParts first;
};

// ---- selected

// RFC 8508 §3. Comes in parts like Append, with one message.
struct Replace {
    bool uid = false;
    SequenceSet message;  // one number, or "*"
    std::string mailbox;
    AppendParts first;
};

struct Check {};
struct Close {};
struct Unselect {};  // RFC 3691

struct Expunge {
    std::optional<SequenceSet> uids;  // UID EXPUNGE, RFC 4315 §2.1
};

// RFC 10022: UID ranges with `size` messages each, counted from the newest; all of them, or only from..to.
struct UidBatches {
    std::uint32_t size = 0;
    std::optional<std::pair<std::uint32_t, std::uint32_t>>
        batches;  // 1 is the newest; as sent, so `from` may exceed `to`
    friend bool operator==(const UidBatches&, const UidBatches&) = default;
};

struct Fetch {
    bool uid = false;
    SequenceSet messages;
    std::vector<FetchItem> items;                // macros (ALL, FAST, FULL) expanded; none twice
    std::optional<std::uint64_t> changed_since;  // RFC 7162 §3.1.4.1; 0 is accepted (CLIENTS.md 16)
    bool vanished = false;                       // RFC 7162 §3.2.6
    std::optional<PartialRange> partial;         // RFC 9394
};

struct Store {
    enum class Mode : std::uint8_t { replace, add, remove };
    bool uid = false;
    SequenceSet messages;
    std::optional<std::uint64_t> unchanged_since;  // RFC 7162 §3.1.3
    Mode mode = Mode::replace;
    bool silent = false;
    FlagList flags;
};

struct Copy {
    bool uid = false;
    SequenceSet messages;
    std::string mailbox;
};

// RFC 6851.
struct Move {
    bool uid = false;
    SequenceSet messages;
    std::string mailbox;
};

// The events that a client wants for some mailboxes. RFC 5465 §5. message_new and message_expunge go together.
struct NotifyEvents {
    bool message_new = false;
    bool message_expunge = false;
    bool flag_change = false;
    bool mailbox_name = false;
    bool subscription_change = false;
    bool mailbox_metadata_change = false;
    bool server_metadata_change = false;
    bool unsupported = false;           // AnnotationChange, or an unknown event
    std::vector<FetchItem> fetch_atts;  // of each new message; only for the selected mailbox
};
struct NotifyGroup {
    MailboxFilter mailboxes;
    NotifyEvents events;  // none: NONE
};
struct Notify {
    bool none = false;                // NOTIFY NONE
    bool status = false;              // send STATUS responses at once
    std::vector<NotifyGroup> groups;  // of NOTIFY SET: at most one for the selected mailbox
};

using AnyCommand =
    std::variant<Capability, Noop, Logout, Id, StartTls, Authenticate, Login, Enable, Select, Create, Delete, Rename,
                 Subscribe, Unsubscribe, List, Lsub, Namespace, GetQuota, GetQuotaRoot, SetQuota, GetMetadata,
                 SetMetadata, SetAcl, DeleteAcl, GetAcl, ListRights, MyRights, Status, Append, Replace, Idle, Notify,
                 Compress, Unauthenticate, Check, Close, Unselect, Expunge, UidBatches, Search, Esearch, Sort, Thread,
                 CancelUpdate, Fetch, Store, Copy, Move>;

struct Command;  // any_command.h

}  // namespace imap::wire

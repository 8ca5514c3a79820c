// The table of commands and the list of extensions. RFC 9051 §6, and the RFC of each extension in its row.
#include "protocols/imap/wire/parse/rules.h"

#include <algorithm>
#include <array>

#include "protocols/base/text.h"
#include "protocols/imap/wire/any_command.h"
#include "protocols/imap/wire/parse/parsers.h"

namespace imap::wire {
namespace {

constexpr std::uint8_t before_login = state::not_authenticated;
constexpr std::uint8_t after_login = state::authenticated | state::selected;
constexpr std::uint8_t selected = state::selected;

constexpr std::array rules = {
    CommandRule{"CAPABILITY", state::any, Numbers::none, parse_nothing<Capability>, ""},
    CommandRule{"NOOP", state::any, Numbers::none, parse_nothing<Noop>, ""},
    CommandRule{"LOGOUT", state::any, Numbers::none, parse_nothing<Logout>, ""},
    CommandRule{"ID", state::any, Numbers::none, parse_id, "ID"},  // RFC 2971

    CommandRule{"STARTTLS", before_login, Numbers::none, parse_nothing<StartTls>, ""},
    CommandRule{"AUTHENTICATE", before_login, Numbers::none, parse_authenticate, ""},
    CommandRule{"LOGIN", before_login, Numbers::none, parse_login, ""},

    CommandRule{"ENABLE", after_login, Numbers::none, parse_enable, "ENABLE"},  // RFC 5161
    CommandRule{"SELECT", after_login, Numbers::none, parse_select, ""},
    CommandRule{"EXAMINE", after_login, Numbers::none, parse_examine, ""},
    CommandRule{"CREATE", after_login, Numbers::none, parse_create, ""},
    CommandRule{"DELETE", after_login, Numbers::none, parse_delete, ""},
    CommandRule{"RENAME", after_login, Numbers::none, parse_rename, ""},
    CommandRule{"SUBSCRIBE", after_login, Numbers::none, parse_subscribe, ""},
    CommandRule{"UNSUBSCRIBE", after_login, Numbers::none, parse_unsubscribe, ""},
    CommandRule{"LIST", after_login, Numbers::none, parse_list, ""},
    CommandRule{"XLIST", after_login, Numbers::none, parse_xlist, "XLIST"},  // CLIENTS.md 4
    CommandRule{"LSUB", after_login, Numbers::none, parse_lsub, ""},
    CommandRule{"NAMESPACE", after_login, Numbers::none, parse_nothing<Namespace>, "NAMESPACE"},  // RFC 2342
    CommandRule{"GETQUOTA", after_login, Numbers::none, parse_getquota, "QUOTA"},                 // RFC 9208
    CommandRule{"GETQUOTAROOT", after_login, Numbers::none, parse_getquotaroot, "QUOTA"},
    CommandRule{"SETQUOTA", after_login, Numbers::none, parse_setquota, "QUOTA"},           // refused, so no QUOTASET
    CommandRule{"GETMETADATA", after_login, Numbers::none, parse_getmetadata, "METADATA"},  // RFC 5464
    CommandRule{"SETMETADATA", after_login, Numbers::none, parse_setmetadata, "METADATA"},
    CommandRule{"SETACL", after_login, Numbers::none, parse_setacl, "ACL"},  // RFC 4314
    CommandRule{"DELETEACL", after_login, Numbers::none, parse_deleteacl, "ACL"},
    CommandRule{"GETACL", after_login, Numbers::none, parse_getacl, "ACL"},
    CommandRule{"LISTRIGHTS", after_login, Numbers::none, parse_listrights, "ACL"},
    CommandRule{"MYRIGHTS", after_login, Numbers::none, parse_myrights, "ACL"},
    CommandRule{"STATUS", after_login, Numbers::none, parse_status, ""},
    CommandRule{"APPEND", after_login, Numbers::none, parse_append, ""},
    CommandRule{"IDLE", after_login, Numbers::none, parse_nothing<Idle>, "IDLE"},  // RFC 2177
    CommandRule{"NOTIFY", after_login, Numbers::none, parse_notify, "NOTIFY"},     // RFC 5465
    CommandRule{"COMPRESS", after_login, Numbers::none, parse_compress, ""},       // RFC 4978
    CommandRule{"UNAUTHENTICATE", after_login, Numbers::none, parse_nothing<Unauthenticate>,
                "UNAUTHENTICATE"},  // RFC 8437

    CommandRule{"ESEARCH", after_login, Numbers::uid, parse_esearch, "MULTISEARCH"},      // RFC 7377
    CommandRule{"UID ESEARCH", after_login, Numbers::uid, parse_esearch, "MULTISEARCH"},  // also written so in its §2

    CommandRule{"CHECK", selected, Numbers::none, parse_nothing<Check>, ""},
    CommandRule{"CLOSE", selected, Numbers::none, parse_nothing<Close>, ""},
    CommandRule{"UNSELECT", selected, Numbers::none, parse_nothing<Unselect>, "UNSELECT"},  // RFC 3691
    CommandRule{"EXPUNGE", selected, Numbers::none, parse_nothing<Expunge>, ""},
    CommandRule{"UID EXPUNGE", selected, Numbers::uid, parse_uid_expunge, "UIDPLUS"},    // RFC 4315
    CommandRule{"UIDBATCHES", selected, Numbers::uid, parse_uid_batches, "UIDBATCHES"},  // RFC 10022
    CommandRule{"SEARCH", selected, Numbers::message, parse_search, ""},
    CommandRule{"UID SEARCH", selected, Numbers::uid, parse_uid_search, ""},
    CommandRule{"SORT", selected, Numbers::message, parse_sort, "SORT"},  // RFC 5256
    CommandRule{"UID SORT", selected, Numbers::uid, parse_uid_sort, "SORT"},
    CommandRule{"THREAD", selected, Numbers::message, parse_thread, "THREAD=ORDEREDSUBJECT"},  // RFC 5256
    CommandRule{"UID THREAD", selected, Numbers::uid, parse_uid_thread, "THREAD=REFERENCES"},
    CommandRule{"CANCELUPDATE", selected, Numbers::none, parse_cancel_update, "CONTEXT=SEARCH"},  // RFC 5267
    CommandRule{"FETCH", selected, Numbers::message, parse_fetch, ""},
    CommandRule{"UID FETCH", selected, Numbers::uid, parse_uid_fetch, ""},
    CommandRule{"STORE", selected, Numbers::message, parse_store, ""},
    CommandRule{"UID STORE", selected, Numbers::uid, parse_uid_store, ""},
    CommandRule{"COPY", selected, Numbers::message, parse_copy, ""},
    CommandRule{"UID COPY", selected, Numbers::uid, parse_uid_copy, ""},
    CommandRule{"REPLACE", selected, Numbers::message, parse_replace, "REPLACE"},  // RFC 8508
    CommandRule{"UID REPLACE", selected, Numbers::uid, parse_uid_replace, "REPLACE"},
    CommandRule{"MOVE", selected, Numbers::message, parse_move, "MOVE"},  // RFC 6851
    CommandRule{"UID MOVE", selected, Numbers::uid, parse_uid_move, "MOVE"},
};

// Capabilities without a command: parameters, response data, behaviour; with the states in which they are listed.
struct Extension {
    std::string_view name;
    std::uint8_t states;
};
constexpr std::array extensions = {
    Extension{"LITERAL+", state::any},             // RFC 7888 §5: includes LITERAL-, which must not be listed too
    Extension{"SASL-IR", before_login},            // RFC 4959
    Extension{"CHILDREN", after_login},            // RFC 3348
    Extension{"LIST-EXTENDED", after_login},       // RFC 5258
    Extension{"LIST-MYRIGHTS", after_login},       // RFC 8440
    Extension{"RIGHTS=kxte", after_login},         // RFC 4314 §5.1.1
    Extension{"LIST-METADATA", after_login},       // RFC 9590
    Extension{"METADATA-SERVER", after_login},     // RFC 5464 §1: beside METADATA, for clients that look only for this
    Extension{"LIST-STATUS", after_login},         // RFC 5819
    Extension{"SPECIAL-USE", after_login},         // RFC 6154
    Extension{"CREATE-SPECIAL-USE", after_login},  // RFC 6154 §3
    Extension{"STATUS=SIZE", after_login},         // RFC 8438
    Extension{"QUOTA=RES-STORAGE", after_login},   // RFC 9208 §5.1
    Extension{"QUOTA=RES-MESSAGE", after_login},   // RFC 9208 §5.2
    Extension{"CONDSTORE", after_login},           // RFC 7162
    Extension{"QRESYNC", after_login},             // RFC 7162 §3.2
    Extension{"ESEARCH", after_login},             // RFC 4731
    Extension{"SEARCHRES", after_login},           // RFC 5182
    Extension{"PARTIAL", after_login},             // RFC 9394
    Extension{"OBJECTID", after_login},            // RFC 8474
    Extension{"SAVEDATE", after_login},            // RFC 8514
    Extension{"INPROGRESS", after_login},          // RFC 9585
    Extension{"WITHIN", after_login},              // RFC 5032
    Extension{"SORT=DISPLAY", after_login},        // RFC 5957
    Extension{"ESORT", after_login},               // RFC 5267 §3
    Extension{"CONTEXT=SORT", after_login},        // RFC 5267 §4
    Extension{"SEARCH=FUZZY", after_login},        // RFC 6203
    Extension{"I18NLEVEL=1", after_login},         // RFC 5255 §4.3
    Extension{"MULTIAPPEND", after_login},         // RFC 3502
    Extension{"CATENATE", after_login},            // RFC 4469
    Extension{"PREVIEW", after_login},             // RFC 8970
    Extension{"BINARY", after_login},              // RFC 3516
    Extension{"UTF8=ACCEPT", after_login},         // RFC 6855
};

// Listed even before log-in: clients may use ID there, and one old client wants to see IDLE in the greeting (CLIENTS.md
// 18).
constexpr std::array listed_before_login = {std::string_view("ID"), std::string_view("ENABLE"),
                                            std::string_view("IDLE")};

std::string compose_capabilities(std::uint8_t of_state) {
    std::string out = "IMAP4rev1 IMAP4rev2";
    const auto tell = [&](std::string_view name) {
        out += ' ';
        out += name;
    };
    for (const Extension& extension : extensions) {
        if ((extension.states & of_state) != 0) tell(extension.name);
    }
    std::string_view last;
    for (const CommandRule& rule : rules) {
        const bool early = std::ranges::find(listed_before_login, rule.capability) != listed_before_login.end();
        if (rule.capability.empty() || rule.capability == last) continue;
        if (!early && (rule.states & of_state) == 0 && of_state == before_login) continue;
        tell(rule.capability);
        last = rule.capability;
    }
    return out;
}

}  // namespace

std::span<const CommandRule> command_rules() { return rules; }

const CommandRule* find_rule(std::string_view name) {
    const auto* const found =
        std::ranges::find_if(rules, [&](const CommandRule& rule) { return base::iequals(rule.name, name); });
    return found == rules.end() ? nullptr : found;
}

bool uses_message_numbers(const Command& command) {
    const Search* search = std::get_if<Search>(&command.body);
    if (const auto* esearch = std::get_if<Esearch>(&command.body)) search = &esearch->search;
    if (const auto* sort = std::get_if<Sort>(&command.body)) search = &sort->search;
    if (const auto* thread = std::get_if<Thread>(&command.body)) search = &thread->search;
    return command.rule->numbers == Numbers::message || (search != nullptr && search->by_number);
}

std::string_view capabilities(std::uint8_t of_state) {
    static const std::string before = compose_capabilities(before_login);
    static const std::string after = compose_capabilities(after_login);
    return of_state == before_login ? before : after;
}

}  // namespace imap::wire

// The commands of the RFCs' examples, parsed: whole, and cut at every octet with equal results.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/imap/wire/parse/describe.h"

namespace {

using imap_test::joined;
using imap_test::receive;

struct CommandRow {
    std::string_view octets;  // without the last CRLF
    std::string_view meaning;
};

// `octets` gives exactly this one event, however it is cut.
void check_rows(const std::vector<CommandRow>& rows, bool utf8 = false) {
    for (const CommandRow& row : rows) {
        CAPTURE(row.octets);
        const std::string octets = std::string(row.octets) + "\r\n";
        const std::string whole = joined(receive(octets, {}, {}, utf8));
        CHECK(whole == row.meaning);
        std::size_t differing = 0;
        for (std::size_t cut = 1; cut < octets.size(); ++cut) {
            if (joined(receive(octets, {cut}, {}, utf8)) != whole) ++differing;
        }
        CHECK(differing == 0);
    }
}

}  // namespace

TEST_CASE("commands of any state and before log-in: RFC 9051 §6.1, §6.2, RFC 2971, RFC 4959") {
    check_rows({
        {"abcd CAPABILITY", "abcd: CAPABILITY"},
        {"a002 NOOP", "a002: NOOP"},
        {"a002 nOoP", "a002: NOOP"},
        {"A023 LOGOUT", "A023: LOGOUT"},
        {"a NOOP  ", "a: NOOP"},
        {"a023 ID (\"name\" \"sodr\" \"version\" \"19.34\" \"vendor\" \"Pink Floyd Music Limited\")",
         "a023: ID name=sodr version=19.34 vendor=\"Pink Floyd Music Limited\""},
        {"a042 ID NIL", "a042: ID"},
        {"a1 ID (\"name\" NIL)", "a1: ID name=NIL"},
        {"a1 id ()", "a1: ID"},
        {"a002 STARTTLS", "a002: STARTTLS"},
        {"A001 AUTHENTICATE GSSAPI", "A001: AUTHENTICATE GSSAPI"},
        {"C01 authenticate plain dGVzdAB0ZXN0AHRlc3Q=", "C01: AUTHENTICATE PLAIN \"dGVzdAB0ZXN0AHRlc3Q=\""},
        {"C01 AUTHENTICATE EXTERNAL =", "C01: AUTHENTICATE EXTERNAL \"\""},
        {"a001 LOGIN SMITH SESAME", "a001: LOGIN SMITH SESAME"},
        {"a001 login mrc secret", "a001: LOGIN mrc secret"},
        {"A001 LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man", "A001: LOGIN \"FRED FOOBAR\" \"fat man\""},
        {"A001 LOGIN {11+}\r\nFRED FOOBAR {7+}\r\nfat man", "A001: LOGIN \"FRED FOOBAR\" \"fat man\""},
        {"a LOGIN \"joe \\\"x\\\" \\\\\" \"\"", "a: LOGIN \"joe \\\"x\\\" \\\\\" \"\""},
        {"a LOGIN joe {0}\r\n", "a: LOGIN joe \"\""},
        {"a LOGIN j\xc3\xb6rg@x.org x", "a BAD Expected a space (at octet 10)."},
        {"a LOGIN \"j\xc3\xb6rg\" x]y", "a: LOGIN \"j\xc3\xb6rg\" \"x]y\""},
    });
}

TEST_CASE("commands about mailboxes: RFC 9051 §6.3, RFC 5161, RFC 6154, RFC 7162") {
    check_rows({
        {"t1 ENABLE CONDSTORE X-GOOD-IDEA", "t1: ENABLE CONDSTORE X-GOOD-IDEA"},
        {"a ENABLE UTF8=accept", "a: ENABLE UTF8=ACCEPT"},
        {"c compress deflate", "c: COMPRESS DEFLATE"},
        {"u Unauthenticate", "u: UNAUTHENTICATE"},
        {"n NOTIFY NONE", "n: NOTIFY NONE"},
        {"b notify set status (selected MessageNew (uid body.peek[header.fields (from to subject)]) MessageExpunge) "
         "(subtree "
         "Lists (MessageNew MessageExpunge))",
         "b: NOTIFY SET STATUS selected: new(2) expunge subtree Lists: new expunge"},
        {"a notify set (mailboxes (INBOX {3+}\r\na b) (Messagenew messageExpunge flagchange)) (personal "
         "(SubscriptionChange MailboxName MailboxMetadataChange ServerMetadataChange)) (Selected-Delayed NONE)",
         "a: NOTIFY SET named INBOX \"a b\": new expunge flag personal: name subscription metadata server "
         "selected-delayed:"},
        {"a NOTIFY SET (inboxes (AnnotationChange)) (subscribed (X-New))",
         "a: NOTIFY SET inboxes: unsupported subscribed: unsupported"},
        {"a NOTIFY SET (selected (MessageNew MessageExpunge)) (selected-delayed NONE)",
         "a BAD The selected mailbox is given twice (at octet 76)."},
        {"a NOTIFY SET (personal (MessageNew))", "a BAD MessageNew and MessageExpunge go together (at octet 37)."},
        {"a NOTIFY SET (personal (FlagChange))",
         "a BAD FlagChange goes with MessageNew and MessageExpunge (at octet 37)."},
        {"a NOTIFY SET (selected (MailboxName))",
         "a BAD Only events of messages can be had of the selected mailbox (at octet 38)."},
        {"a NOTIFY SET (personal (MessageNew (UID) MessageExpunge))",
         "a BAD Messages can be fetched from the selected mailbox alone (at octet 58)."},
        {"a NOTIFY SET (subtree-one a (MailboxName))", "a BAD SUBTREE-ONE is for ESEARCH (at octet 43)."},
        {"A142 SELECT INBOX", "A142: SELECT INBOX"},
        {"A142 SELECT inbox", "A142: SELECT INBOX"},
        {"A142 SELECT \"InBox/Sub\"", "A142: SELECT INBOX/Sub"},
        {"A142 SELECT inboxes", "A142: SELECT inboxes"},
        {"A932 EXAMINE blurdybloop", "A932: EXAMINE blurdybloop"},
        {"A142 SELECT INBOX (CONDSTORE)", "A142: SELECT INBOX condstore"},
        {"A02 SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541))",
         "A02: SELECT INBOX qresync=67890007,20050715194045000 known=41,43:211,214:541"},
        {"a SELECT INBOX (QRESYNC (1 2 3:* (1 5)))", "a BAD Expected numbers without '*' or '$' (at octet 33)."},
        {"a SELECT INBOX (QRESYNC (1 2 $))", "a BAD Expected numbers without '*' or '$' (at octet 31)."},
        {"a SELECT INBOX (QRESYNC (1 2 (2,1 5,6)))", "a BAD Match data is not in ascending order (at octet 38)."},
        {"a SELECT INBOX (QRESYNC (1 2 (1:2 6,5)))", "a BAD Match data is not in ascending order (at octet 38)."},
        {"a SELECT INBOX (QRESYNC (1 2 (1:2 5)))", "a BAD Match data has not as many UIDs as numbers (at octet 36)."},
        {"B04 SELECT INBOX (QRESYNC (67890007 90060115194045000 1:29997 (5000,7500,9000,9990:9999 "
         "15000,22500,27000,29970,29973,29976,29979,29982,29985,29988,29991,29994,29997)))",
         "B04: SELECT INBOX qresync=67890007,90060115194045000 known=1:29997 match=5000,7500,9000,9990:9999/"
         "15000,22500,27000,29970,29973,29976,29979,29982,29985,29988,29991,29994,29997"},
        {"A03 CREATE owatagusiam/", "A03: CREATE owatagusiam names"},
        {"A04 CREATE owatagusiam/blurdybloop", "A04: CREATE owatagusiam/blurdybloop"},
        {"t2 CREATE MySpecial (USE (\\Drafts \\sent))", "t2: CREATE MySpecial \\Drafts \\Sent"},
        {"t1 CREATE Everything (USE (\\All))", "t1: CREATE Everything \\All"},
        {"A683 DELETE blurdybloop", "A683: DELETE blurdybloop"},
        {"A683 RENAME blurdybloop sarasoop", "A683: RENAME blurdybloop sarasoop"},
        {"Z433 RENAME INBOX old-mail", "Z433: RENAME INBOX old-mail"},
        {"A002 SUBSCRIBE \"#news.comp.mail.mime\"", "A002: SUBSCRIBE \"#news.comp.mail.mime\""},
        {"A002 SUBSCRIBE #news.comp.mail.mime", "A002: SUBSCRIBE \"#news.comp.mail.mime\""},
        {"A002 UNSUBSCRIBE #news.comp.mail.mime", "A002: UNSUBSCRIBE \"#news.comp.mail.mime\""},
        {"A SELECT \"&ZeVnLIqe-\"", "A: SELECT \"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\""},
        {"A SELECT R&D",
         "A: SELECT {4}\r\n\xff"
         "R&D"},
        {"A SELECT R&-D", "A: SELECT \"R&D\""},
        {"A001 NAMESPACE", "A001: NAMESPACE"},
        {"A042 STATUS blurdybloop (UIDNEXT MESSAGES)", "A042: STATUS blurdybloop uid_next messages"},
        {"A STATUS x (messages unseen recent uidvalidity size deleted highestmodseq unseen)",
         "A: STATUS x messages unseen recent uid_validity size deleted highest_mod_seq"},
        {"t1 STATUS INBOX (APPENDLIMIT)", "t1: STATUS INBOX append_limit"},
        {"A STATUS x ( UIDNEXT  MESSAGES )", "A: STATUS x uid_next messages"},
        {"a IDLE", "a: IDLE"},
    });
    check_rows({{"A SELECT \"R&D\"", "A: SELECT \"R&D\""},
                {"A SELECT \"\xe6\x97\xa5&-\"", "A: SELECT \"\xe6\x97\xa5&-\""},
                {"A SELECT {3+}\r\n\xff\xfe\xfd", "A: SELECT {3}\r\n\xff\xfe\xfd"}},
               true);
}

TEST_CASE("quotas: RFC 9208 §4.1, §7") {
    check_rows({
        {"G0001 GETQUOTA \"!partition/sda4\"", "G0001: GETQUOTA \"!partition/sda4\""},
        {"a getquota \"\"", "a: GETQUOTA \"\""},
        {"a GETQUOTA {5}\r\nh\xc3\xa9 x", "a: GETQUOTA \"h\xc3\xa9 x\""},
        {"G0002 GETQUOTAROOT INBOX", "G0002: GETQUOTAROOT INBOX"},
        {"a GETQUOTAROOT", "a BAD An argument is missing (at octet 15)."},
        {"S0001 SETQUOTA \"#user/alice\" (STORAGE 510)", "S0001: SETQUOTA \"#user/alice\" STORAGE=510"},
        {"S SETQUOTA \"\" (storage 9223372036854775807 X-NEW 0)",
         "S: SETQUOTA \"\" STORAGE=9223372036854775807 X-NEW=0"},
        {"S SETQUOTA \"\" ()", "S: SETQUOTA \"\""},
        {"S SETQUOTA \"\" (STORAGE 9223372036854775808)", "S BAD The number is too large (at octet 24)."},
        {"S SETQUOTA \"\" (STORAGE -1)", "S BAD Expected a number (at octet 24)."},
        {"S SETQUOTA \"\" (STORAGE 1 storage 2)", "S BAD A resource is named twice (at octet 35)."},
        {"S SETQUOTA \"\" (STORAGE)", "S BAD Expected a space (at octet 23)."},
        {"S0003 STATUS INBOX (MESSAGES DELETED DELETED-STORAGE)",
         "S0003: STATUS INBOX messages deleted deleted_storage"},
    });
}

TEST_CASE("metadata: RFC 5464 §4.2, §4.3, §5") {
    using namespace std::string_view_literals;
    check_rows({
        {"a GETMETADATA \"\" /shared/comment", "a: GETMETADATA \"\" /shared/comment"},
        {"a GETMETADATA \"INBOX\" (/shared/comment /private/comment)",
         "a: GETMETADATA INBOX /shared/comment /private/comment"},
        {"a GETMETADATA \"INBOX\" (MAXSIZE 1024) (/shared/comment /private/comment)",
         "a: GETMETADATA INBOX /shared/comment /private/comment max=1024"},
        {"a GETMETADATA \"INBOX\" (DEPTH 1) (/private/filters/values)",
         "a: GETMETADATA INBOX /private/filters/values depth=1"},
        {"a getmetadata (depth INFINITY maxsize 0) inbox /private",
         "a: GETMETADATA INBOX /private depth=infinity max=0"},
        {"a GETMETADATA (DEPTH 0) x {15}\r\n/shared/comment", "a: GETMETADATA x /shared/comment"},
        {"a GETMETADATA \"INBOX\" /private/comment /shared/comment",
         "a: GETMETADATA INBOX /private/comment /shared/comment"},
        {"a GETMETADATA INBOX", "a BAD An argument is missing (at octet 20)."},
        {"a GETMETADATA INBOX (DEPTH 2) /shared/a", "a BAD Expected 0, 1 or infinity (at octet 28)."},
        {"a GETMETADATA INBOX (DEPTH 1)", "a BAD An argument is missing (at octet 30)."},
        {"a GETMETADATA INBOX /comment",
         "a BAD The name of an entry is a path below /private or /shared (RFC 5464, 3.2) (at octet 29)."},
        {"a GETMETADATA INBOX /shared//a",
         "a BAD The name of an entry is a path below /private or /shared (RFC 5464, 3.2) (at octet 31)."},
        {"a GETMETADATA INBOX /shared/a/",
         "a BAD The name of an entry is a path below /private or /shared (RFC 5464, 3.2) (at octet 31)."},
        {"a GETMETADATA INBOX \"/shared/*\"",
         "a BAD The name of an entry is a path below /private or /shared (RFC 5464, 3.2) (at octet 32)."},
        {"a GETMETADATA INBOX \"/shared/\xc3\xa4\"",
         "a BAD The name of an entry is a path below /private or /shared (RFC 5464, 3.2) (at octet 33)."},
        {"a SETMETADATA INBOX (/private/comment {33}\r\nMy new comment across\r\ntwo lines.)",
         "a: SETMETADATA INBOX /private/comment={33}\r\nMy new comment across\r\ntwo lines."},
        {"a SETMETADATA INBOX (/private/comment NIL)", "a: SETMETADATA INBOX /private/comment=NIL"},
        {"a SETMETADATA INBOX (/private/comment \"My new comment\" /shared/comment \"This one is for you!\")",
         "a: SETMETADATA INBOX /private/comment=\"My new comment\" /shared/comment=\"This one is for you!\""},
        {"a SETMETADATA INBOX (/private/comment ~{3}\r\na\0b)"sv,
         "a: SETMETADATA INBOX /private/comment={2}\r\nab with NUL"},
        {"a SETMETADATA INBOX (/private/comment {3}\r\na\0b)"sv, "a BAD A literal holds a NUL octet (at octet 44)."},
        {"a SETMETADATA \"\" (/private/vendor/cmu/x \"\")", "a: SETMETADATA \"\" /private/vendor/cmu/x=\"\""},
        {"a SETMETADATA INBOX (/private/vendor/cmu \"\")",
         "a BAD The name of an entry has too few components (RFC 5464, 3.2) (at octet 41)."},
        {"a SETMETADATA INBOX (/shared \"\")",
         "a BAD The name of an entry has too few components (RFC 5464, 3.2) (at octet 29)."},
        {"a SETMETADATA INBOX ()", "a BAD The list is empty (at octet 23)."},
        {"t1 LIST \"\" % RETURN (METADATA (\"/shared/vendor/cmu/color\" /private/comment))",
         "t1: LIST \"\" \"%\" -> metadata /shared/vendor/cmu/color /private/comment"},
        {"t1 LIST \"\" % RETURN (METADATA /private/comment CHILDREN)",
         "t1: LIST \"\" \"%\" -> children metadata /private/comment"},
    });
}

TEST_CASE("access control lists: RFC 4314 §3, §7; LIST-MYRIGHTS: RFC 8440") {
    check_rows({
        {"A001 SeTacl INBOX/Drafts David lrswida", "A001: SETACL INBOX/Drafts David =lrswitead"},
        {"A003 Setacl INBOX/Drafts Byron lrswikda", "A003: SETACL INBOX/Drafts Byron =lrswikteacd"},
        {"A002 SETACL INBOX/Drafts Chris +cda", "A002: SETACL INBOX/Drafts Chris +kxteacd"},
        {"A SETACL x -fred -w", "A: SETACL x -fred -w"},
        {"A SETACL x anyone \"\"", "A: SETACL x anyone =\"\""},
        {"A SETACL x {4}\r\nfred {2}\r\n+r", "A: SETACL x fred +r"},
        {"A035 SETACL INBOX/Drafts John lrQswicda",
         "A035 BAD Rights are some of lrswipkxteacd, in lower case (at octet 40)."},
        {"A036 SETACL INBOX/Drafts John lrqswicda",
         "A036 BAD Rights are some of lrswipkxteacd, in lower case (at octet 40)."},
        {"A SETACL x fred r0", "A BAD Rights are some of lrswipkxteacd, in lower case (at octet 19)."},
        {"A SETACL x fred", "A BAD An argument is missing (at octet 16)."},
        {"A SETACL x \"\" r", "A BAD An identifier is empty (at octet 14)."},
        {"B002 DeleteAcl INBOX Fred", "B002: DELETEACL INBOX Fred"},
        {"B002 DELETEACL INBOX -anyone", "B002: DELETEACL INBOX -anyone"},
        {"A002 GETACL INBOX/Drafts", "A002: GETACL INBOX/Drafts"},
        {"a001 LISTRIGHTS ~/Mail/saved smith", "a001: LISTRIGHTS \"~/Mail/saved\" smith"},
        {"A003 MYRIGHTS inbox", "A003: MYRIGHTS INBOX"},
        {"A01 LIST \"\" % RETURN (MYRIGHTS)", "A01: LIST \"\" \"%\" -> my_rights"},
    });
}

TEST_CASE("LIST and LSUB: RFC 3501 §6.3.8, RFC 5258, RFC 5819, RFC 6154") {
    check_rows({
        {"A101 LIST \"\" \"\"", "A101: LIST \"\" \"\""},
        {"A103 LIST #news.comp.mail.misc \"\"", "A103: LIST \"#news.comp.mail.misc\" \"\""},
        {"A202 LIST ~/Mail/ %", "A202: LIST \"~/Mail/\" \"%\""},
        {"A01 LIST \"\" *", "A01: LIST \"\" \"*\""},
        {"A002 LSUB \"#news.\" \"comp.mail.*\"", "A002: LSUB \"#news.\" \"comp.mail.*\""},
        {"A02 LIST (SUBSCRIBED) \"\" \"*\"", "A02: LIST subscribed \"\" \"*\" ->"},
        {"A03 LIST () \"\" \"%\" RETURN (CHILDREN)", "A03: LIST \"\" \"%\" -> children"},
        {"A04 LIST (REMOTE) \"\" \"%\" RETURN (CHILDREN)", "A04: LIST remote \"\" \"%\" -> children"},
        {"A06 LIST (REMOTE SUBSCRIBED) \"\" \"*\"", "A06: LIST subscribed remote \"\" \"*\" ->"},
        {"BBB LIST \"\" (\"INBOX\" \"Drafts\" \"Sent/%\")", "BBB: LIST \"\" INBOX Drafts \"Sent/%\" ->"},
        {"C04 LIST (SUBSCRIBED RECURSIVEMATCH) \"\" \"%\"", "C04: LIST subscribed recursive \"\" \"%\" ->"},
        {"C04 LIST (RECURSIVEMATCH) \"\" \"%\"", "C04 BAD RECURSIVEMATCH needs SUBSCRIBED beside it (at octet 26)."},
        {"C04 LIST (REMOTE RECURSIVEMATCH) \"\" \"%\"",
         "C04 BAD RECURSIVEMATCH needs SUBSCRIBED beside it (at octet 33)."},
        {"C04 LIST (RECURSIVEMATCH SPECIAL-USE) \"\" \"%\"",
         "C04 BAD RECURSIVEMATCH needs SUBSCRIBED beside it (at octet 38)."},
        {"C04 LIST (SPECIAL-USE RECURSIVEMATCH SUBSCRIBED) \"\" \"%\"",
         "C04: LIST subscribed recursive special_use \"\" \"%\" ->"},
        {"A01 LIST \"\" % RETURN (STATUS (MESSAGES UNSEEN))", "A01: LIST \"\" \"%\" -> status messages unseen"},
        {"A02 LIST (SUBSCRIBED RECURSIVEMATCH) \"\" % RETURN (STATUS (MESSAGES))",
         "A02: LIST subscribed recursive \"\" \"%\" -> status messages"},
        {"t1 LIST \"\" \"%\" RETURN (SPECIAL-USE)", "t1: LIST \"\" \"%\" -> special_use"},
        {"t3 LIST (SPECIAL-USE) \"\" \"*\"", "t3: LIST special_use \"\" \"*\" ->"},  // CLIENTS.md 2
        {"5 LIST \"\" \"*\" RETURN (SPECIAL-USE STATUS (UNSEEN))",
         "5: LIST \"\" \"*\" -> special_use status unseen"},  // CLIENTS.md 3
        {"7 list (subscribed) \"\" \"*\" return (special-use)", "7: LIST subscribed \"\" \"*\" -> special_use"},
        {"a LIST \"\" {1}\r\n*", "a: LIST \"\" \"*\""},
        {"a LIST \"\" \"*\" RETURN (SUBSCRIBED STATUS (SIZE) CHILDREN)",
         "a: LIST \"\" \"*\" -> subscribed children status size"},
        {"a LIST \"\" \"*\" RETURN (FOO)", "a BAD Unknown LIST return option (at octet 23)."},
        {"a XLISTS \"\" \"*\"", "a BAD Unknown command XLISTS (at octet 9)."},
    });
}

TEST_CASE("APPEND's first message: RFC 9051 §6.3.12, RFC 3502, RFC 3516, RFC 6855") {
    const auto first = [](std::string_view line) { return receive(std::string(line) + "\r\n"); };
    using Events = std::vector<std::string>;
    CHECK(first("A003 APPEND saved-messages (\\Seen) {326}") == Events{"A003: APPEND saved-messages (\\Seen) 326"});
    CHECK(first("A APPEND saved \"17-Jul-1996 02:44:25 -0700\" {10+}") ==
          Events{"A: APPEND saved () \"17-Jul-1996 02:44:25 -0700\" 10+"});
    CHECK(first("A append x (\\Flagged \\recent $Label1 qa=20x) \" 1-Jan-2026 00:00:00 +0000\" ~{7}") ==
          Events{"A: APPEND x (\\Flagged $Label1 qa=20x) \" 1-Jan-2026 00:00:00 +0000\" 7 binary"});
    CHECK(first("A APPEND x UTF8 (~{7+}") == Events{"A: APPEND x () 7+ binary utf8"});
    CHECK(first("A APPEND {5+}\r\nin{5} {3}") == Events{"A: APPEND \"in{5}\" () 3"});
    CHECK(first("A APPEND x (\\Foo) {3}") ==
          Events{"A BAD This system flag does not exist or cannot be changed (at octet 14)."});
    CHECK(first("A APPEND x") == Events{"A BAD An argument is missing (at octet 11)."});
    CHECK(first("A APPEND x hello") == Events{"A BAD Expected the message as a literal (at octet 12)."});
    CHECK(first("A APPEND x \"32-Jan-2026 00:00:00 +0000\" {3}").front().starts_with("A BAD Expected a date and time"));
}

TEST_CASE("SEARCH: RFC 3501 §6.4.4, RFC 4731, RFC 5182, RFC 9394, RFC 7162, RFC 5032") {
    check_rows({
        {"A282 SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"",
         "A282: SEARCH and(\\Flagged since=1994-2-1 not(from=Smith))"},
        {"A283 SEARCH TEXT \"string not in mailbox\"", "A283: SEARCH and(text=\"string not in mailbox\")"},
        {"A284 SEARCH CHARSET UTF-8 TEXT {6}\r\n\xe6\x97\xa5\xe6\x9c\xac",
         "A284: SEARCH charset=UTF-8 and(text=\"\xe6\x97\xa5\xe6\x9c\xac\")"},
        {"9 UID SEARCH CHARSET UTF-8 UNDELETED SUBJECT {3}\r\nabc BODY {2}\r\nxy SEEN",
         "9: UID SEARCH charset=UTF-8 and(not(\\Deleted) subject=abc body=xy \\Seen)"},
        {"A282 SEARCH RETURN (MIN COUNT) FLAGGED", "A282: SEARCH return min count: and(\\Flagged)"},
        {"A283 SEARCH RETURN () FLAGGED", "A283: SEARCH return all: and(\\Flagged)"},
        {"A302 SEARCH RETURN (SAVE) SMALLER 4096", "A302: SEARCH return save: and(smaller=4096)"},
        {"F284 UID SEARCH $ SMALLER 4096", "F284: UID SEARCH and($ smaller=4096)"},
        {"G283 SEARCH RETURN (SAVE) 1,3,5 UID $", "G283: SEARCH return save: and(1,3,5 uid=$)"},
        {"A01 UID SEARCH RETURN (PARTIAL -1:-100) UNDELETED",
         "A01: UID SEARCH return partial=-1:-100: and(not(\\Deleted))"},
        {"A02 UID SEARCH RETURN (PARTIAL 23700:23500 MIN) ALL",
         "A02: UID SEARCH return min partial=23700:23500: and(all)"},
        {"A1 SEARCH RETURN (ALL PARTIAL 1:2) ALL", "A1 BAD ALL and PARTIAL exclude each other (at octet 35)."},
        {"a SEARCH MODSEQ \"/flags/\\\\draft\" all 620162338", "a: SEARCH and(modseq=620162338)"},
        {"t SEARCH OR NOT MODSEQ 720162338 LARGER 50000", "t: SEARCH and(or(not(modseq=720162338) larger=50000))"},
        {"a SEARCH UNSEEN YOUNGER 259200 OLDER 60", "a: SEARCH and(not(\\Seen) younger=259200 older=60)"},
        {"a SEARCH OR (SEEN DELETED) (1:5 *)", "a: SEARCH and(or(and(\\Seen \\Deleted) and(1:5 *)))"},
        {"a SEARCH ( SEEN  ALL )  NEW", "a: SEARCH and(and(\\Seen all) and(recent not(\\Seen)))"},
        {"a SEARCH OLD RECENT ANSWERED UNANSWERED DRAFT UNDRAFT UNFLAGGED DELETED",
         "a: SEARCH and(not(recent) recent \\Answered not(\\Answered) \\Draft not(\\Draft) not(\\Flagged) \\Deleted)"},
        {"a SEARCH KEYWORD $Junk UNKEYWORD qa=20x", "a: SEARCH and(keyword=$Junk not(keyword=\"qa=20x\"))"},
        {"a SEARCH BCC a CC b TO c SUBJECT d HEADER Message-ID <x@y>",
         "a: SEARCH and(bcc=a cc=b to=c subject=d header:Message-ID=\"<x@y>\")"},
        {"a SEARCH HEADER List-Id \"\"", "a: SEARCH and(header:List-Id=\"\")"},
        {"a SEARCH BEFORE \"1-Feb-1994\" ON 2-mar-2020 SENTBEFORE 3-Apr-2021 SENTON 29-Feb-2024 SENTSINCE 31-Dec-1999",
         "a: SEARCH and(before=1994-2-1 on=2020-3-2 sent_before=2021-4-3 sent_on=2024-2-29 sent_since=1999-12-31)"},
        {"a SEARCH SAVEDBEFORE 1-Feb-1994 SAVEDON 2-mar-2020 SAVEDSINCE \"3-Apr-2021\" SAVEDATESUPPORTED",
         "a: SEARCH and(saved_before=1994-2-1 saved_on=2020-3-2 saved_since=2021-4-3 all)"},
        {"27 search emailid M6d99ac3275bb4e", "27: SEARCH and(emailid=M6d99ac3275bb4e)"},
        {"28 search threadid T64b478a75b7ea9 $", "28: SEARCH and(threadid=T64b478a75b7ea9 $)"},
        {"a SEARCH EMAILID a.b", "a BAD Expected an object identifier (at octet 21)."},
        {"a SEARCH RETURN (PARTIAL 500:400 SAVE) $", "a: SEARCH return save partial=500:400: and($)"},
        {"a SEARCH RETURN (PARTIAL 1:-4) ALL", "a BAD Expected a number (at octet 28)."},
        {"a SEARCH RETURN (PARTIAL 0:4) ALL", "a BAD The number must not be zero (at octet 26)."},
        {"a SEARCH RETURN (PARTIAL 1:4 PARTIAL 5:8) ALL", "a BAD PARTIAL is given twice (at octet 37)."},
        {"a SEARCH RETURN (PARTIAL 1:4 ALL) ALL", "a BAD ALL and PARTIAL exclude each other (at octet 34)."},
        {"22 fetch 1:* (emailid threadid savedate)", "22: FETCH 1:* emailid threadid savedate"},
        {"10 UID FETCH 25900:26600 (UID FLAGS) (PARTIAL -1:-3 CHANGEDSINCE 7)",
         "10: UID FETCH 25900:26600 uid flags since=7 partial=-1:-3"},
        {"a FETCH 1:9 FLAGS (PARTIAL 1:3)", "a BAD PARTIAL goes with UID FETCH only (at octet 32)."},
        {"A143 UIDBATCHES 2000", "A143: UIDBATCHES 2000"},
        {"A302 UIDBATCHES 2000 10:20", "A302: UIDBATCHES 2000 10:20"},
        {"a UIDBATCHES", "a BAD An argument is missing (at octet 13)."},
        {"a UIDBATCHES abc", "a BAD Expected a number (at octet 14)."},
        {"a UIDBATCHES 500 10", "a BAD Expected ':' (at octet 20)."},
        {"a UIDBATCHES 500 0:3", "a BAD The number must not be zero (at octet 18)."},
        {"6 status foo (mailboxid)", "6: STATUS foo mailbox_id"},
        {"a SEARCH UID 3:*", "a: SEARCH and(uid=3:*)"},
        {"a SEARCH UIDAFTER 25000", "a: SEARCH and(uid=25001:4294967295)"},
        {"a SEARCH uidbefore 25000", "a: SEARCH and(uid=1:24999)"},
        {"a SEARCH ON 30-Feb-2020", "a BAD Expected a date such as 1-Feb-1994 (at octet 24)."},
        {"a SEARCH", "a BAD An argument is missing (at octet 9)."},
        {"a SEARCH (SEEN", "a BAD Expected ')' (at octet 15)."},
        {"a SEARCH CHARSET UTF-8", "a BAD An argument is missing (at octet 23)."},
        {"a SEARCH FOO", "a BAD Expected a search key such as ALL or SUBJECT (at octet 10)."},
        {"a SEARCH 0", "a BAD Expected a set of numbers such as 1:3,5 or 7:* (at octet 10)."},
        {"a SEARCH SEENX", "a BAD Expected a search key such as ALL or SUBJECT (at octet 10)."},
    });
}

TEST_CASE("FETCH: RFC 3501 §6.4.5, RFC 3516, RFC 7162, RFC 9394, Thunderbird") {
    check_rows({
        {"A654 FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])", "A654: FETCH 2:4 flags body[fields DATE FROM]!"},
        {"a FETCH 12 FULL", "a: FETCH 12 flags date size envelope body"},
        {"a FETCH 12 all", "a: FETCH 12 flags date size envelope"},
        {"a FETCH 12 FAST", "a: FETCH 12 flags date size"},
        {"a FETCH 12 BODY[HEADER]", "a: FETCH 12 body[header]!"},
        {"a FETCH 1 (BODY BODYSTRUCTURE ENVELOPE INTERNALDATE RFC822.SIZE UID MODSEQ)",
         "a: FETCH 1 body bodystructure envelope date size uid modseq"},
        {"A1 FETCH 1 (RFC822.SIZE PREVIEW)", "A1: FETCH 1 size preview"},
        {"B1 FETCH 1:4 (ENVELOPE PREVIEW (LAZY) UID)", "B1: FETCH 1:4 envelope preview(lazy) uid"},
        {"B1 FETCH 1 preview (lazy LAZY) (CHANGEDSINCE 5)", "B1: FETCH 1 preview(lazy) since=5"},
        {"B1 FETCH 1 PREVIEW (CHANGEDSINCE 5)", "B1: FETCH 1 preview since=5"},
        {"B1 FETCH 1 (PREVIEW (LAZY) PREVIEW)", "B1: FETCH 1 preview"},
        {"B1 FETCH 1 (PREVIEW (EAGER))", "B1 BAD Expected a FETCH item such as FLAGS or BODY[] (at octet 21)."},
        {"B1 FETCH 1 (PREVIEW (LAZYER))", "B1 BAD Expected ')' (at octet 26)."},
        {"a FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT)",
         "a: FETCH 1 rfc822[]! rfc822.header[header] rfc822.text[text]!"},
        {"a FETCH 1 BODY[]", "a: FETCH 1 body[]!"},
        {"a FETCH 1 BODY.PEEK[4.2.2.1.HEADER.FIELDS.NOT (\"Subject\" {2+}\r\nTo)]<5.70>",
         "a: FETCH 1 body[4.2.2.1.fields_not Subject To]<5.70>"},
        {"a FETCH 1 (BODY[1.MIME] body[4.1] BODY.PEEK[TEXT]<0.2048>)",
         "a: FETCH 1 body[1.mime]! body[4.1.]! body[text]<0.2048>"},
        {"8 UID fetch 1:* (FLAGS)", "8: UID FETCH 1:* flags"},
        {"8 UID fetch 17 (UID RFC822.SIZE BODY.PEEK[1]<393216.393216>)",
         "8: UID FETCH 17 uid size body[1.]<393216.393216>"},
        {"a UID FETCH 1 (BINARY.PEEK[1.2]<3.4> BINARY.SIZE[2] BINARY[])",
         "a: UID FETCH 1 binary[1.2.]<3.4> binary.size[2.] binary[]!"},
        {"s100 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 12345)", "s100: UID FETCH 1:* flags since=12345"},
        {"s UID FETCH 1:* (FLAGS) (CHANGEDSINCE 0)", "s: UID FETCH 1:* flags since=0"},  // CLIENTS.md 16
        {"s UID FETCH 300:500 (FLAGS) (CHANGEDSINCE 12345 VANISHED)",
         "s: UID FETCH 300:500 flags since=12345 vanished"},
        {"1 UID FETCH 25900:26600 (UID FLAGS) (PARTIAL -1:-30)", "1: UID FETCH 25900:26600 uid flags partial=-1:-30"},
        {"a FETCH 1 (BODY.PEEK[] FLAGS BODY[] BODY[]<0.1> FLAGS)", "a: FETCH 1 body[]! flags body[]<0.1>!"},
        {"a FETCH $ FLAGS", "a: FETCH $ flags"},
        {"a FETCH 1 ( FLAGS  UID )", "a: FETCH 1 flags uid"},
        {"a FETCH 1 (FLAGS) (VANISHED)", "a BAD VANISHED goes with UID FETCH and CHANGEDSINCE only (at octet 29)."},
        {"a FETCH 1 ()", "a BAD The list is empty (at octet 13)."},
        {"a FETCH 1 BODY[0]", "a BAD The number must not be zero (at octet 16)."},
        {"a FETCH 1 BODY[1.]", "a BAD Expected HEADER, HEADER.FIELDS, TEXT, MIME or a part number (at octet 18)."},
        {"a FETCH 1 BODY[MIME]", "a BAD MIME needs a part number before it (at octet 20)."},
        {"a FETCH 1 BODY[1", "a BAD Expected ']' (at octet 17)."},
        {"a FETCH 1 BODY[]<0.0>", "a BAD The number must not be zero (at octet 20)."},
        {"a FETCH 1 BODY[]<0>", "a BAD Expected '.' (at octet 19)."},
        {"a FETCH 0 FLAGS", "a BAD Expected a set of numbers such as 1:3,5 or 7:* (at octet 9)."},
        {"a FETCH 1,,2 FLAGS", "a BAD Expected a set of numbers such as 1:3,5 or 7:* (at octet 9)."},
        {"a FETCH 4294967296 FLAGS", "a BAD Expected a set of numbers such as 1:3,5 or 7:* (at octet 9)."},
        {"a FETCH 4294967295 FLAGS", "a: FETCH 4294967295 flags"},
        {"a FETCH  1 FLAGS", "a BAD Expected a set of numbers such as 1:3,5 or 7:* (at octet 9)."},
        {"a FETCH 1 FLAGS FLAGS", "a BAD Expected '(' (at octet 17)."},
        {"a UID FETCH", "a BAD An argument is missing (at octet 12)."},
        {"a UID NOOP", "a BAD Unknown command UID NOOP (at octet 11)."},
        {"a UID", "a BAD An argument is missing (at octet 6)."},
    });
}

TEST_CASE("STORE, COPY, MOVE, EXPUNGE and the rest: RFC 9051 §6.4, RFC 4315, RFC 6851, RFC 7162") {
    check_rows({
        {"FXXZ CHECK", "FXXZ: CHECK"},
        {"A341 CLOSE", "A341: CLOSE"},
        {"A342 UNSELECT", "A342: UNSELECT"},
        {"A202 EXPUNGE", "A202: EXPUNGE"},
        {"A003 UID EXPUNGE 3000:3002", "A003: UID EXPUNGE 3000:3002"},
        {"A003 STORE 2:4 +FLAGS (\\Deleted)", "A003: STORE 2:4 +(\\Deleted)"},
        {"A STORE 1:* +FLAGS.SILENT (\\Deleted)", "A: STORE 1:* +(\\Deleted) silent"},
        {"A STORE 1 -flags.silent \\Seen $Label1 \\flagged", "A: STORE 1 -(\\Flagged \\Seen $Label1) silent"},
        {"A STORE 1 FLAGS ()", "A: STORE 1 =()"},
        {"A UID STORE 1 FLAGS (a A $MDNSent qa=20x)", "A: UID STORE 1 =(a $MDNSent qa=20x)"},
        {"a103 UID STORE 6,4,8 (UNCHANGEDSINCE 12121230045) +FLAGS.SILENT (\\Deleted)",
         "a103: UID STORE 6,4,8 unchanged=12121230045 +(\\Deleted) silent"},
        {"a STORE 1 +FLAGS (\\Recent)", "a BAD This system flag does not exist or cannot be changed (at octet 20)."},
        {"a STORE 1 +FLAGS", "a BAD An argument is missing (at octet 17)."},
        {"a STORE 1 ANNOTATION x", "a BAD Expected FLAGS, +FLAGS or -FLAGS (at octet 11)."},
        {"A003 COPY 2:4 MEETING", "A003: COPY 2:4 MEETING"},
        {"a UID COPY 4827313:* \"a b\"", "a: UID COPY 4827313:* \"a b\""},
        {"a UID MOVE 42:69 foo", "a: UID MOVE 42:69 foo"},
        {"a MOVE $ foo", "a: MOVE $ foo"},
        {"a COPY 2:4 MEETING x", "a BAD Expected the end of the command (at octet 19)."},
    });
}

TEST_CASE("what is no command gets a tag if it has one") {
    check_rows({
        {"", "* BAD Expected a tag (at octet 1)."},
        {"a", "a BAD An argument is missing (at octet 2)."},
        {"a ", "a BAD An argument is missing (at octet 2)."},
        {"+ NOOP", "* BAD Expected a tag (at octet 1)."},
        {" NOOP", "* BAD Expected a tag (at octet 1)."},
        {"* NOOP", "* BAD Expected a tag (at octet 1)."},
        {"a (", "a BAD Expected a word (at octet 3)."},
        {"a b\tc", "a BAD Unknown command B (at octet 4)."},
        {"a LOGIN \"x", "a BAD A quoted string is not closed (at octet 11)."},
        {"a LOGIN \"\\n\" y", "a BAD Only '\"' and '\\' may follow '\\' in a quoted string (at octet 11)."},
        {"a LOGIN \"\xff\" y", "a BAD A quoted string holds octets that are not UTF-8 (at octet 12)."},
        {"a LOGIN {x} y", "a BAD Expected a literal's number of octets (at octet 10)."},
        {"a LOGIN {-1}", "a BAD Expected a literal's number of octets (at octet 10)."},
        {"a LOGIN {3} y", "a BAD A literal is cut short (at octet 12)."},
        {"GET / HTTP/1.1", "GET BAD Unknown command / (at octet 6)."},
    });
}

TEST_CASE("SORT: RFC 5256 §3, RFC 5267 §3, RFC 5957") {
    check_rows({
        {"A282 SORT (SUBJECT) UTF-8 SINCE 1-Feb-1994",
         "A282: SORT by subject: SEARCH charset=UTF-8 and(since=1994-2-1)"},
        {"A283 SORT (SUBJECT REVERSE DATE) UTF-8 ALL", "A283: SORT by subject -date: SEARCH charset=UTF-8 and(all)"},
        {"A284 SORT (SUBJECT) US-ASCII TEXT \"not in mailbox\"",
         "A284: SORT by subject: SEARCH charset=US-ASCII and(text=\"not in mailbox\")"},
        {"E01 UID SORT RETURN () (REVERSE DATE) UTF-8 UNDELETED UNKEYWORD $Junk",
         "E01: SORT by -date: UID SEARCH return all: charset=UTF-8 and(not(\\Deleted) not(keyword=$Junk))"},
        {"a sort (arrival cc from size to displayfrom reverse displayto) \"utf-8\" 2:4",
         "a: SORT by arrival cc from size to displayfrom -displayto: SEARCH charset=UTF-8 and(2:4)"},
        {"a SORT RETURN (PARTIAL 1:10 COUNT SAVE) (DATE) UTF-8 ALL",
         "a: SORT by date: SEARCH return count save partial=1:10: charset=UTF-8 and(all)"},
        {"a SORT () UTF-8 ALL", "a BAD The list is empty (at octet 10)."},
        {"a SORT (REVERSE) UTF-8 ALL", "a BAD Expected a space (at octet 16)."},
        {"a SORT (REVERSE REVERSE DATE) UTF-8 ALL", "a BAD Expected a sort key such as DATE or SUBJECT (at octet 17)."},
        {"a SORT (BCC) UTF-8 ALL", "a BAD Expected a sort key such as DATE or SUBJECT (at octet 9)."},
        {"a SORT DATE UTF-8 ALL", "a BAD Expected '(' (at octet 8)."},
        {"a SORT (DATE) UTF-8", "a BAD An argument is missing (at octet 20)."},
        {"a SORT (DATE) ALL", "a BAD An argument is missing (at octet 18)."},
    });
}

TEST_CASE("THREAD: RFC 5256 §3") {
    check_rows({
        {"A283 THREAD ORDEREDSUBJECT UTF-8 SINCE 5-MAR-2000",
         "A283: THREAD by subject: SEARCH charset=UTF-8 and(since=2000-3-5)"},
        {"A284 UID THREAD references US-ASCII TEXT \"gewp\"",
         "A284: THREAD by references: UID SEARCH charset=US-ASCII and(text=gewp)"},
        {"a THREAD JWZ UTF-8 ALL", "a BAD Expected ORDEREDSUBJECT or REFERENCES (at octet 10)."},
        {"a THREAD RETURN () REFERENCES UTF-8 ALL", "a BAD Expected ORDEREDSUBJECT or REFERENCES (at octet 10)."},
        {"a THREAD REFERENCES ALL", "a BAD An argument is missing (at octet 24)."},
    });
}

TEST_CASE("FUZZY and RELEVANCY: RFC 6203 §3, §4, §6") {
    check_rows({
        {"A1 SEARCH FUZZY (SUBJECT \"IMAP break\")", "A1: SEARCH and(fuzzy(and(subject=\"IMAP break\")))"},
        {"A2 SEARCH FUZZY SUBJECT work FROM user@example.com",
         "A2: SEARCH and(fuzzy(subject=work) from=\"user@example.com\")"},
        {"B1 SEARCH RETURN (RELEVANCY ALL) FUZZY TEXT \"Helo\"",
         "B1: SEARCH return all relevancy: and(fuzzy(text=Helo))"},
        {"C1 SORT (RELEVANCY) UTF-8 FUZZY SUBJECT \"Helo\"",
         "C1: SORT by relevancy: SEARCH charset=UTF-8 and(fuzzy(subject=Helo))"},
        {"C3 SORT RETURN (PARTIAL 1:10) (RELEVANCY) UTF-8 FUZZY TEXT \"World\"",
         "C3: SORT by relevancy: SEARCH return partial=1:10: charset=UTF-8 and(fuzzy(text=World))"},
        {"a SEARCH NOT FUZZY OR SEEN FUZZY ALL", "a: SEARCH and(not(fuzzy(or(\\Seen fuzzy(all)))))"},
        {"a SEARCH FUZZY", "a BAD An argument is missing (at octet 15)."},
        {"a SEARCH RETURN (RELEVANCY) SUBJECT x", "a BAD RELEVANCY is for FUZZY keys (at octet 38)."},
        {"a SORT (REVERSE RELEVANCY) UTF-8 SUBJECT x", "a BAD RELEVANCY is for FUZZY keys (at octet 43)."},
    });
}

TEST_CASE("ESEARCH: RFC 7377 §3, §4") {
    check_rows({
        {"tag1 ESEARCH IN (mailboxes \"folder1\" subtree \"folder2\") unseen",
         "tag1: ESEARCH named folder1 subtree folder2: UID SEARCH return all: and(not(\\Seen))"},
        {"tag2 ESEARCH IN (mailboxes \"folder1\" subtree-one \"folder2\") subject \"chad\"",
         "tag2: ESEARCH named folder1 subtree-one folder2: UID SEARCH return all: and(subject=chad)"},
        // §2 writes it so; numbers beyond the last message are allowed
        {"tag1 UID ESEARCH FROM \"frobozz\" 1:100",
         "tag1: ESEARCH selected: UID SEARCH return all: and(from=frobozz 1:100)"},
        {"a esearch in (Selected INBOXES personal subscribed mailboxes (inbox {3+}\r\na b)) return () charset utf-8 "
         "all",
         "a: ESEARCH selected inboxes personal subscribed named INBOX \"a b\": UID SEARCH return all: charset=UTF-8 "
         "and(all)"},
        {"a ESEARCH IN (personal) RETURN (MIN MAX COUNT CONTEXT UPDATE PARTIAL -1:-9) TEXT x",
         "a: ESEARCH personal: UID SEARCH return min max count update partial=-1:-9: and(text=x)"},
        {"a ESEARCH RETURN (SAVE) ALL", "a: ESEARCH selected: UID SEARCH return save: and(all)"},
        {"a ESEARCH IN (selected) RETURN (SAVE) ALL", "a: ESEARCH selected: UID SEARCH return save: and(all)"},
        {"a ESEARCH IN (selected personal) RETURN (SAVE) ALL",
         "a BAD SAVE is for the selected mailbox alone (at octet 51)."},
        {"a ESEARCH IN (selected-delayed) ALL", "a BAD SELECTED-DELAYED is for NOTIFY (at octet 31)."},
        {"a ESEARCH IN () ALL", "a BAD The list is empty (at octet 16)."},
        {"a ESEARCH IN (everything) ALL",
         "a BAD Expected which mailboxes, such as SELECTED or PERSONAL (at octet 15)."},
        {"a ESEARCH IN (mailboxes) ALL", "a BAD Expected a space (at octet 24)."},
        {"a ESEARCH IN (subtree ()) ALL", "a BAD The list is empty (at octet 25)."},
        {"a ESEARCH IN (personal (X-SCOPE 1)) ALL",
         "a BAD Expected which mailboxes, such as SELECTED or PERSONAL (at octet 24)."},
        {"a ESEARCH IN (personal)", "a BAD An argument is missing (at octet 24)."},
        {"a ESEARCH", "a BAD An argument is missing (at octet 10)."},
    });
}

TEST_CASE("contexts: RFC 5267 §4") {
    check_rows({
        {"A01 SEARCH RETURN (CONTEXT COUNT) UNDELETED UNKEYWORD $Junk",
         "A01: SEARCH return count: and(not(\\Deleted) not(keyword=$Junk))"},
        {"B01 UID SEARCH RETURN (UPDATE COUNT) DELETED KEYWORD $Junk",
         "B01: UID SEARCH return count update: and(\\Deleted keyword=$Junk)"},
        {"B02 UID SORT RETURN (UPDATE COUNT) (DATE) UTF-8 KEYWORD $Junk",
         "B02: SORT by date: UID SEARCH return count update: charset=UTF-8 and(keyword=$Junk)"},
        // RFC 5465 §7
        {"a00 SEARCH RETURN (COUNT UPDATE (UID BODY[HEADER.FIELDS (TO FROM SUBJECT)])) FROM \"boss\"",
         "a00: SEARCH return count update+uid+body[fields TO FROM SUBJECT]!: and(from=boss)"},
        {"a SORT RETURN (update (flags flags)) (DATE) UTF-8 ALL",
         "a: SORT by date: SEARCH return update+flags: charset=UTF-8 and(all)"},
        {"a SEARCH RETURN (UPDATE ()) ALL", "a BAD Expected a FETCH item such as FLAGS or BODY[] (at octet 26)."},
        {"a SEARCH RETURN (UPDATE (UID) UPDATE) ALL", "a: SEARCH return update+uid: and(all)"},
        {"a SEARCH RETURN (UPDATE (UID) ALL", "a BAD Expected a space or ')' in a list (at octet 34)."},
        {"B04 CANCELUPDATE \"B01\"", "B04: CANCELUPDATE B01"},
        {"B04 cancelupdate \"B01\" \"B02\"", "B04: CANCELUPDATE B01 B02"},
        {"B04 CANCELUPDATE", "B04 BAD An argument is missing (at octet 17)."},
        {"B04 CANCELUPDATE B01", "B04 BAD Expected '\"' (at octet 18)."},
    });
}

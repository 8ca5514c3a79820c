// What the client has enabled on this connection: ENABLE (RFC 5161), commands that imply it, and NOTIFY.
#pragma once

namespace imap {

struct Enabled {
    bool condstore = false;    // FETCH responses carry MODSEQ (RFC 7162 §3.1)
    bool qresync = false;      // VANISHED instead of EXPUNGE (RFC 7162 §3.2)
    bool rev2 = false;         // IMAP4rev2 (RFC 9051): ESEARCH for SEARCH, LIST at SELECT, UID in FETCH, no \Recent
    bool uid_only = false;     // UIDONLY (RFC 9586): UIDFETCH and VANISHED, and no message numbers from the client
    bool utf8_accept = false;  // UTF8=ACCEPT (RFC 6855)
    bool utf8 = false;         // either of these two: mailbox names and quoted strings are UTF-8
    bool notify = false;       // there was a NOTIFY (RFC 5465), even NONE

    // Unsolicited FETCH responses carry the UID (RFC 9051 §7.5.2, RFC 7162 §3.2.4, RFC 5465 §5.1).
    bool tells_uids() const { return !uid_only && (rev2 || condstore || notify); }
};

}  // namespace imap

-- Mailstead's store: the present schema. The road here is migrations/; a test proves that both agree.
-- Times are Unix seconds (UTC), sizes octets, flags the bits of storage/types.h. Names of accounts, domains and mailboxes
-- are UTF-8. REFERENCES are promises that `mailstead check` verifies (PRAGMA foreign_key_check): they are not enforced
-- while running, since every insert would pay a look-up for each and a cascade would be unbounded work in one operation.

-- Single values. Truth.
--   clean          1 after a clean shutdown, 0 while a process has the file open
--   log_mark       a random number, new whenever a process opens the file alone: whose is the log beside it?
--   next_blob_id   never falls, so that an id read in an old snapshot can never mean other content; threads, and
--                  account_content.late, take their numbers from it too
--   object_id_key_0, object_id_key_1   random: seal the ids that clients are told (storage/object_ids.h)
CREATE TABLE state (
  name  TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A domain that is ours. Truth. The one with the lowest id is the default domain.
CREATE TABLE domain (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT NOT NULL UNIQUE,       -- U-label, lower case
  created_at INTEGER NOT NULL,
  dmarc      INTEGER                     -- of mail to it: 0 observed, 1 enforced; NULL: as [mail] dmarc says
) STRICT;

-- A user. Truth, but used_octets and messages: sums over its mailboxes.
CREATE TABLE account (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  name              TEXT NOT NULL UNIQUE,        -- local@domain, lower case
  quota_octets      INTEGER,                     -- NULL: unlimited
  used_octets       INTEGER NOT NULL DEFAULT 0,
  messages          INTEGER NOT NULL DEFAULT 0,
  highest_modseq    INTEGER NOT NULL DEFAULT 1,  -- of all its mailboxes: each change in the account takes the next
  next_uid_validity INTEGER NOT NULL,            -- starts at created_at; never falls (RFC 9051 §2.3.1.1)
  created_at        INTEGER NOT NULL,
  quota_messages    INTEGER,                     -- NULL: unlimited
  uid_only          INTEGER NOT NULL DEFAULT 0,  -- UIDONLY is offered to its clients (RFC 9586)
  suspended         INTEGER NOT NULL DEFAULT 0,  -- 1: nobody can log in to it
  hidden_floor      INTEGER NOT NULL DEFAULT 0   -- rows of hidden_message with modseq <= this have been forgotten
) STRICT;

-- What a password is checked against. Truth. Apart from account, which is read all the time.
CREATE TABLE credential (
  account_id       INTEGER PRIMARY KEY REFERENCES account,
  argon2id         TEXT NOT NULL,
  scram_salt       BLOB NOT NULL,                -- SCRAM-SHA-256 (RFC 7677)
  scram_iterations INTEGER NOT NULL,
  scram_stored_key BLOB NOT NULL,
  scram_server_key BLOB NOT NULL,
  generation       INTEGER NOT NULL DEFAULT 1    -- raised with each change: sessions of an older one are ended
) STRICT;

-- A password for one program of an account, made by us: 100 bits and more, so that a plain hash hides it. Truth.
CREATE TABLE app_password (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id       INTEGER NOT NULL REFERENCES account,
  label            TEXT NOT NULL COLLATE NOCASE,
  scope            INTEGER NOT NULL,             -- storage::AppPasswordScope
  sha256           BLOB NOT NULL UNIQUE,         -- of its letters and digits
  scram_salt       BLOB NOT NULL,                -- the following as in credential; empty: no SCRAM
  scram_iterations INTEGER NOT NULL,
  scram_stored_key BLOB NOT NULL,
  scram_server_key BLOB NOT NULL,
  created_at       INTEGER NOT NULL,
  expires_at       INTEGER,                      -- NULL: never
  used_at          INTEGER NOT NULL DEFAULT 0,   -- about; 0: never
  used_from        TEXT NOT NULL DEFAULT '',     -- the client's address then
  UNIQUE (account_id, label)
) STRICT;
CREATE INDEX app_password_expires ON app_password (expires_at) WHERE expires_at IS NOT NULL;

-- Codes by time (RFC 6238) that an account's log-in asks for besides the password. Truth.
CREATE TABLE second_factor (
  account_id    INTEGER PRIMARY KEY REFERENCES account,
  secret        BLOB NOT NULL,                   -- as it is: whoever has this file has what it guards, too
  since         INTEGER NOT NULL DEFAULT 0,      -- it is on; 0: it waits for its first code
  last_step     INTEGER NOT NULL DEFAULT 0,      -- of the last code taken: each is taken once
  attempts      INTEGER NOT NULL DEFAULT 0,      -- since attempts_from, or since the last right code
  attempts_from INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What opens the account once in place of such a code. Truth.
CREATE TABLE recovery_code (
  account_id INTEGER NOT NULL REFERENCES account,
  sha256     BLOB NOT NULL,                      -- of its letters and digits: random ones, 80 bits
  PRIMARY KEY (account_id, sha256)
) STRICT, WITHOUT ROWID;

-- One target of one alias. Truth.
CREATE TABLE alias (
  name   TEXT NOT NULL,                          -- local@domain, or @domain for a catch-all
  target TEXT NOT NULL,                          -- an address, here or elsewhere
  PRIMARY KEY (name, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_target ON alias (target);     -- may_send_as walks backwards

-- A mailbox. Truth, but messages, unseen, deleted, size_octets and deleted_octets: sums over its messages.
CREATE TABLE mailbox (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id     INTEGER NOT NULL REFERENCES account,
  name           TEXT NOT NULL,                  -- '/' between levels, INBOX in capitals
  uid_validity   INTEGER NOT NULL,
  uid_next       INTEGER NOT NULL DEFAULT 1,
  highest_modseq INTEGER NOT NULL DEFAULT 1,     -- of the last change in this mailbox (RFC 7162 §3.1.2.1)
  expunged_floor INTEGER NOT NULL DEFAULT 0,     -- rows of expunged with modseq <= this have been forgotten
  recent_from    INTEGER NOT NULL DEFAULT 1,     -- UIDs from here on have been in no SELECT (RFC 3501 §2.3.2)
  special_use    INTEGER NOT NULL DEFAULT 0,     -- storage::SpecialUse
  messages       INTEGER NOT NULL DEFAULT 0,
  unseen         INTEGER NOT NULL DEFAULT 0,     -- without \Seen
  deleted        INTEGER NOT NULL DEFAULT 0,     -- with \Deleted
  size_octets    INTEGER NOT NULL DEFAULT 0,
  deleted_octets INTEGER NOT NULL DEFAULT 0,     -- of those with \Deleted
  from_inbox     INTEGER NOT NULL DEFAULT 0,     -- 1: made by a RENAME of INBOX, which is told so (RFC 5465 §5.4)
  created_modseq INTEGER NOT NULL DEFAULT 0,     -- the account's MODSEQ then; 0: before schema 38
  changed_modseq INTEGER NOT NULL DEFAULT 0,     -- of the last change of its name, use, order, rights or subscription
  sort_order     INTEGER NOT NULL DEFAULT 0,     -- among its neighbours (RFC 8621 §2)
  UNIQUE (account_id, name)
) STRICT;

-- A deleted mailbox whose messages and expunged rows wait to be removed in slices. Truth.
CREATE TABLE dropped_mailbox (
  mailbox_id INTEGER PRIMARY KEY
) STRICT;

-- As what an account sends (RFC 8621 §6). Truth; of those that are gone the newest, without their texts.
CREATE TABLE identity (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id     INTEGER NOT NULL REFERENCES account,
  own            INTEGER NOT NULL,               -- 1: of the account's own address, which is one without a row, too
  email          TEXT NOT NULL,                  -- of an own one: it says nothing
  name           TEXT NOT NULL,
  reply_to       TEXT NOT NULL,                  -- this and bcc: as JMAP has it; empty: null
  bcc            TEXT NOT NULL,
  text_signature TEXT NOT NULL,
  html_signature TEXT NOT NULL,
  created_modseq INTEGER NOT NULL,               -- the account's MODSEQ then
  changed_modseq INTEGER NOT NULL,
  removed_modseq INTEGER NOT NULL DEFAULT 0      -- 0: it is still there
) STRICT;
CREATE INDEX identity_account ON identity (account_id, removed_modseq);

-- What an account answers while its owner is away (RFC 8621 §8). Truth.
CREATE TABLE vacation_response (
  account_id     INTEGER PRIMARY KEY REFERENCES account,
  enabled        INTEGER NOT NULL,
  from_at        INTEGER,                        -- NULL: at once
  to_at          INTEGER,                        -- NULL: without an end
  subject        TEXT,
  text_body      TEXT,
  html_body      TEXT,
  changed_modseq INTEGER NOT NULL                -- the account's MODSEQ then
) STRICT;

-- A mailbox that is no longer, for clients that knew it (RFC 8621 §2.2). Truth: of an account the newest.
CREATE TABLE removed_mailbox (
  account_id     INTEGER NOT NULL REFERENCES account,
  modseq         INTEGER NOT NULL,               -- when it was deleted
  mailbox_id     INTEGER NOT NULL,
  created_modseq INTEGER NOT NULL,               -- as in mailbox
  PRIMARY KEY (account_id, modseq, mailbox_id)
) STRICT, WITHOUT ROWID;

-- What one slice of a COPY has put into a mailbox while others are still to come. Truth. Gone with the last slice; if that
-- does not come, the messages are taken back, at the latest by the next start (RFC 9051 §6.4.7: all or nothing).
CREATE TABLE unfinished_copy (
  copy_id    INTEGER NOT NULL,                   -- of the sequence that blobs have too
  first_uid  INTEGER NOT NULL,
  last_uid   INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL REFERENCES mailbox,
  PRIMARY KEY (copy_id, first_uid)
) STRICT, WITHOUT ROWID;

-- A subscribed name; its mailbox need not exist (RFC 9051 §6.3.7). Truth.
CREATE TABLE subscription (
  account_id INTEGER NOT NULL REFERENCES account,
  name       TEXT NOT NULL,
  PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;

-- What an account, or anyone, may do with a mailbox (RFC 4314 §2). Truth. An owner without a row may do everything.
CREATE TABLE mailbox_right (
  mailbox_id INTEGER NOT NULL REFERENCES mailbox,
  account_id INTEGER NOT NULL,                   -- 0: anyone
  negative   INTEGER NOT NULL,                   -- 1: these rights are taken away
  rights     INTEGER NOT NULL,                   -- storage::right bits
  PRIMARY KEY (mailbox_id, account_id, negative)
) STRICT, WITHOUT ROWID;
CREATE INDEX mailbox_right_account ON mailbox_right (account_id);

-- A named value that a client keeps with a mailbox or the server (RFC 5464). Truth. Private ones (/private/…) belong to
-- the account that set them, shared ones (/shared/…) to the mailbox's owner.
CREATE TABLE metadata (
  account_id INTEGER NOT NULL REFERENCES account,
  mailbox_id INTEGER NOT NULL,                   -- 0: the server
  entry      TEXT NOT NULL COLLATE NOCASE,       -- its path
  value      BLOB NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX metadata_mailbox ON metadata (mailbox_id);

-- The number that a keyword has in the account's keyword bitmaps. Truth. Keywords ignore ASCII case (RFC 9051 §2.3.2).
CREATE TABLE keyword (
  account_id INTEGER NOT NULL REFERENCES account,
  number     INTEGER NOT NULL,                   -- from 0, without gaps
  name       TEXT NOT NULL COLLATE NOCASE,
  PRIMARY KEY (account_id, number),
  UNIQUE (account_id, name)
) STRICT, WITHOUT ROWID;

-- Content. Truth. Once written it never changes; it is freed some time after the last row that names it is gone.
CREATE TABLE blob (
  id           INTEGER PRIMARY KEY,
  sha256       BLOB NOT NULL,                    -- of the octets as they came
  size_octets  INTEGER NOT NULL,
  encoding     INTEGER NOT NULL,                 -- of content: 0 as it came, 1 zstd
  chunk_octets INTEGER NOT NULL,                 -- 0: in content; else in blob_chunk, in pieces of this size
  content      BLOB                              -- NULL: in blob_chunk
) STRICT;
CREATE INDEX blob_sha256 ON blob (sha256);

-- A piece of larger content, or of content still arriving (staging). Truth.
CREATE TABLE blob_chunk (
  id       INTEGER PRIMARY KEY,                  -- blob id * 2^20 + number of the chunk, from 0
  encoding INTEGER NOT NULL,                     -- as in blob
  content  BLOB NOT NULL                         -- before encoding: the blob's chunk_octets, but the last
) STRICT;

-- Content that is arriving or waits to be named: id of the blob to be. What a crash leaves goes to the sweep at start.
CREATE TABLE staging (
  blob_id INTEGER PRIMARY KEY
) STRICT;

-- For the sweep: a blob that lost a reference, perhaps its last; or, without a row in blob, chunks to be freed.
-- Rows may be stale, never missing.
CREATE TABLE unreferenced (
  blob_id INTEGER PRIMARY KEY
) STRICT;

-- What lists, ENVELOPE and BODYSTRUCTURE need of a message, parsed once. Derived from the content.
CREATE TABLE message_summary (
  blob_id INTEGER PRIMARY KEY REFERENCES blob,
  summary BLOB NOT NULL                          -- mime::encode_summary
) STRICT;

-- What POP3 sends of messages that are not sent as they are stored (RFC 1939 §11). Derived from the content: made with its
-- summary.
CREATE TABLE text_size (
  blob_id      INTEGER PRIMARY KEY REFERENCES blob,
  octets       INTEGER NOT NULL,                 -- with all line ends CRLF
  ascii_octets INTEGER                           -- and the header section in ASCII (RFC 6856 §2.1); NULL: it stays
) STRICT;

-- A content that an account has, in one mailbox or several, and how clients of that account name it, for good (RFC 8474
-- §5). Truth; rows may stay until the sweep has looked at a content that lost a reference.
CREATE TABLE account_content (
  blob_id    INTEGER NOT NULL REFERENCES blob,
  account_id INTEGER NOT NULL,
  thread_id  INTEGER,                            -- the conversation; < 0: since schema 17; NULL: not known yet
  ids        INTEGER NOT NULL,                   -- storage::ContentIds
  late       INTEGER,                            -- if it got it after the content came: a number as of blobs, taken then
  PRIMARY KEY (blob_id, account_id)
) STRICT, WITHOUT ROWID;
-- The thread first: new ones follow each other, so that a commit touches one page for all accounts.
CREATE INDEX account_content_thread ON account_content (thread_id, account_id);
-- What the search index has to look at, besides new content.
CREATE INDEX account_content_late ON account_content (late) WHERE late IS NOT NULL;

-- A message id together with a base subject, and the account's thread of the messages that have it or refer to it. Truth,
-- as long as the account has content of that thread.
CREATE TABLE thread_key (
  account_id INTEGER NOT NULL,
  key        INTEGER NOT NULL,                   -- 63 bits of the SHA-256 of a name (mime::thread_names)
  thread_id  INTEGER NOT NULL,
  PRIMARY KEY (account_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX thread_key_thread ON thread_key (thread_id, account_id);

-- One message in one mailbox. Truth. After the insert only flags, keywords and modseq change: kept narrow for that.
CREATE TABLE message (
  mailbox_id    INTEGER NOT NULL REFERENCES mailbox,
  uid           INTEGER NOT NULL,                -- ascending, never given twice under one UIDVALIDITY
  flags         INTEGER NOT NULL,                -- storage::system_flag bits
  keywords      BLOB,                            -- storage::KeywordSet; NULL: none
  modseq        INTEGER NOT NULL,                -- of the last change to this row (RFC 7162 §3.1)
  internal_date INTEGER NOT NULL,
  zone_minutes  INTEGER NOT NULL,                -- of the internal date, as APPEND gave it
  saved_at      INTEGER NOT NULL,                -- RFC 8514
  size_octets   INTEGER NOT NULL,
  blob_id       INTEGER NOT NULL REFERENCES blob,
  shown_modseq  INTEGER NOT NULL DEFAULT 0,      -- since when it is here and not \Deleted; 0: since before schema 36
  PRIMARY KEY (mailbox_id, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_blob ON message (blob_id);  -- the sweep's question: does anything name it?

-- 256 neighbouring UIDs of a mailbox, some of which exist: where to look for what has changed since a MODSEQ (RFC 7162
-- §3.1). Derived. An index by MODSEQ would cost two entries for each flag that is stored; this costs a row for 256.
CREATE TABLE message_bucket (
  mailbox_id INTEGER NOT NULL REFERENCES mailbox,
  bucket     INTEGER NOT NULL,                   -- uid >> 8
  modseq     INTEGER NOT NULL,                   -- none of its messages has a higher one
  newest     INTEGER NOT NULL DEFAULT 0,         -- none of its messages has a later internal date
  PRIMARY KEY (mailbox_id, bucket)
) STRICT, WITHOUT ROWID;

-- A message that JMAP no longer shows (RFC 8621 §4.1.1): expunged, moved away, or marked \Deleted. Truth, until the
-- account's hidden_floor passes it. The mailbox, and the content, may be gone.
CREATE TABLE hidden_message (
  account_id    INTEGER NOT NULL REFERENCES account,
  modseq        INTEGER NOT NULL,                -- when that happened
  mailbox_id    INTEGER NOT NULL,
  uid           INTEGER NOT NULL,
  blob_id       INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,
  thread_id     INTEGER,                         -- this and ids: as in account_content
  ids           INTEGER NOT NULL,
  shown_modseq  INTEGER NOT NULL,                -- as in message
  PRIMARY KEY (account_id, modseq, mailbox_id, uid)
) STRICT, WITHOUT ROWID;

-- Octets that a client has uploaded, to make a message of them (RFC 8620 §6.1). Truth, until they expire.
CREATE TABLE upload (
  id          INTEGER PRIMARY KEY,               -- of the sequence that blobs have too; clients are told it sealed
  account_id  INTEGER NOT NULL REFERENCES account,
  blob_id     INTEGER NOT NULL REFERENCES blob,
  size_octets INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX upload_account ON upload (account_id, expires_at);
CREATE INDEX upload_blob ON upload (blob_id);
CREATE INDEX upload_expiry ON upload (expires_at);

-- UIDs that were expunged, as ranges (RFC 7162 §3.2). Truth, until the mailbox's expunged_floor passes it.
CREATE TABLE expunged (
  mailbox_id INTEGER NOT NULL REFERENCES mailbox,
  modseq     INTEGER NOT NULL,
  first_uid  INTEGER NOT NULL,
  last_uid   INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, modseq, first_uid)
) STRICT, WITHOUT ROWID;

-- A message for other servers. Truth. Leaves when no recipient is pending or held.
CREATE TABLE queue_message (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  reverse_path   TEXT NOT NULL,                  -- empty: a bounce
  envelope_id    TEXT NOT NULL,                  -- ENVID (RFC 3461 §4.4), or empty
  dsn_return     INTEGER NOT NULL,               -- storage::DsnReturn
  eight_bit_mime INTEGER NOT NULL,
  smtputf8       INTEGER NOT NULL,
  session        TEXT NOT NULL,
  queued_at      INTEGER NOT NULL,
  delay_notified INTEGER NOT NULL DEFAULT 0,
  size_octets    INTEGER NOT NULL,
  blob_id        INTEGER NOT NULL REFERENCES blob,
  submitted      INTEGER NOT NULL DEFAULT 0,     -- by a user of ours, or made here: ours to encode anew
  account_id     INTEGER NOT NULL DEFAULT 0,     -- whose turn it takes: who submitted it; 0: from outside, or made here
  reports        INTEGER NOT NULL DEFAULT 0,     -- how often its sender was told of failures or a delay
  prefix         TEXT NOT NULL DEFAULT '',       -- header fields that are sent before the content (Delivered-To ...)
  signing_domain TEXT NOT NULL DEFAULT '',       -- of ours, that sends it on and answers for it; empty: its authors do
  tls_wish       INTEGER NOT NULL DEFAULT 0      -- storage::TlsWish (RFC 8689)
) STRICT;
CREATE INDEX queue_message_blob ON queue_message (blob_id);

-- One recipient of it. Truth.
CREATE TABLE queue_recipient (
  id                 INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id         INTEGER NOT NULL REFERENCES queue_message,
  forward_path       TEXT NOT NULL,              -- without <>
  domain             TEXT NOT NULL,              -- of the forward-path, lower case
  notify             INTEGER NOT NULL,           -- storage::dsn_notify bits
  original_recipient TEXT NOT NULL,              -- ORCPT, or empty
  state              INTEGER NOT NULL,           -- storage::RecipientState; 0 is pending, 4 held
  attempts           INTEGER NOT NULL DEFAULT 0,
  next_attempt_at    INTEGER NOT NULL,           -- while it is leased: the lease's end
  last_attempt_at    INTEGER NOT NULL DEFAULT 0, -- 0: never
  last_reply         TEXT NOT NULL DEFAULT '',
  last_status        TEXT NOT NULL DEFAULT '',
  last_remote        TEXT NOT NULL DEFAULT '',
  lane               TEXT NOT NULL DEFAULT '',   -- its domain, or what queue_route says of that
  sender             TEXT NOT NULL DEFAULT '',   -- the message's reverse-path
  holder             TEXT NOT NULL DEFAULT '',   -- who has leased it to try it; empty: nobody
  asked              INTEGER NOT NULL DEFAULT 0, -- an administrator wants it tried, whatever is known of its next hop
  account_id         INTEGER NOT NULL DEFAULT 0, -- the message's
  said               INTEGER NOT NULL DEFAULT 0, -- last_reply is what last_remote replied; 0: our own words
  untold             INTEGER NOT NULL DEFAULT 0, -- its sender is still to be told: of its failure; pending: of its delay
  not_before         INTEGER NOT NULL DEFAULT 0, -- its submitter's wish (RFC 4865): no attempt is made earlier
  last_protection    TEXT NOT NULL DEFAULT ''    -- as in delivery_attempt
) STRICT;
CREATE INDEX queue_recipient_message ON queue_recipient (message_id);
CREATE INDEX queue_recipient_due ON queue_recipient (account_id, lane, sender, next_attempt_at) WHERE state = 0;
CREATE INDEX queue_recipient_holder ON queue_recipient (holder) WHERE holder != '';
CREATE INDEX queue_recipient_untold ON queue_recipient (message_id) WHERE untold = 1;

-- Pending recipients of one account, lane and sender. Derived: whose turn it is among the senders of an account's lane.
-- due_at lies ahead when nothing is due, and is otherwise the time at which it queued up for its turn.
CREATE TABLE queue_flow (
  account_id INTEGER NOT NULL,
  lane       TEXT NOT NULL,
  sender     TEXT NOT NULL,
  due_at     INTEGER NOT NULL,
  turn       INTEGER NOT NULL DEFAULT 0,         -- had one in the second due_at, that many after the first; 0: none
  PRIMARY KEY (account_id, lane, sender)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_flow_due ON queue_flow (account_id, lane, due_at, turn);

-- The same among an account's lanes. Derived.
CREATE TABLE queue_lane (
  account_id INTEGER NOT NULL,
  lane       TEXT NOT NULL,
  due_at     INTEGER NOT NULL,
  turn       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, lane)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_lane_due ON queue_lane (account_id, due_at, turn);
CREATE INDEX queue_lane_name ON queue_lane (lane, due_at);
CREATE INDEX queue_lane_next ON queue_lane (due_at, turn);

-- The same among accounts. Derived.
CREATE TABLE queue_account (
  account_id INTEGER NOT NULL PRIMARY KEY,
  due_at     INTEGER NOT NULL,
  turn       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX queue_account_due ON queue_account (due_at, turn);

-- What return addresses of mail that is sent on are sealed with (server/delivery/srs.h). Truth. The newest seals, all of
-- them open; one goes when nothing that it has sealed is valid any more.
CREATE TABLE return_secret (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  secret     BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- A reverse-path that fits into no return address (RFC 5321 §4.5.3.1.1: 64 octets), which has a token instead. Truth, until
-- it expires.
CREATE TABLE long_sender (
  token        TEXT NOT NULL PRIMARY KEY,
  reverse_path TEXT NOT NULL,
  expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX long_sender_expiry ON long_sender (expires_at);

-- An MTA-STS policy of another domain (RFC 8461), until it expires. Fetched again when it is lost.
CREATE TABLE sts_policy (
  domain     TEXT NOT NULL PRIMARY KEY,
  id         TEXT NOT NULL,                      -- of the TXT record that led to it
  text       TEXT NOT NULL,                      -- the policy file
  fetched_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sts_policy_expiry ON sts_policy (expires_at);
CREATE INDEX sts_policy_fetched ON sts_policy (fetched_at, domain);

-- How TLS went on the way to other domains (RFC 8460 §4): so many sessions of one day.
CREATE TABLE tls_result (
  day         INTEGER NOT NULL,                  -- since 1970-01-01, UTC
  domain      TEXT NOT NULL,                     -- whose mail it was
  policy_type TEXT NOT NULL,                     -- tlsa, sts, no-policy-found
  result_type TEXT NOT NULL,                     -- success, or one of RFC 8460 §4.3
  mx_host     TEXT NOT NULL,                     -- or empty
  sessions    INTEGER NOT NULL,
  PRIMARY KEY (day, domain, policy_type, result_type, mx_host)
) STRICT, WITHOUT ROWID;

-- A mailing list. Truth. Its name is no account's and no alias's.
CREATE TABLE mailing_list (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT NOT NULL UNIQUE,               -- local@domain, the local part ASCII
  posting    INTEGER NOT NULL,                   -- storage::ListPosting
  created_at INTEGER NOT NULL
) STRICT;

-- A member or owner of one. Truth. The id names it in the reverse-path of what it gets.
CREATE TABLE list_member (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  list_id        INTEGER NOT NULL REFERENCES mailing_list,
  address        TEXT NOT NULL COLLATE NOCASE,
  receives       INTEGER NOT NULL,               -- 0: only an owner
  owner          INTEGER NOT NULL,
  bounces        INTEGER NOT NULL DEFAULT 0,     -- permanent ones in a row
  last_bounce_at INTEGER NOT NULL DEFAULT 0,
  paused_at      INTEGER NOT NULL DEFAULT 0,     -- after too many of them; 0: it is not
  told           INTEGER NOT NULL DEFAULT 1,     -- 0: the owners are still to be told of the pause
  UNIQUE (list_id, address)
) STRICT;
CREATE INDEX list_member_untold ON list_member (id) WHERE told = 0;

-- Domains whose mail shares a lane with others': the routes of the config, "*" for all not named.
CREATE TABLE queue_route (
  domain TEXT NOT NULL PRIMARY KEY,
  lane   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What an attempt came to for one recipient of a queued message. Truth, for a while: it is kept after the message has left
-- the queue, and of each recipient the newest alone. Ids ascend as time does, nearly.
CREATE TABLE delivery_attempt (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id   INTEGER NOT NULL,                 -- of queue_message, perhaps gone
  recipient_id INTEGER NOT NULL,                 -- of queue_recipient, likewise
  forward_path TEXT NOT NULL,                    -- without <>
  at           INTEGER NOT NULL,                 -- when it ended
  host         TEXT NOT NULL,                    -- the other server; empty: none was spoken to
  address      TEXT NOT NULL,                    -- its address, or empty
  tls          TEXT NOT NULL,                    -- "TLSv1.3 TLS_AES_256_GCM_SHA384"; empty: none
  protection   TEXT NOT NULL,                    -- none, opportunistic, dane, sts, route, pkix, +requiretls; empty: no host
  outcome      INTEGER NOT NULL,                 -- storage::RecipientState; 0: to be tried again
  status       TEXT NOT NULL,                    -- enhanced status code
  reply        TEXT NOT NULL                     -- of the other server, or our own words
) STRICT;
CREATE INDEX delivery_attempt_recipient ON delivery_attempt (message_id, recipient_id, id);

-- What an account has sent in the hour and the day that are under way (storage/sending.h). Truth, for a while: a row whose
-- day has ended says nothing any more.
CREATE TABLE sending (
  account_id      INTEGER NOT NULL PRIMARY KEY,
  hour_from       INTEGER NOT NULL DEFAULT 0,      -- when its first message was sent; 0: none
  hour_messages   INTEGER NOT NULL DEFAULT 0,
  hour_recipients INTEGER NOT NULL DEFAULT 0,
  day_from        INTEGER NOT NULL DEFAULT 0,
  day_messages    INTEGER NOT NULL DEFAULT 0,
  day_recipients  INTEGER NOT NULL DEFAULT 0,
  told_at         INTEGER NOT NULL DEFAULT 0       -- owner and postmaster, that a limit is reached; 0: they were not
) STRICT;

-- A wide network from which an account has logged in within the hour (storage/login_networks.h). Truth, for that hour.
CREATE TABLE login_network (
  account_id INTEGER NOT NULL REFERENCES account,
  network    TEXT NOT NULL,                      -- "192.0.0.0/16", "2001:db8::/32"
  at         INTEGER NOT NULL,                   -- the first log-in of that hour
  PRIMARY KEY (account_id, network)
) STRICT, WITHOUT ROWID;

-- An address elsewhere to which mail of an account has failed for good, in a row, and the reason lies in the address
-- (storage/failing_addresses.h). Truth, until it expires.
CREATE TABLE failing_address (
  account_id INTEGER NOT NULL REFERENCES account,
  address    TEXT NOT NULL,                      -- in lower case
  failures   INTEGER NOT NULL,                   -- since mail arrived there
  last_at    INTEGER NOT NULL,                   -- the last failure
  last_reply TEXT NOT NULL,                      -- its reason, or the beginning of that
  since      INTEGER NOT NULL,                   -- mail to it is refused since then; 0: it is not
  expires_at INTEGER NOT NULL,                   -- the row says nothing any more
  PRIMARY KEY (account_id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX failing_address_expiry ON failing_address (expires_at);
CREATE INDEX failing_address_newest ON failing_address (account_id, expires_at);

-- The POP3 session that holds a maildrop (RFC 1939 §4). Cleared at start.
CREATE TABLE maildrop_lock (
  mailbox_id INTEGER PRIMARY KEY REFERENCES mailbox,
  owner      TEXT NOT NULL
) STRICT;

-- A message that the holder has marked deleted (RFC 1939 §5 DELE). Cleared at start.
CREATE TABLE pop3_mark (
  mailbox_id INTEGER NOT NULL REFERENCES mailbox,
  uid        INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, uid)
) STRICT, WITHOUT ROWID;

-- TLS keys and certificates that Mailstead made or obtained itself. Truth.
CREATE TABLE certificate (
  name            TEXT NOT NULL PRIMARY KEY,     -- host name
  certificate_pem TEXT NOT NULL,
  key_pem         TEXT NOT NULL,
  not_after       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- An address that is shut out after too many failed log-ins. Truth; rows of the past may stay for a while.
CREATE TABLE ban (
  address TEXT NOT NULL PRIMARY KEY,             -- IPv4, or the /64 of IPv6: "192.0.2.1", "2001:db8::/64"
  since   INTEGER NOT NULL,
  until   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who did what (storage/audit.h). Truth, for a while: the oldest rows are forgotten.
CREATE TABLE audit (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,                      -- of the first, if the row stands for several
  kind    INTEGER NOT NULL,                      -- storage::AuditKind
  actor   TEXT NOT NULL,                         -- an account, or the user of the system who gave a command
  action  TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail  TEXT NOT NULL,
  address TEXT NOT NULL,                         -- of the client, or empty
  count   INTEGER NOT NULL                       -- how many it stands for
) STRICT;
CREATE INDEX audit_kind ON audit (kind, id);

-- What happened to each message (storage/trace.h). Truth, for a while: the oldest rows are forgotten. It has no index:
-- rows are appended with each delivery, and searched backwards now and then.
CREATE TABLE trace (
  id    INTEGER PRIMARY KEY,
  at    INTEGER NOT NULL,                        -- of the beginning of the message data
  story TEXT NOT NULL                            -- lines of a name, a space and a value
) STRICT;

-- Content that came from a mailing list (RFC 2919) for which a domain spoke. Truth. It goes with the content.
CREATE TABLE list_mail (
  blob_id INTEGER NOT NULL PRIMARY KEY,
  list_id TEXT NOT NULL,               -- of List-Id, lower case
  domain  TEXT NOT NULL                -- that passed SPF or DKIM, and that the list is of
) STRICT;

-- A list whose mail an account has moved or copied out of Junk, or into a mailbox of its own. Truth, bounded.
CREATE TABLE filed_list (
  account_id INTEGER NOT NULL REFERENCES account,
  list_id    TEXT NOT NULL,            -- as in list_mail
  domain     TEXT NOT NULL,
  filed_at   INTEGER NOT NULL,         -- the last time
  PRIMARY KEY (account_id, list_id, domain)
) STRICT, WITHOUT ROWID;

-- A network from which an account has logged in: not slowed down while strangers guess at its password. Truth, but the
-- least recent of an account are forgotten.
CREATE TABLE known_network (
  account_id INTEGER NOT NULL REFERENCES account,
  network    TEXT NOT NULL,                      -- as in ban: "192.0.2.1", "2001:db8::/64"
  last_at    INTEGER NOT NULL,                   -- the day's first log-in that was noted
  PRIMARY KEY (account_id, network)
) STRICT, WITHOUT ROWID;

-- A session that is logged in. Derived: its server has it in memory, writes it down a little later, and forgets its own
-- at start.
CREATE TABLE open_session (
  id         TEXT NOT NULL PRIMARY KEY,          -- as in the log
  holder     TEXT NOT NULL,                      -- its server, as in queue_recipient
  account_id INTEGER NOT NULL REFERENCES account,
  door       TEXT NOT NULL,
  address    TEXT NOT NULL,
  since      INTEGER NOT NULL,
  ending     INTEGER NOT NULL DEFAULT 0          -- 1: its server is asked to end it
) STRICT, WITHOUT ROWID;
CREATE INDEX open_session_ending ON open_session (holder) WHERE ending = 1;

-- A browser's log-in (storage/web_sessions.h). Truth.
CREATE TABLE web_session (
  id           TEXT NOT NULL PRIMARY KEY,        -- as in the log
  token_sha256 BLOB NOT NULL UNIQUE,             -- of the cookie's random token
  account_id   INTEGER NOT NULL REFERENCES account,
  generation   INTEGER NOT NULL,                 -- of the credentials that opened it
  form_token   TEXT NOT NULL,                    -- comes back with each form
  since        INTEGER NOT NULL,
  used_at      INTEGER NOT NULL,                 -- about
  expires_at   INTEGER NOT NULL,
  address      TEXT NOT NULL,                    -- of the client at used_at
  user_agent   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX web_session_account ON web_session (account_id, used_at);

-- A DKIM key of a domain of ours (RFC 6376). Truth. A row of a key that was withdrawn stays without its private key: a
-- selector never names two keys, since the DNS remembers the first for a while.
CREATE TABLE dkim_key (
  domain      TEXT NOT NULL,                     -- as in domain
  selector    TEXT NOT NULL,                     -- RFC 6376 §3.1
  algorithm   INTEGER NOT NULL,                  -- storage::DkimAlgorithm
  state       INTEGER NOT NULL,                  -- storage::DkimState
  state_at    INTEGER NOT NULL,                  -- since when
  created_at  INTEGER NOT NULL,
  seen_at     INTEGER NOT NULL,                  -- first seen in the DNS, and since then at each look; 0: not so
  public_key  TEXT NOT NULL,                     -- base64, as in its record
  private_key TEXT NOT NULL,                     -- PEM; empty once it is withdrawn
  PRIMARY KEY (domain, selector)
) STRICT, WITHOUT ROWID;

-- Work that is repeated now and then by one server, whichever it is (storage/chores.h). Truth.
CREATE TABLE chore (
  name   TEXT NOT NULL PRIMARY KEY,
  due_at INTEGER NOT NULL,                       -- when it is to be done next; while somebody does it: the lease's end
  holder TEXT NOT NULL                           -- who does it, as in queue_recipient; empty: nobody
) STRICT, WITHOUT ROWID;

-- Our account at an ACME server (RFC 8555 §7.3). Truth.
CREATE TABLE acme_account (
  directory TEXT NOT NULL PRIMARY KEY,           -- the URL by which the server is known
  url       TEXT NOT NULL,                       -- of the account; empty: it is not known yet
  key_pem   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A certificate that ACME obtains and renews (storage/acme.h). Truth.
CREATE TABLE acme_certificate (
  id              TEXT NOT NULL PRIMARY KEY,     -- the host name, or a domain of ours; with "/rsa": the one with such a key
  names           TEXT NOT NULL,                 -- that it is to have, separated by spaces; empty: it is no longer wanted
  due_at          INTEGER NOT NULL,              -- when it is renewed; while somebody does it: the lease's end
  holder          TEXT NOT NULL,                 -- who does it, as in queue_recipient; empty: nobody
  failures        INTEGER NOT NULL,              -- since the last success
  failure         TEXT NOT NULL,                 -- the reason of the last one
  failed_at       INTEGER NOT NULL,
  order_url       TEXT NOT NULL,                 -- of the order under way (RFC 8555 §7.1.3); "asked": begin one; empty: none
  key_pem         TEXT NOT NULL,                 -- of the present chain, and of the next one
  next_key_pem    TEXT NOT NULL,                 -- to be announced before it comes (RFC 7671 §8); empty: none
  switch_key      INTEGER NOT NULL,              -- 1: the next chain has the next key
  certificate_pem TEXT NOT NULL                  -- the present chain; empty: none yet
) STRICT, WITHOUT ROWID;
CREATE INDEX acme_certificate_due ON acme_certificate (due_at) WHERE names != '';

-- What answers a challenge of an ACME server (RFC 8555 §8). Truth, for minutes.
CREATE TABLE acme_challenge (
  token             TEXT NOT NULL PRIMARY KEY,
  name              TEXT NOT NULL,               -- that is to be shown to be ours
  type              TEXT NOT NULL,               -- "http-01", "tls-alpn-01", "dns-01"
  key_authorization TEXT NOT NULL,               -- RFC 8555 §8.1
  until             INTEGER NOT NULL             -- nobody asks for it later
) STRICT, WITHOUT ROWID;

-- Where an account's devices want to hear of changes (RFC 8620 §7.2). Truth.
CREATE TABLE push_subscription (
  account_id        INTEGER NOT NULL REFERENCES account,
  id                TEXT NOT NULL,               -- random
  generation        INTEGER NOT NULL,            -- of the credentials that made it: it ends with them
  device            TEXT NOT NULL,               -- deviceClientId
  url               TEXT NOT NULL,
  p256dh            BLOB NOT NULL,               -- RFC 8291; empty: nothing is encrypted
  auth              BLOB NOT NULL,
  verification_code TEXT NOT NULL,
  verified          INTEGER NOT NULL,            -- 1: the device has told us the code
  expires_at        INTEGER NOT NULL,
  types             TEXT,                        -- separated by spaces; NULL: all
  app_password      INTEGER NOT NULL DEFAULT 0,  -- that made it, and with which it ends; 0: the account's own password
  PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX push_subscription_expires ON push_subscription (expires_at);

-- By which push services know us (RFC 8292): a single row. Truth.
CREATE TABLE push_key (
  id      INTEGER PRIMARY KEY,
  key_pem TEXT NOT NULL
) STRICT;

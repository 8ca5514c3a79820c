-- The first version.
CREATE TABLE state (
  name  TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE domain (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE account (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  name              TEXT NOT NULL UNIQUE,
  quota_octets      INTEGER,
  used_octets       INTEGER NOT NULL DEFAULT 0,
  messages          INTEGER NOT NULL DEFAULT 0,
  highest_modseq    INTEGER NOT NULL DEFAULT 1,
  next_uid_validity INTEGER NOT NULL,
  created_at        INTEGER NOT NULL
) STRICT;
CREATE TABLE credential (
  account_id       INTEGER PRIMARY KEY REFERENCES account,
  argon2id         TEXT NOT NULL,
  scram_salt       BLOB NOT NULL,
  scram_iterations INTEGER NOT NULL,
  scram_stored_key BLOB NOT NULL,
  scram_server_key BLOB NOT NULL
) STRICT;
CREATE TABLE alias (
  name   TEXT NOT NULL,
  target TEXT NOT NULL,
  PRIMARY KEY (name, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_target ON alias (target);
CREATE TABLE mailbox (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id     INTEGER NOT NULL REFERENCES account,
  name           TEXT NOT NULL,
  uid_validity   INTEGER NOT NULL,
  uid_next       INTEGER NOT NULL DEFAULT 1,
  highest_modseq INTEGER NOT NULL DEFAULT 1,
  expunged_floor INTEGER NOT NULL DEFAULT 0,
  recent_from    INTEGER NOT NULL DEFAULT 1,
  special_use    INTEGER NOT NULL DEFAULT 0,
  messages       INTEGER NOT NULL DEFAULT 0,
  unseen         INTEGER NOT NULL DEFAULT 0,
  deleted        INTEGER NOT NULL DEFAULT 0,
  size_octets    INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account_id, name)
) STRICT;
CREATE TABLE dropped_mailbox (
  mailbox_id INTEGER PRIMARY KEY
) STRICT;
CREATE TABLE subscription (
  account_id INTEGER NOT NULL REFERENCES account,
  name       TEXT NOT NULL,
  PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE keyword (
  account_id INTEGER NOT NULL REFERENCES account,
  number     INTEGER NOT NULL,
  name       TEXT NOT NULL COLLATE NOCASE,
  PRIMARY KEY (account_id, number),
  UNIQUE (account_id, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE blob (
  id           INTEGER PRIMARY KEY,
  sha256       BLOB NOT NULL,
  size_octets  INTEGER NOT NULL,
  encoding     INTEGER NOT NULL,
  chunk_octets INTEGER NOT NULL,
  content      BLOB
) STRICT;
CREATE INDEX blob_sha256 ON blob (sha256);
CREATE TABLE blob_chunk (
  id       INTEGER PRIMARY KEY,
  encoding INTEGER NOT NULL,
  content  BLOB NOT NULL
) STRICT;
CREATE TABLE staging (
  blob_id INTEGER PRIMARY KEY
) STRICT;
CREATE TABLE unreferenced (
  blob_id INTEGER PRIMARY KEY
) STRICT;
CREATE TABLE message_summary (
  blob_id INTEGER PRIMARY KEY REFERENCES blob,
  summary BLOB NOT NULL
) STRICT;
CREATE TABLE message (
  mailbox_id    INTEGER NOT NULL REFERENCES mailbox,
  uid           INTEGER NOT NULL,
  flags         INTEGER NOT NULL,
  keywords      BLOB,
  modseq        INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,
  zone_minutes  INTEGER NOT NULL,
  saved_at      INTEGER NOT NULL,
  size_octets   INTEGER NOT NULL,
  blob_id       INTEGER NOT NULL REFERENCES blob,
  PRIMARY KEY (mailbox_id, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_modseq ON message (mailbox_id, modseq);
CREATE INDEX message_blob ON message (blob_id);
CREATE TABLE expunged (
  mailbox_id INTEGER NOT NULL REFERENCES mailbox,
  modseq     INTEGER NOT NULL,
  first_uid  INTEGER NOT NULL,
  last_uid   INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, modseq, first_uid)
) STRICT, WITHOUT ROWID;
CREATE TABLE queue_message (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  reverse_path   TEXT NOT NULL,
  envelope_id    TEXT NOT NULL,
  dsn_return     INTEGER NOT NULL,
  eight_bit_mime INTEGER NOT NULL,
  smtputf8       INTEGER NOT NULL,
  session        TEXT NOT NULL,
  queued_at      INTEGER NOT NULL,
  delay_notified INTEGER NOT NULL DEFAULT 0,
  size_octets    INTEGER NOT NULL,
  blob_id        INTEGER NOT NULL REFERENCES blob
) STRICT;
CREATE INDEX queue_message_blob ON queue_message (blob_id);
CREATE TABLE queue_recipient (
  id                 INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id         INTEGER NOT NULL REFERENCES queue_message,
  forward_path       TEXT NOT NULL,
  domain             TEXT NOT NULL,
  notify             INTEGER NOT NULL,
  original_recipient TEXT NOT NULL,
  state              INTEGER NOT NULL,
  attempts           INTEGER NOT NULL DEFAULT 0,
  next_attempt_at    INTEGER NOT NULL,
  last_attempt_at    INTEGER NOT NULL DEFAULT 0,
  last_reply         TEXT NOT NULL DEFAULT '',
  last_status        TEXT NOT NULL DEFAULT '',
  last_remote        TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX queue_recipient_message ON queue_recipient (message_id);
CREATE INDEX queue_recipient_due ON queue_recipient (next_attempt_at) WHERE state = 0;
CREATE TABLE maildrop_lock (
  mailbox_id INTEGER PRIMARY KEY REFERENCES mailbox,
  owner      TEXT NOT NULL
) STRICT;
CREATE TABLE pop3_mark (
  mailbox_id INTEGER NOT NULL REFERENCES mailbox,
  uid        INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, uid)
) STRICT, WITHOUT ROWID;
CREATE TABLE certificate (
  name            TEXT NOT NULL PRIMARY KEY,
  certificate_pem TEXT NOT NULL,
  key_pem         TEXT NOT NULL,
  not_after       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Identities and vacation responses (RFC 8621 §6, §8).
CREATE TABLE identity (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id     INTEGER NOT NULL REFERENCES account,
  own            INTEGER NOT NULL,
  email          TEXT NOT NULL,
  name           TEXT NOT NULL,
  reply_to       TEXT NOT NULL,
  bcc            TEXT NOT NULL,
  text_signature TEXT NOT NULL,
  html_signature TEXT NOT NULL,
  created_modseq INTEGER NOT NULL,
  changed_modseq INTEGER NOT NULL,
  removed_modseq INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX identity_account ON identity (account_id, removed_modseq);
CREATE TABLE vacation_response (
  account_id     INTEGER PRIMARY KEY REFERENCES account,
  enabled        INTEGER NOT NULL,
  from_at        INTEGER,
  to_at          INTEGER,
  subject        TEXT,
  text_body      TEXT,
  html_body      TEXT,
  changed_modseq INTEGER NOT NULL
) STRICT;

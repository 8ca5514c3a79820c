-- Mailing lists.
CREATE TABLE mailing_list (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT NOT NULL UNIQUE,
  posting    INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE list_member (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  list_id        INTEGER NOT NULL REFERENCES mailing_list,
  address        TEXT NOT NULL COLLATE NOCASE,
  receives       INTEGER NOT NULL,
  owner          INTEGER NOT NULL,
  bounces        INTEGER NOT NULL DEFAULT 0,
  last_bounce_at INTEGER NOT NULL DEFAULT 0,
  paused_at      INTEGER NOT NULL DEFAULT 0,
  told           INTEGER NOT NULL DEFAULT 1,
  UNIQUE (list_id, address)
) STRICT;
CREATE INDEX list_member_untold ON list_member (id) WHERE told = 0;

-- Mail that is sent on: header fields for one next hop, who answers for it, and return addresses for its bounces.
ALTER TABLE queue_message ADD COLUMN prefix TEXT NOT NULL DEFAULT '';
ALTER TABLE queue_message ADD COLUMN signing_domain TEXT NOT NULL DEFAULT '';
CREATE TABLE return_secret (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  secret     BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE long_sender (
  token        TEXT NOT NULL PRIMARY KEY,
  reverse_path TEXT NOT NULL,
  expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX long_sender_expiry ON long_sender (expires_at);

-- Where devices want to hear of changes (RFC 8620 §7.2).
CREATE TABLE push_subscription (
  account_id        INTEGER NOT NULL REFERENCES account,
  id                TEXT NOT NULL,
  generation        INTEGER NOT NULL,
  device            TEXT NOT NULL,
  url               TEXT NOT NULL,
  p256dh            BLOB NOT NULL,
  auth              BLOB NOT NULL,
  verification_code TEXT NOT NULL,
  verified          INTEGER NOT NULL,
  expires_at        INTEGER NOT NULL,
  types             TEXT,
  PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX push_subscription_expires ON push_subscription (expires_at);
-- By which push services know us (RFC 8292): a single row.
CREATE TABLE push_key (
  id      INTEGER PRIMARY KEY,
  key_pem TEXT NOT NULL
) STRICT;

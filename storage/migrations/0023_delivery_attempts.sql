-- What each attempt to send a queued message came to, kept after it has left the queue.
CREATE TABLE delivery_attempt (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id   INTEGER NOT NULL,
  recipient_id INTEGER NOT NULL,
  forward_path TEXT NOT NULL,
  at           INTEGER NOT NULL,
  host         TEXT NOT NULL,
  address      TEXT NOT NULL,
  tls          TEXT NOT NULL,
  protection   TEXT NOT NULL,
  outcome      INTEGER NOT NULL,
  status       TEXT NOT NULL,
  reply        TEXT NOT NULL
) STRICT;
CREATE INDEX delivery_attempt_recipient ON delivery_attempt (message_id, recipient_id, id);

-- Passwords for single programs of an account.
CREATE TABLE app_password (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id       INTEGER NOT NULL REFERENCES account,
  label            TEXT NOT NULL COLLATE NOCASE,
  scope            INTEGER NOT NULL,
  sha256           BLOB NOT NULL UNIQUE,
  scram_salt       BLOB NOT NULL,
  scram_iterations INTEGER NOT NULL,
  scram_stored_key BLOB NOT NULL,
  scram_server_key BLOB NOT NULL,
  created_at       INTEGER NOT NULL,
  expires_at       INTEGER,
  used_at          INTEGER NOT NULL DEFAULT 0,
  used_from        TEXT NOT NULL DEFAULT '',
  UNIQUE (account_id, label)
) STRICT;
CREATE INDEX app_password_expires ON app_password (expires_at) WHERE expires_at IS NOT NULL;

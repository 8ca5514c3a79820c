-- Codes by time that accounts ask for besides the password, and recovery codes.
CREATE TABLE second_factor (
  account_id    INTEGER PRIMARY KEY REFERENCES account,
  secret        BLOB NOT NULL,
  since         INTEGER NOT NULL DEFAULT 0,
  last_step     INTEGER NOT NULL DEFAULT 0,
  attempts      INTEGER NOT NULL DEFAULT 0,
  attempts_from INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE recovery_code (
  account_id INTEGER NOT NULL REFERENCES account,
  sha256     BLOB NOT NULL,
  PRIMARY KEY (account_id, sha256)
) STRICT, WITHOUT ROWID;

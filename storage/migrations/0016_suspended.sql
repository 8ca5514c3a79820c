-- Suspended accounts, and who is logged in.
ALTER TABLE account ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0;
CREATE TABLE open_session (
  id         TEXT NOT NULL PRIMARY KEY,
  holder     TEXT NOT NULL,
  account_id INTEGER NOT NULL REFERENCES account,
  door       TEXT NOT NULL,
  address    TEXT NOT NULL,
  since      INTEGER NOT NULL,
  ending     INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX open_session_ending ON open_session (holder) WHERE ending = 1;

-- Addresses that are shut out, and which password a session has logged in with.
CREATE TABLE ban (
  address TEXT NOT NULL PRIMARY KEY,
  since   INTEGER NOT NULL,
  until   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE credential ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;

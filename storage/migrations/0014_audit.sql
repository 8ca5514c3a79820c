-- Who did what, and log-ins.
CREATE TABLE audit (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,
  kind    INTEGER NOT NULL,
  actor   TEXT NOT NULL,
  action  TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail  TEXT NOT NULL,
  address TEXT NOT NULL,
  count   INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_kind ON audit (kind, id);

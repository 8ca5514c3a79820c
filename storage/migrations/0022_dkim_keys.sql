-- Keys that sign mail, and work that is repeated by one server of several.
CREATE TABLE dkim_key (
  domain      TEXT NOT NULL,
  selector    TEXT NOT NULL,
  algorithm   INTEGER NOT NULL,
  state       INTEGER NOT NULL,
  state_at    INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  seen_at     INTEGER NOT NULL,
  public_key  TEXT NOT NULL,
  private_key TEXT NOT NULL,
  PRIMARY KEY (domain, selector)
) STRICT, WITHOUT ROWID;
CREATE TABLE chore (
  name   TEXT NOT NULL PRIMARY KEY,
  due_at INTEGER NOT NULL,
  holder TEXT NOT NULL
) STRICT, WITHOUT ROWID;

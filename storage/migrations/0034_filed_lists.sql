-- Content that came from a mailing list, and lists whose mail an account has filed.
CREATE TABLE list_mail (
  blob_id INTEGER NOT NULL PRIMARY KEY,
  list_id TEXT NOT NULL,
  domain  TEXT NOT NULL
) STRICT;
CREATE TABLE filed_list (
  account_id INTEGER NOT NULL REFERENCES account,
  list_id    TEXT NOT NULL,
  domain     TEXT NOT NULL,
  filed_at   INTEGER NOT NULL,
  PRIMARY KEY (account_id, list_id, domain)
) STRICT, WITHOUT ROWID;

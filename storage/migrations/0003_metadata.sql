-- Named values of the server and of mailboxes (RFC 5464).
CREATE TABLE metadata (
  account_id INTEGER NOT NULL REFERENCES account,
  mailbox_id INTEGER NOT NULL,
  entry      TEXT NOT NULL COLLATE NOCASE,
  value      BLOB NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX metadata_mailbox ON metadata (mailbox_id);

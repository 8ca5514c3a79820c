-- Emails (RFC 8621): since when a message is seen, which ones are no longer, and where the newest of a mailbox are. What
-- happened before is not known.
ALTER TABLE account ADD COLUMN hidden_floor INTEGER NOT NULL DEFAULT 0;
UPDATE account SET hidden_floor = highest_modseq;
ALTER TABLE message ADD COLUMN shown_modseq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message_bucket ADD COLUMN newest INTEGER NOT NULL DEFAULT 0;
UPDATE message_bucket SET newest = coalesce((SELECT max(internal_date) FROM message
  WHERE message.mailbox_id = message_bucket.mailbox_id
    AND uid BETWEEN bucket << 8 AND (bucket << 8) + 255), 0);
CREATE TABLE hidden_message (
  account_id    INTEGER NOT NULL REFERENCES account,
  modseq        INTEGER NOT NULL,
  mailbox_id    INTEGER NOT NULL,
  uid           INTEGER NOT NULL,
  blob_id       INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,
  thread_id     INTEGER,
  ids           INTEGER NOT NULL,
  shown_modseq  INTEGER NOT NULL,
  PRIMARY KEY (account_id, modseq, mailbox_id, uid)
) STRICT, WITHOUT ROWID;

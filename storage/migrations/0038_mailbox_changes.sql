-- Mailboxes (RFC 8621 §2): since when they are, when they have changed, in which order they are shown, and which ones are
-- no longer. What happened before is not known.
ALTER TABLE mailbox ADD COLUMN created_modseq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN changed_modseq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN sort_order INTEGER NOT NULL DEFAULT 0;
CREATE TABLE removed_mailbox (
  account_id     INTEGER NOT NULL REFERENCES account,
  modseq         INTEGER NOT NULL,
  mailbox_id     INTEGER NOT NULL,
  created_modseq INTEGER NOT NULL,
  PRIMARY KEY (account_id, modseq, mailbox_id)
) STRICT, WITHOUT ROWID;

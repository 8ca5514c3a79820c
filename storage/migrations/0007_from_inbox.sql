-- Which mailboxes a RENAME of INBOX has made is known from now on.
ALTER TABLE mailbox ADD COLUMN from_inbox INTEGER NOT NULL DEFAULT 0;

-- Mail that its submitter wants sent later (RFC 4865).
ALTER TABLE queue_recipient ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0;

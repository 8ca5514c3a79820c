-- UIDONLY (RFC 9586) is offered account by account.
ALTER TABLE account ADD COLUMN uid_only INTEGER NOT NULL DEFAULT 0;

-- What the sender wants of TLS (RFC 8689), and what the last attempt had, for the sender's reports.
ALTER TABLE queue_message ADD COLUMN tls_wish INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue_recipient ADD COLUMN last_protection TEXT NOT NULL DEFAULT '';

-- A push subscription ends with the app password that made it (RFC 8620 §7.2).
ALTER TABLE push_subscription ADD COLUMN app_password INTEGER NOT NULL DEFAULT 0;

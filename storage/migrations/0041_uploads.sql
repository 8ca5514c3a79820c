-- Octets that clients have uploaded, to make messages of them (RFC 8620 §6.1).
CREATE TABLE upload (
  id          INTEGER PRIMARY KEY,
  account_id  INTEGER NOT NULL REFERENCES account,
  blob_id     INTEGER NOT NULL REFERENCES blob,
  size_octets INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX upload_account ON upload (account_id, expires_at);
CREATE INDEX upload_blob ON upload (blob_id);
CREATE INDEX upload_expiry ON upload (expires_at);

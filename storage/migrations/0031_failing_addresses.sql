-- Addresses elsewhere to which mail of an account has failed for good, in a row.
CREATE TABLE failing_address (
  account_id INTEGER NOT NULL REFERENCES account,
  address    TEXT NOT NULL,
  failures   INTEGER NOT NULL,
  last_at    INTEGER NOT NULL,
  last_reply TEXT NOT NULL,
  since      INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX failing_address_expiry ON failing_address (expires_at);
CREATE INDEX failing_address_newest ON failing_address (account_id, expires_at);

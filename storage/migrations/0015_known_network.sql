-- Where an account has logged in from.
CREATE TABLE known_network (
  account_id INTEGER NOT NULL REFERENCES account,
  network    TEXT NOT NULL,
  last_at    INTEGER NOT NULL,
  PRIMARY KEY (account_id, network)
) STRICT, WITHOUT ROWID;

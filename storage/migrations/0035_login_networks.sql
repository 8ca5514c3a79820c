-- From how many networks each account has logged in lately.
CREATE TABLE login_network (
  account_id INTEGER NOT NULL REFERENCES account,
  network    TEXT NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (account_id, network)
) STRICT, WITHOUT ROWID;

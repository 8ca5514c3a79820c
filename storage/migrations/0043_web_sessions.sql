-- Log-ins of browsers, which outlive the process.
CREATE TABLE web_session (
  id           TEXT NOT NULL PRIMARY KEY,
  token_sha256 BLOB NOT NULL UNIQUE,
  account_id   INTEGER NOT NULL REFERENCES account,
  generation   INTEGER NOT NULL,
  form_token   TEXT NOT NULL,
  since        INTEGER NOT NULL,
  used_at      INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  address      TEXT NOT NULL,
  user_agent   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX web_session_account ON web_session (account_id, used_at);

-- Other domains' MTA-STS policies, and how TLS went on the way to them.
CREATE TABLE sts_policy (
  domain     TEXT NOT NULL PRIMARY KEY,
  id         TEXT NOT NULL,
  text       TEXT NOT NULL,
  fetched_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sts_policy_expiry ON sts_policy (expires_at);
CREATE INDEX sts_policy_fetched ON sts_policy (fetched_at, domain);
CREATE TABLE tls_result (
  day         INTEGER NOT NULL,
  domain      TEXT NOT NULL,
  policy_type TEXT NOT NULL,
  result_type TEXT NOT NULL,
  mx_host     TEXT NOT NULL,
  sessions    INTEGER NOT NULL,
  PRIMARY KEY (day, domain, policy_type, result_type, mx_host)
) STRICT, WITHOUT ROWID;

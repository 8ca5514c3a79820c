-- Certificates by ACME (RFC 8555): the account, what is obtained and renewed, and what answers challenges meanwhile.
CREATE TABLE acme_account (
  directory TEXT NOT NULL PRIMARY KEY,
  url       TEXT NOT NULL,
  key_pem   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE acme_certificate (
  id              TEXT NOT NULL PRIMARY KEY,
  names           TEXT NOT NULL,
  due_at          INTEGER NOT NULL,
  holder          TEXT NOT NULL,
  failures        INTEGER NOT NULL,
  failure         TEXT NOT NULL,
  failed_at       INTEGER NOT NULL,
  order_url       TEXT NOT NULL,
  key_pem         TEXT NOT NULL,
  next_key_pem    TEXT NOT NULL,
  switch_key      INTEGER NOT NULL,
  certificate_pem TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX acme_certificate_due ON acme_certificate (due_at) WHERE names != '';
CREATE TABLE acme_challenge (
  token             TEXT NOT NULL PRIMARY KEY,
  name              TEXT NOT NULL,
  type              TEXT NOT NULL,
  key_authorization TEXT NOT NULL,
  until             INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

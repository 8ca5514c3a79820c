-- Rights on mailboxes (RFC 4314). The names below "Other Users" are those of other accounts' mailboxes from now on.
CREATE TABLE mailbox_right (
  mailbox_id INTEGER NOT NULL REFERENCES mailbox,
  account_id INTEGER NOT NULL,
  negative   INTEGER NOT NULL,
  rights     INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, account_id, negative)
) STRICT, WITHOUT ROWID;
CREATE INDEX mailbox_right_account ON mailbox_right (account_id);
UPDATE OR IGNORE mailbox SET name = 'Other Users of old' || substr(name, 12)
  WHERE name = 'Other Users' OR (name > 'Other Users/' AND name < 'Other Users0');

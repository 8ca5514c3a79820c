-- A COPY of many messages is done in slices: what it must take back if it does not come to its end.
CREATE TABLE unfinished_copy (
  copy_id    INTEGER NOT NULL,
  first_uid  INTEGER NOT NULL,
  last_uid   INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL REFERENCES mailbox,
  PRIMARY KEY (copy_id, first_uid)
) STRICT, WITHOUT ROWID;

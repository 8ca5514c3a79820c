-- What has changed since a MODSEQ is found by buckets of UIDs, no longer by an index over every message.
CREATE TABLE message_bucket (
  mailbox_id INTEGER NOT NULL REFERENCES mailbox,
  bucket     INTEGER NOT NULL,
  modseq     INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, bucket)
) STRICT, WITHOUT ROWID;
INSERT INTO message_bucket (mailbox_id, bucket, modseq)
  SELECT mailbox_id, uid >> 8, max(modseq) FROM message GROUP BY mailbox_id, uid >> 8;
DROP INDEX message_modseq;

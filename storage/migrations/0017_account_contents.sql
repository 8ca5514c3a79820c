-- Ids and conversations by account (RFC 8474 §5). What is there already keeps the ids that clients know, and the renewal of
-- summaries, which looks again, finds out by which names its threads are joined.
CREATE TABLE account_content (
  blob_id    INTEGER NOT NULL REFERENCES blob,
  account_id INTEGER NOT NULL,
  thread_id  INTEGER,
  ids        INTEGER NOT NULL,
  PRIMARY KEY (blob_id, account_id)
) STRICT, WITHOUT ROWID;
INSERT INTO account_content (blob_id, account_id, thread_id, ids)
  SELECT DISTINCT message.blob_id, mailbox.account_id, thread_id, 1 FROM message
    JOIN mailbox ON mailbox.id = message.mailbox_id LEFT JOIN message_summary ON message_summary.blob_id = message.blob_id
  ORDER BY 1, 2;
CREATE INDEX account_content_thread ON account_content (account_id, thread_id);
DROP INDEX message_summary_thread;
ALTER TABLE message_summary DROP COLUMN thread_id;
DROP TABLE thread_key;
CREATE TABLE thread_key (
  account_id INTEGER NOT NULL,
  key        INTEGER NOT NULL,
  thread_id  INTEGER NOT NULL,
  PRIMARY KEY (account_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX thread_key_thread ON thread_key (account_id, thread_id);
DELETE FROM state WHERE name = 'summary_version';

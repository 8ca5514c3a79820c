-- Conversations (RFC 8474 §5.2). What is there already is put into them by the renewal of summaries, which looks again.
ALTER TABLE message_summary ADD COLUMN thread_id INTEGER;
CREATE INDEX message_summary_thread ON message_summary (thread_id);
CREATE TABLE thread_key (
  key       INTEGER PRIMARY KEY,
  thread_id INTEGER NOT NULL
) STRICT;
CREATE INDEX thread_key_thread ON thread_key (thread_id);
DELETE FROM state WHERE name = 'summary_version';

-- Thread first: new threads follow each other, so that a commit touches the same page for all accounts.
DROP INDEX account_content_thread;
CREATE INDEX account_content_thread ON account_content (thread_id, account_id);
DROP INDEX thread_key_thread;
CREATE INDEX thread_key_thread ON thread_key (thread_id, account_id);

-- What POP3 sends of messages that are not sent as they are stored. Summaries are made anew, and these with them.
CREATE TABLE text_size (
  blob_id      INTEGER PRIMARY KEY REFERENCES blob,
  octets       INTEGER NOT NULL,
  ascii_octets INTEGER
) STRICT;

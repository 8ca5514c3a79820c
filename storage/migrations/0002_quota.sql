-- Quotas on the number of messages, and what expunging would free (RFC 9208 §5.2, §4.1.4).
ALTER TABLE account ADD COLUMN quota_messages INTEGER;
ALTER TABLE mailbox ADD COLUMN deleted_octets INTEGER NOT NULL DEFAULT 0;
UPDATE mailbox SET deleted_octets =
  (SELECT coalesce(sum(size_octets), 0) FROM message WHERE mailbox_id = mailbox.id AND flags & 8 != 0)
  WHERE deleted != 0;

-- The search index has each account's contents by themselves: it has to hear of accounts that get a content later.
ALTER TABLE account_content ADD COLUMN late INTEGER;
CREATE INDEX account_content_late ON account_content (late) WHERE late IS NOT NULL;

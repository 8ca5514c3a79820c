-- What follows from DMARC for mail to a domain, where it is not what the config says.
ALTER TABLE domain ADD COLUMN dmarc INTEGER;

"""mbsync as the tests set it up: one Maildir beside one account's INBOX."""


def write_mbsync_config(config, store, port, user, password):
    """Writes a configuration that synchronises the Maildir `store` and INBOX, both ways."""
    config.write_text(f"""IMAPAccount server
Host 127.0.0.1
Port {port}
User {user}
Pass {password}
SSLType None
AuthMechs LOGIN

IMAPStore far
Account server

MaildirStore near
Path {store}/
Inbox {store}/INBOX

Channel all
Far :far:
Near :near:
Patterns INBOX
Sync All
Create Both
Expunge Both
SyncState *
""")

// The rules, in the order of schema.sql. Repairs delete only unreachable rows.
#include "storage/upkeep/rules.h"

namespace storage {

namespace {

constexpr Rule all_rules[] = {
    // Identity.
    {"account", "its domain is not ours",
     "SELECT name FROM account WHERE substr(name, instr(name, '@') + 1) NOT IN (SELECT name FROM domain) ORDER BY name",
     nullptr},
    {"account", "has no credentials",
     "SELECT name FROM account WHERE id NOT IN (SELECT account_id FROM credential) ORDER BY name", nullptr},
    {"account", "has no INBOX",
     "SELECT name FROM account WHERE id NOT IN (SELECT account_id FROM mailbox WHERE name = 'INBOX') ORDER BY name",
     "INSERT INTO mailbox (account_id, name, uid_validity, highest_modseq)"
     " SELECT id, 'INBOX', next_uid_validity, highest_modseq FROM account"
     " WHERE id NOT IN (SELECT account_id FROM mailbox WHERE name = 'INBOX')"},
    {"credential", "belongs to no account",
     "SELECT account_id FROM credential WHERE account_id NOT IN (SELECT id FROM account) ORDER BY account_id",
     "DELETE FROM credential WHERE account_id NOT IN (SELECT id FROM account)"},
    {"app_password", "belongs to no account",
     "SELECT id FROM app_password WHERE account_id NOT IN (SELECT id FROM account) ORDER BY id",
     "DELETE FROM app_password WHERE account_id NOT IN (SELECT id FROM account)"},
    {"second_factor", "belongs to no account",
     "SELECT account_id FROM second_factor WHERE account_id NOT IN (SELECT id FROM account) ORDER BY account_id",
     "DELETE FROM second_factor WHERE account_id NOT IN (SELECT id FROM account)"},
    {"recovery_code", "its account has no second factor",
     "SELECT DISTINCT account_id FROM recovery_code WHERE account_id NOT IN (SELECT account_id FROM second_factor)"
     " ORDER BY account_id",
     "DELETE FROM recovery_code WHERE account_id NOT IN (SELECT account_id FROM second_factor)"},
    {"filed_list", "belongs to no account",
     "SELECT DISTINCT account_id FROM filed_list WHERE account_id NOT IN (SELECT id FROM account) ORDER BY account_id",
     "DELETE FROM filed_list WHERE account_id NOT IN (SELECT id FROM account)"},
    {"known_network", "belongs to no account",
     "SELECT DISTINCT account_id FROM known_network WHERE account_id NOT IN (SELECT id FROM account)"
     " ORDER BY account_id",
     "DELETE FROM known_network WHERE account_id NOT IN (SELECT id FROM account)"},
    {"sending", "belongs to no account",
     "SELECT account_id FROM sending WHERE account_id NOT IN (SELECT id FROM account) ORDER BY account_id",
     "DELETE FROM sending WHERE account_id NOT IN (SELECT id FROM account)"},
    {"login_network", "belongs to no account",
     "SELECT DISTINCT account_id FROM login_network WHERE account_id NOT IN (SELECT id FROM account)"
     " ORDER BY account_id",
     "DELETE FROM login_network WHERE account_id NOT IN (SELECT id FROM account)"},
    {"failing_address", "belongs to no account",
     "SELECT DISTINCT account_id FROM failing_address WHERE account_id NOT IN (SELECT id FROM account)"
     " ORDER BY account_id",
     "DELETE FROM failing_address WHERE account_id NOT IN (SELECT id FROM account)"},
    {"push_subscription", "belongs to no account",
     "SELECT DISTINCT account_id FROM push_subscription WHERE account_id NOT IN (SELECT id FROM account)"
     " ORDER BY account_id",
     "DELETE FROM push_subscription WHERE account_id NOT IN (SELECT id FROM account)"},
    {"open_session", "belongs to no account",
     "SELECT id FROM open_session WHERE account_id NOT IN (SELECT id FROM account) ORDER BY id",
     "DELETE FROM open_session WHERE account_id NOT IN (SELECT id FROM account)"},
    {"web_session", "belongs to no account",
     "SELECT id FROM web_session WHERE account_id NOT IN (SELECT id FROM account) ORDER BY id",
     "DELETE FROM web_session WHERE account_id NOT IN (SELECT id FROM account)"},
    {"subscription", "belongs to no account",
     "SELECT account_id || ' ' || name FROM subscription WHERE account_id NOT IN (SELECT id FROM account)"
     " ORDER BY account_id, name",
     "DELETE FROM subscription WHERE account_id NOT IN (SELECT id FROM account)"},
    {"mailbox_right", "its mailbox does not exist",
     "SELECT DISTINCT mailbox_id FROM mailbox_right WHERE mailbox_id NOT IN (SELECT id FROM mailbox) ORDER BY "
     "mailbox_id",
     "DELETE FROM mailbox_right WHERE mailbox_id NOT IN (SELECT id FROM mailbox)"},
    {"mailbox_right", "is given to no account",
     "SELECT DISTINCT account_id FROM mailbox_right WHERE account_id != 0"
     "   AND account_id NOT IN (SELECT id FROM account) ORDER BY account_id",
     "DELETE FROM mailbox_right WHERE account_id != 0 AND account_id NOT IN (SELECT id FROM account)"},
    {"mailbox", "its name is another user's",
     "SELECT id || ' ' || name FROM mailbox WHERE name = 'Other Users' OR (name > 'Other Users/' AND name < 'Other "
     "Users0')"
     " ORDER BY id",
     nullptr},
    {"metadata", "belongs to no account",
     "SELECT DISTINCT account_id FROM metadata WHERE account_id NOT IN (SELECT id FROM account) ORDER BY account_id",
     "DELETE FROM metadata WHERE account_id NOT IN (SELECT id FROM account)"},
    {"metadata", "its mailbox does not exist",
     "SELECT DISTINCT mailbox_id FROM metadata WHERE mailbox_id != 0 AND mailbox_id NOT IN (SELECT id FROM mailbox)"
     " ORDER BY mailbox_id",
     "DELETE FROM metadata WHERE mailbox_id != 0 AND mailbox_id NOT IN (SELECT id FROM mailbox)"},
    {"keyword", "belongs to no account",
     "SELECT account_id || ' ' || number FROM keyword WHERE account_id NOT IN (SELECT id FROM account)"
     " ORDER BY account_id, number",
     "DELETE FROM keyword WHERE account_id NOT IN (SELECT id FROM account)"},
    {"keyword", "the account's keyword numbers have a gap",
     "SELECT account_id FROM keyword GROUP BY account_id HAVING max(number) != count(*) - 1 ORDER BY account_id",
     nullptr},
    {"alias", "its domain is not ours",
     "SELECT DISTINCT name FROM alias WHERE substr(name, instr(name, '@') + 1) NOT IN (SELECT name FROM domain)"
     " ORDER BY name",
     "DELETE FROM alias WHERE substr(name, instr(name, '@') + 1) NOT IN (SELECT name FROM domain)"},
    {"alias", "has the name of an account, which hides it",
     "SELECT DISTINCT name FROM alias WHERE name IN (SELECT name FROM account) ORDER BY name", nullptr},
    {"dkim_key", "its domain is not ours",
     "SELECT domain || ' ' || selector FROM dkim_key WHERE domain NOT IN (SELECT name FROM domain)"
     " ORDER BY domain, selector",
     "DELETE FROM dkim_key WHERE domain NOT IN (SELECT name FROM domain)"},
    {"dkim_key", "has no private key to sign with",
     "SELECT domain || ' ' || selector FROM dkim_key WHERE state IN (0, 1) AND private_key = ''"
     " ORDER BY domain, selector",
     "UPDATE dkim_key SET state = 3 WHERE state IN (0, 1) AND private_key = ''"},
    {"dkim_key", "its private key outlived it",
     "SELECT domain || ' ' || selector FROM dkim_key WHERE state = 3 AND private_key != '' ORDER BY domain, selector",
     "UPDATE dkim_key SET private_key = '' WHERE state = 3"},

    {"mailing_list", "its domain is not ours",
     "SELECT name FROM mailing_list WHERE substr(name, instr(name, '@') + 1) NOT IN (SELECT name FROM domain)"
     " ORDER BY name",
     nullptr},
    {"mailing_list", "has the name of an account or alias, which hides it",
     "SELECT name FROM mailing_list WHERE name IN (SELECT name FROM account) OR name IN (SELECT name FROM alias)"
     " ORDER BY name",
     nullptr},
    {"list_member", "its list does not exist",
     "SELECT id FROM list_member WHERE list_id NOT IN (SELECT id FROM mailing_list) ORDER BY id",
     "DELETE FROM list_member WHERE list_id NOT IN (SELECT id FROM mailing_list)"},

    // Mailboxes.
    {"unfinished_copy", "its mailbox does not exist",
     "SELECT copy_id || ' ' || first_uid FROM unfinished_copy WHERE mailbox_id NOT IN (SELECT id FROM mailbox)"
     " ORDER BY copy_id, first_uid",
     "DELETE FROM unfinished_copy WHERE mailbox_id NOT IN (SELECT id FROM mailbox)"},
    {"dropped_mailbox", "is a mailbox still in use: the sweep would empty it",
     "SELECT mailbox_id FROM dropped_mailbox WHERE mailbox_id IN (SELECT id FROM mailbox) ORDER BY mailbox_id",
     "DELETE FROM dropped_mailbox WHERE mailbox_id IN (SELECT id FROM mailbox)"},
    {"identity", "belongs to no account",
     "SELECT id FROM identity WHERE account_id NOT IN (SELECT id FROM account) ORDER BY id",
     "DELETE FROM identity WHERE account_id NOT IN (SELECT id FROM account)"},
    {"vacation_response", "belongs to no account",
     "SELECT account_id FROM vacation_response WHERE account_id NOT IN (SELECT id FROM account) ORDER BY account_id",
     "DELETE FROM vacation_response WHERE account_id NOT IN (SELECT id FROM account)"},
    {"removed_mailbox", "belongs to no account",
     "SELECT DISTINCT account_id FROM removed_mailbox WHERE account_id NOT IN (SELECT id FROM account)"
     " ORDER BY account_id",
     "DELETE FROM removed_mailbox WHERE account_id NOT IN (SELECT id FROM account)"},
    {"removed_mailbox", "is a mailbox still in use",
     "SELECT mailbox_id FROM removed_mailbox WHERE mailbox_id IN (SELECT id FROM mailbox) ORDER BY mailbox_id",
     "DELETE FROM removed_mailbox WHERE mailbox_id IN (SELECT id FROM mailbox)"},
    {"mailbox", "belongs to no account",
     "SELECT id FROM mailbox WHERE account_id NOT IN (SELECT id FROM account) ORDER BY id",
     "DELETE FROM mailbox WHERE account_id NOT IN (SELECT id FROM account)"},
    {"mailbox", "its superior does not exist",
     "SELECT id || ' ' || name FROM mailbox AS m WHERE name LIKE '%/%' AND NOT EXISTS (SELECT 1 FROM mailbox AS s"
     "   WHERE s.account_id = m.account_id AND s.name = rtrim(rtrim(m.name, replace(m.name, '/', '')), '/'))"
     " ORDER BY id",
     nullptr},
    {"mailbox", "another mailbox of the account has the same special use",
     "SELECT id || ' ' || name FROM mailbox AS m WHERE special_use != 0 AND EXISTS (SELECT 1 FROM mailbox AS s"
     "   WHERE s.account_id = m.account_id AND s.special_use = m.special_use AND s.id < m.id) ORDER BY id",
     "UPDATE mailbox SET special_use = 0 WHERE special_use != 0 AND EXISTS (SELECT 1 FROM mailbox AS s"
     "   WHERE s.account_id = mailbox.account_id AND s.special_use = mailbox.special_use AND s.id < mailbox.id)"},
    {"mailbox", "its UIDVALIDITY could be given again",
     "SELECT m.id FROM mailbox AS m JOIN account AS a ON a.id = m.account_id"
     " WHERE m.uid_validity >= a.next_uid_validity ORDER BY m.id",
     "UPDATE account SET next_uid_validity ="
     "   1 + (SELECT max(uid_validity) FROM mailbox WHERE mailbox.account_id = account.id)"
     " WHERE next_uid_validity <= (SELECT max(uid_validity) FROM mailbox WHERE mailbox.account_id = account.id)"},

    // Messages.
    {"message", "its mailbox does not exist",
     "SELECT DISTINCT mailbox_id FROM message WHERE mailbox_id NOT IN (SELECT id FROM mailbox)"
     "   AND mailbox_id NOT IN (SELECT mailbox_id FROM dropped_mailbox) ORDER BY mailbox_id",
     "INSERT INTO dropped_mailbox (mailbox_id) SELECT DISTINCT mailbox_id FROM message"
     " WHERE mailbox_id NOT IN (SELECT id FROM mailbox)"
     "   AND mailbox_id NOT IN (SELECT mailbox_id FROM dropped_mailbox)"},
    {"message_bucket", "its mailbox does not exist",
     "SELECT DISTINCT mailbox_id FROM message_bucket WHERE mailbox_id NOT IN (SELECT id FROM mailbox)"
     "   AND mailbox_id NOT IN (SELECT mailbox_id FROM dropped_mailbox) ORDER BY mailbox_id",
     "DELETE FROM message_bucket WHERE mailbox_id NOT IN (SELECT id FROM mailbox)"
     "   AND mailbox_id NOT IN (SELECT mailbox_id FROM dropped_mailbox)"},
    {"message_bucket", "a change of one of its messages would not be found",
     "SELECT m.mailbox_id || ' ' || (m.uid >> 8) FROM message AS m LEFT JOIN message_bucket AS b"
     "   ON b.mailbox_id = m.mailbox_id AND b.bucket = m.uid >> 8 WHERE b.modseq IS NULL OR b.modseq < m.modseq"
     " GROUP BY m.mailbox_id, m.uid >> 8 ORDER BY m.mailbox_id, m.uid >> 8",
     "INSERT INTO message_bucket (mailbox_id, bucket, modseq, newest)"
     " SELECT mailbox_id, uid >> 8, max(modseq), max(internal_date) FROM message WHERE true"
     " GROUP BY mailbox_id, uid >> 8"
     " ON CONFLICT (mailbox_id, bucket) DO UPDATE SET modseq = max(modseq, excluded.modseq)"},
    {"message_bucket", "one of its messages is newer than it says",
     "SELECT b.mailbox_id || ' ' || b.bucket FROM message_bucket AS b JOIN message AS m"
     "   ON m.mailbox_id = b.mailbox_id AND m.uid >> 8 = b.bucket WHERE b.newest < m.internal_date"
     " GROUP BY b.mailbox_id, b.bucket ORDER BY b.mailbox_id, b.bucket",
     "UPDATE message_bucket SET newest = (SELECT max(internal_date) FROM message"
     "   WHERE message.mailbox_id = message_bucket.mailbox_id AND uid >> 8 = bucket)"
     " WHERE newest < (SELECT max(internal_date) FROM message"
     "   WHERE message.mailbox_id = message_bucket.mailbox_id AND uid >> 8 = bucket)"},
    {"message_bucket", "has no message",
     "SELECT mailbox_id || ' ' || bucket FROM message_bucket AS b WHERE NOT EXISTS (SELECT 1 FROM message AS m"
     "   WHERE m.mailbox_id = b.mailbox_id AND m.uid BETWEEN b.bucket << 8 AND (b.bucket << 8) + 255)"
     "   AND mailbox_id IN (SELECT id FROM mailbox) ORDER BY mailbox_id, bucket",
     "DELETE FROM message_bucket WHERE NOT EXISTS (SELECT 1 FROM message AS m"
     "   WHERE m.mailbox_id = message_bucket.mailbox_id"
     "     AND m.uid BETWEEN message_bucket.bucket << 8 AND (message_bucket.bucket << 8) + 255)"
     "   AND mailbox_id IN (SELECT id FROM mailbox)"},
    {"upload", "belongs to no account",
     "SELECT id FROM upload WHERE account_id NOT IN (SELECT id FROM account) ORDER BY id",
     "DELETE FROM upload WHERE account_id NOT IN (SELECT id FROM account)"},
    {"upload", "its content is gone", "SELECT id FROM upload WHERE blob_id NOT IN (SELECT id FROM blob) ORDER BY id",
     "DELETE FROM upload WHERE blob_id NOT IN (SELECT id FROM blob)"},
    {"hidden_message", "belongs to no account",
     "SELECT DISTINCT account_id FROM hidden_message WHERE account_id NOT IN (SELECT id FROM account)"
     " ORDER BY account_id",
     "DELETE FROM hidden_message WHERE account_id NOT IN (SELECT id FROM account)"},
    {"message", "is shown since later than its last change",
     "SELECT mailbox_id || ' ' || uid FROM message WHERE shown_modseq > modseq ORDER BY mailbox_id, uid",
     "UPDATE message SET shown_modseq = modseq WHERE shown_modseq > modseq"},
    {"expunged", "its mailbox does not exist",
     "SELECT DISTINCT mailbox_id FROM expunged WHERE mailbox_id NOT IN (SELECT id FROM mailbox)"
     "   AND mailbox_id NOT IN (SELECT mailbox_id FROM dropped_mailbox) ORDER BY mailbox_id",
     "DELETE FROM expunged WHERE mailbox_id NOT IN (SELECT id FROM mailbox)"
     "   AND mailbox_id NOT IN (SELECT mailbox_id FROM dropped_mailbox)"},
    {"expunged", "holds a UID that is not expunged",
     "SELECT e.mailbox_id || ' ' || e.first_uid || ':' || e.last_uid FROM expunged AS e"
     " WHERE EXISTS (SELECT 1 FROM message AS m WHERE m.mailbox_id = e.mailbox_id"
     "   AND m.uid BETWEEN e.first_uid AND e.last_uid) AND e.mailbox_id IN (SELECT id FROM mailbox)"
     " ORDER BY e.mailbox_id, e.first_uid",
     nullptr},
    {"message", "its content is gone",
     "SELECT mailbox_id || ' ' || uid FROM message WHERE blob_id NOT IN (SELECT id FROM blob)"
     " ORDER BY mailbox_id, uid",
     nullptr},
    {"message", "its size is not its content's",
     "SELECT m.mailbox_id || ' ' || m.uid FROM message AS m JOIN blob AS b ON b.id = m.blob_id"
     " WHERE m.size_octets != b.size_octets ORDER BY m.mailbox_id, m.uid",
     "UPDATE message SET size_octets = (SELECT size_octets FROM blob WHERE blob.id = message.blob_id)"
     " WHERE EXISTS (SELECT 1 FROM blob WHERE blob.id = message.blob_id AND blob.size_octets != message.size_octets)"},
    {"mailbox", "a UID in it is not below UIDNEXT",
     "SELECT id || ' ' || name FROM mailbox AS m WHERE uid_next < 1"
     "   OR EXISTS (SELECT 1 FROM message WHERE mailbox_id = m.id AND uid >= m.uid_next)"
     "   OR EXISTS (SELECT 1 FROM expunged WHERE mailbox_id = m.id AND last_uid >= m.uid_next) ORDER BY id",
     "UPDATE mailbox SET uid_next = max(uid_next,"
     "   1 + coalesce((SELECT max(uid) FROM message WHERE mailbox_id = mailbox.id), 0),"
     "   1 + coalesce((SELECT max(last_uid) FROM expunged WHERE mailbox_id = mailbox.id), 0))"},
    {"mailbox", "a MODSEQ in it is above HIGHESTMODSEQ",
     "SELECT id || ' ' || name FROM mailbox AS m WHERE highest_modseq < max("
     "   coalesce((SELECT max(modseq) FROM message WHERE mailbox_id = m.id), 0),"
     "   coalesce((SELECT max(modseq) FROM expunged WHERE mailbox_id = m.id), 0)) ORDER BY id",
     "UPDATE mailbox SET highest_modseq = max(highest_modseq,"
     "   coalesce((SELECT max(modseq) FROM message WHERE mailbox_id = mailbox.id), 0),"
     "   coalesce((SELECT max(modseq) FROM expunged WHERE mailbox_id = mailbox.id), 0))"},
    {"account", "a mailbox's HIGHESTMODSEQ is above its own",
     "SELECT name FROM account AS a WHERE highest_modseq <"
     "   coalesce((SELECT max(highest_modseq) FROM mailbox WHERE account_id = a.id), 0) ORDER BY name",
     "UPDATE account SET highest_modseq = max(highest_modseq,"
     "   coalesce((SELECT max(highest_modseq) FROM mailbox WHERE account_id = account.id), 0))"},
    {"mailbox", "its counters are not what its messages are",
     "SELECT m.id || ' ' || m.name FROM mailbox AS m LEFT JOIN (SELECT mailbox_id, count(*) AS messages,"
     "   sum(flags & 1 = 0) AS unseen, sum(flags & 8 != 0) AS deleted, sum(size_octets) AS size_octets,"
     "   sum(iif(flags & 8 != 0, size_octets, 0)) AS deleted_octets"
     "   FROM message GROUP BY mailbox_id) AS s ON s.mailbox_id = m.id"
     " WHERE m.messages != coalesce(s.messages, 0) OR m.unseen != coalesce(s.unseen, 0)"
     "   OR m.deleted != coalesce(s.deleted, 0) OR m.size_octets != coalesce(s.size_octets, 0)"
     "   OR m.deleted_octets != coalesce(s.deleted_octets, 0) ORDER BY m.id",
     "UPDATE mailbox SET (messages, unseen, deleted, size_octets, deleted_octets) ="
     "   (SELECT count(*), coalesce(sum(flags & 1 = 0), 0), coalesce(sum(flags & 8 != 0), 0),"
     "     coalesce(sum(size_octets), 0), coalesce(sum(iif(flags & 8 != 0, size_octets, 0)), 0)"
     "   FROM message WHERE mailbox_id = mailbox.id)"},
    {"account", "its totals are not its mailboxes' sums",
     "SELECT a.name FROM account AS a LEFT JOIN (SELECT account_id, sum(messages) AS messages,"
     "   sum(size_octets) AS size_octets FROM mailbox GROUP BY account_id) AS s ON s.account_id = a.id"
     " WHERE a.messages != coalesce(s.messages, 0) OR a.used_octets != coalesce(s.size_octets, 0) ORDER BY a.name",
     "UPDATE account SET (messages, used_octets) = (SELECT coalesce(sum(messages), 0), coalesce(sum(size_octets), 0)"
     "   FROM mailbox WHERE account_id = account.id)"},

    // POP3.
    {"maildrop_lock", "its mailbox does not exist",
     "SELECT mailbox_id FROM maildrop_lock WHERE mailbox_id NOT IN (SELECT id FROM mailbox) ORDER BY mailbox_id",
     "DELETE FROM maildrop_lock WHERE mailbox_id NOT IN (SELECT id FROM mailbox)"},
    {"pop3_mark", "no session holds its maildrop",
     "SELECT mailbox_id || ' ' || uid FROM pop3_mark WHERE mailbox_id NOT IN (SELECT mailbox_id FROM maildrop_lock)"
     " ORDER BY mailbox_id, uid",
     "DELETE FROM pop3_mark WHERE mailbox_id NOT IN (SELECT mailbox_id FROM maildrop_lock)"},

    // Queue.
    {"queue_message", "its content is gone",
     "SELECT id FROM queue_message WHERE blob_id NOT IN (SELECT id FROM blob) ORDER BY id", nullptr},
    {"queue_message", "has no recipient left to try",
     "SELECT id FROM queue_message WHERE id NOT IN (SELECT message_id FROM queue_recipient WHERE state IN (0, 4))"
     " ORDER BY id",
     "DELETE FROM queue_message WHERE id NOT IN (SELECT message_id FROM queue_recipient WHERE state IN (0, 4))"},
    {"queue_message", "its size is not its content's",
     "SELECT q.id FROM queue_message AS q JOIN blob AS b ON b.id = q.blob_id WHERE q.size_octets != b.size_octets"
     " ORDER BY q.id",
     "UPDATE queue_message SET size_octets = (SELECT size_octets FROM blob WHERE blob.id = queue_message.blob_id)"
     " WHERE blob_id IN (SELECT id FROM blob)"},
    {"queue_recipient", "its message does not exist",
     "SELECT id || ' ' || forward_path FROM queue_recipient WHERE message_id NOT IN (SELECT id FROM queue_message)"
     " ORDER BY id",
     "DELETE FROM queue_recipient WHERE message_id NOT IN (SELECT id FROM queue_message)"},
    {"queue_recipient", "takes another account's turn than its message",
     "SELECT r.id FROM queue_recipient AS r JOIN queue_message AS m ON m.id = r.message_id"
     " WHERE r.account_id != m.account_id ORDER BY r.id",
     "UPDATE queue_recipient SET account_id = (SELECT account_id FROM queue_message WHERE id = message_id)"
     " WHERE message_id IN (SELECT id FROM queue_message)"},
    {"queue_recipient", "its sender is to be told of no failure or delay",
     "SELECT id || ' ' || forward_path FROM queue_recipient WHERE untold = 1 AND state NOT IN (0, 2) ORDER BY id",
     "UPDATE queue_recipient SET untold = 0 WHERE untold = 1 AND state NOT IN (0, 2)"},
    {"queue_flow", "is not due when its recipients are",
     "SELECT account_id || ' ' || lane || ' ' || sender FROM (SELECT account_id, lane, sender, min(next_attempt_at) AS"
     "   first FROM queue_recipient WHERE state = 0 GROUP BY account_id, lane, sender) AS r LEFT JOIN queue_flow AS f"
     "   USING (account_id, lane, sender)"
     " WHERE f.due_at IS NULL OR f.due_at > max(r.first, unixepoch()) ORDER BY 1",
     "INSERT INTO queue_flow (account_id, lane, sender, due_at)"
     " SELECT account_id, lane, sender, min(next_attempt_at) FROM queue_recipient WHERE state = 0"
     " GROUP BY account_id, lane, sender"
     " ON CONFLICT (account_id, lane, sender) DO UPDATE SET due_at = excluded.due_at"},
    {"queue_flow", "has no recipient left to try",
     "SELECT account_id || ' ' || lane || ' ' || sender FROM queue_flow WHERE (account_id, lane, sender) NOT IN"
     "   (SELECT account_id, lane, sender FROM queue_recipient WHERE state = 0) ORDER BY 1",
     "DELETE FROM queue_flow WHERE (account_id, lane, sender) NOT IN"
     "   (SELECT account_id, lane, sender FROM queue_recipient WHERE state = 0)"},
    {"queue_lane", "is not due when its senders are",
     "SELECT account_id || ' ' || lane FROM (SELECT account_id, lane, min(due_at) AS first FROM queue_flow"
     "   GROUP BY account_id, lane) AS f LEFT JOIN queue_lane AS l USING (account_id, lane)"
     " WHERE l.due_at IS NULL OR l.due_at > max(f.first, unixepoch()) ORDER BY 1",
     "INSERT INTO queue_lane (account_id, lane, due_at)"
     " SELECT account_id, lane, min(due_at) FROM queue_flow WHERE true GROUP BY account_id, lane"
     " ON CONFLICT (account_id, lane) DO UPDATE SET due_at = excluded.due_at"},
    {"queue_lane", "has no sender",
     "SELECT account_id || ' ' || lane FROM queue_lane WHERE (account_id, lane) NOT IN"
     "   (SELECT account_id, lane FROM queue_flow) ORDER BY 1",
     "DELETE FROM queue_lane WHERE (account_id, lane) NOT IN (SELECT account_id, lane FROM queue_flow)"},
    {"queue_account", "is not due when its lanes are",
     "SELECT account_id FROM (SELECT account_id, min(due_at) AS first FROM queue_lane GROUP BY account_id) AS l"
     "   LEFT JOIN queue_account AS a USING (account_id)"
     " WHERE a.due_at IS NULL OR a.due_at > max(l.first, unixepoch()) ORDER BY 1",
     "INSERT INTO queue_account (account_id, due_at)"
     " SELECT account_id, min(due_at) FROM queue_lane WHERE true GROUP BY account_id"
     " ON CONFLICT (account_id) DO UPDATE SET due_at = excluded.due_at"},
    {"queue_account", "has no lane",
     "SELECT account_id FROM queue_account WHERE account_id NOT IN (SELECT account_id FROM queue_lane) ORDER BY 1",
     "DELETE FROM queue_account WHERE account_id NOT IN (SELECT account_id FROM queue_lane)"},

    // Content.
    {"list_mail", "its content does not exist",
     "SELECT blob_id FROM list_mail WHERE blob_id NOT IN (SELECT id FROM blob) ORDER BY blob_id",
     "DELETE FROM list_mail WHERE blob_id NOT IN (SELECT id FROM blob)"},
    {"message_summary", "its content does not exist",
     "SELECT blob_id FROM message_summary WHERE blob_id NOT IN (SELECT id FROM blob) ORDER BY blob_id",
     "DELETE FROM message_summary WHERE blob_id NOT IN (SELECT id FROM blob)"},
    {"text_size", "its content does not exist",
     "SELECT blob_id FROM text_size WHERE blob_id NOT IN (SELECT id FROM blob) ORDER BY blob_id",
     "DELETE FROM text_size WHERE blob_id NOT IN (SELECT id FROM blob)"},
    {"account_content", "its content does not exist",
     "SELECT DISTINCT blob_id FROM account_content WHERE blob_id NOT IN (SELECT id FROM blob) ORDER BY blob_id",
     "DELETE FROM account_content WHERE blob_id NOT IN (SELECT id FROM blob)"},
    {"account_content", "the account has no message of it, and the sweep does not know",
     "SELECT account_id || ' ' || blob_id FROM account_content AS c"
     " WHERE blob_id NOT IN (SELECT blob_id FROM unreferenced)"
     "   AND NOT EXISTS (SELECT 1 FROM message AS m JOIN mailbox AS b ON b.id = m.mailbox_id"
     "     WHERE m.blob_id = c.blob_id AND b.account_id = c.account_id)"
     "   AND NOT EXISTS (SELECT 1 FROM message AS m JOIN dropped_mailbox AS d ON d.mailbox_id = m.mailbox_id"
     "     WHERE m.blob_id = c.blob_id) ORDER BY 1",
     "INSERT INTO unreferenced (blob_id) SELECT DISTINCT blob_id FROM account_content AS c"
     " WHERE NOT EXISTS (SELECT 1 FROM message AS m JOIN mailbox AS b ON b.id = m.mailbox_id"
     "   WHERE m.blob_id = c.blob_id AND b.account_id = c.account_id) ON CONFLICT DO NOTHING"},
    {"message", "its content is not the account's",
     "SELECT DISTINCT b.account_id || ' ' || m.blob_id FROM message AS m JOIN mailbox AS b ON b.id = m.mailbox_id"
     " WHERE NOT EXISTS (SELECT 1 FROM account_content AS c"
     "   WHERE c.blob_id = m.blob_id AND c.account_id = b.account_id) ORDER BY 1",
     "INSERT INTO account_content (blob_id, account_id, thread_id, ids, late)"
     " SELECT blob_id, account_id, -blob_id, 0, row_number() OVER (ORDER BY blob_id, account_id)"
     "   + (SELECT value FROM state WHERE name = 'next_blob_id') FROM (SELECT DISTINCT m.blob_id, b.account_id"
     "   FROM message AS m JOIN mailbox AS b ON b.id = m.mailbox_id WHERE NOT EXISTS (SELECT 1 FROM account_content AS "
     "c"
     "     WHERE c.blob_id = m.blob_id AND c.account_id = b.account_id)) AS missing"},
    {"thread_key", "its thread has no message",
     "SELECT account_id || ' ' || thread_id FROM thread_key AS k WHERE NOT EXISTS (SELECT 1 FROM account_content AS c"
     "   WHERE c.account_id = k.account_id AND c.thread_id = k.thread_id) GROUP BY account_id, thread_id ORDER BY 1",
     "DELETE FROM thread_key WHERE NOT EXISTS (SELECT 1 FROM account_content AS c"
     "   WHERE c.account_id = thread_key.account_id AND c.thread_id = thread_key.thread_id)"},
    {"state", "a key that seals the ids is missing",
     "SELECT 2 - count(*) FROM state WHERE name IN ('object_id_key_0', 'object_id_key_1') HAVING count(*) < 2",
     nullptr},
    {"blob_chunk", "belongs to no content",
     "SELECT DISTINCT id >> 20 FROM blob_chunk WHERE id >> 20 NOT IN (SELECT id FROM blob)"
     "   AND id >> 20 NOT IN (SELECT blob_id FROM staging)"
     "   AND id >> 20 NOT IN (SELECT blob_id FROM unreferenced) ORDER BY 1",
     "DELETE FROM blob_chunk WHERE id >> 20 NOT IN (SELECT id FROM blob)"
     "   AND id >> 20 NOT IN (SELECT blob_id FROM staging)"
     "   AND id >> 20 NOT IN (SELECT blob_id FROM unreferenced)"},
    {"blob_chunk", "the content's chunks have a gap",
     "SELECT id >> 20 FROM blob_chunk WHERE id >> 20 IN (SELECT id FROM blob)"
     " GROUP BY id >> 20 HAVING max(id & 1048575) != count(*) - 1 ORDER BY 1",
     nullptr},
    {"blob", "nothing names it, and the sweep does not know",
     "SELECT id FROM blob WHERE id NOT IN (SELECT blob_id FROM message) AND id NOT IN (SELECT blob_id FROM"
     " queue_message) AND id NOT IN (SELECT blob_id FROM unreferenced) AND id NOT IN (SELECT blob_id FROM staging)"
     " AND id NOT IN (SELECT blob_id FROM upload) ORDER BY id",
     "INSERT INTO unreferenced (blob_id) SELECT id FROM blob WHERE id NOT IN (SELECT blob_id FROM message)"
     " AND id NOT IN (SELECT blob_id FROM queue_message) AND id NOT IN (SELECT blob_id FROM unreferenced)"
     " AND id NOT IN (SELECT blob_id FROM staging) AND id NOT IN (SELECT blob_id FROM upload)"},
    {"state", "next_blob_id would give an id again",
     "SELECT value FROM state WHERE name = 'next_blob_id' AND value <= max(coalesce((SELECT max(id) FROM blob), 0),"
     "   coalesce((SELECT max(id >> 20) FROM blob_chunk), 0), coalesce((SELECT -min(thread_id) FROM account_content),"
     "   0), coalesce((SELECT max(late) FROM account_content), 0))",
     "UPDATE state SET value = max(value, 1 + coalesce((SELECT max(id) FROM blob), 0),"
     "   1 + coalesce((SELECT max(id >> 20) FROM blob_chunk), 0),"
     "   1 + coalesce((SELECT -min(thread_id) FROM account_content), 0),"
     "   1 + coalesce((SELECT max(late) FROM account_content), 0)) WHERE name = 'next_blob_id'"},
};

}  // namespace

std::span<const Rule> rules() { return all_rules; }

}  // namespace storage

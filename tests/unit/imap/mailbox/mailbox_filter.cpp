// The mailboxes that filters of NOTIFY and ESEARCH mean: RFC 5465 §6, RFC 7377 §2.2.
#include "protocols/imap/mailbox/mailbox_filter.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using imap::MailboxFilter;
using Kind = imap::wire::MailboxFilter::Kind;

TEST_CASE("filters mean mailboxes by name, owner or subscription") {
    const struct {
        imap::wire::MailboxFilter asked;
        std::string name;
        bool own;
        bool subscribed;
        bool fits;
    } rows[] = {
        {{Kind::personal, {}}, "a/b", true, false, true},
        {{Kind::personal, {}}, "Other Users/carol/a", false, true, false},
        {{Kind::inboxes, {}}, "a/b", true, false, true},
        {{Kind::inboxes, {}}, "Other Users/carol/INBOX", false, true, false},
        {{Kind::subscribed, {}}, "Other Users/carol/a", false, true, true},
        {{Kind::subscribed, {}}, "a", true, false, false},
        {{Kind::named, {"inbox", "a"}}, "INBOX", true, true, true},
        {{Kind::named, {"a"}}, "a/b", true, true, false},
        {{Kind::named, {"a"}}, "A", true, true, false},
        {{Kind::subtree, {"a", "b"}}, "b", true, false, true},
        {{Kind::subtree, {"a"}}, "a/b/c", true, false, true},
        {{Kind::subtree, {"a"}}, "ab", true, false, false},
        {{Kind::subtree, {"a/b"}}, "a", true, false, false},
        {{Kind::subtree, {"inbox"}}, "INBOX/x", true, false, true},
        {{Kind::subtree, {"Other Users"}}, "Other Users/carol/a", false, false, true},
        {{Kind::subtree_one, {"a"}}, "a", true, false, true},
        {{Kind::subtree_one, {"a"}}, "a/b", true, false, true},
        {{Kind::subtree_one, {"a"}}, "a/b/c", true, false, false},
        {{Kind::subtree_one, {"a"}}, "b", true, false, false},
        {{Kind::selected, {}}, "a", true, true, false},
        {{Kind::selected_delayed, {}}, "a", true, true, false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        CHECK(MailboxFilter(row.asked).fits(row.name, row.own, row.subscribed) == row.fits);
    }
}

// The pages' HTML: plain documents without scripts. All text from outside is escaped here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/mailboxes.h"
#include "storage/messages.h"
#include "web/http.h"
#include "web/sessions.h"

namespace web {

// The content security policy of every page: no scripts, nothing from elsewhere, no framing by others.
inline constexpr std::string_view page_policy =
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors "
    "'none'; "
    "base-uri 'none'";
// For a message's HTML in its frame: sandboxed, no scripts, nothing remote.
inline constexpr std::string_view message_policy =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'";

// A message's line in the list.
struct ListedMessage {
    storage::Uid uid;
    bool seen = false;
    bool leaving = false;  // a POP3 session has marked it as deleted
    std::string from;      // decoded
    std::string subject;   // decoded
    std::string date;
};

struct MailboxPage {
    const LoginSession& session;
    const std::vector<storage::Mailbox>& mailboxes;
    const storage::Mailbox& mailbox;
    std::vector<ListedMessage> messages;      // newest first
    std::optional<storage::Uid> next_before;  // continue with older ones below this UID
};

// One leaf of a message, as shown.
struct ShownPart {
    enum class Kind { text, html, image, attachment } kind{};
    std::string number;  // "1.2"
    std::string text;    // kind text: decoded
    bool cut = false;    // kind text: there is more than is shown
    std::string name;    // file name or type
    std::uint64_t size_octets = 0;
};

struct MessagePage {
    const LoginSession& session;
    const std::vector<storage::Mailbox>& mailboxes;
    const storage::Mailbox& mailbox;
    storage::Uid uid;
    std::string subject;
    std::vector<std::pair<std::string, std::string>> fields;  // From, To, Cc, Date ... decoded
    std::string envelope_sender;  // if it differs from the From field's; "<>" for the null reverse-path
    bool envelope_differs = false;
    std::vector<ShownPart> parts;
    std::string reply_to;  // for the reply link
};

struct ComposePage {
    const LoginSession& session;
    const std::vector<storage::Mailbox>& mailboxes;
    std::string to;
    std::string cc;
    std::string subject;
    std::string text;
    std::string error;  // shown above the form
};

Response render_login(std::string_view error, int status);
Response render(const MailboxPage& page);
Response render(const MessagePage& page);
Response render(const ComposePage& page, int status);
Response render_password(const LoginSession& session, std::string_view error, int status);
Response style_sheet();

}  // namespace web

// The pages' HTML: plain documents without scripts.
#include "web/pages.h"

#include <fmt/format.h>

namespace web {
namespace {

constexpr std::string_view css = R"(body{font:16px/1.45 system-ui,sans-serif;margin:0;color:#1d2230;background:#f6f6f3}
header{background:#22304a;color:#fff;padding:.6em 1em;display:flex;gap:1em;align-items:center}
header b{flex:1}header a{color:#fff}main{display:flex;gap:1.5em;padding:1em;align-items:flex-start;flex-wrap:wrap}
nav ul{list-style:none;margin:0;padding:0;min-width:10em}nav li{padding:.15em 0}.here{font-weight:700}
section{flex:1;min-width:18em;background:#fff;border:1px solid #ddd;border-radius:6px;padding:1em;overflow-x:auto}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3em .5em;border-bottom:1px solid #eee;vertical-align:top}
.unseen td{font-weight:700}pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}
iframe{width:100%;height:60vh;border:1px solid #ddd}img{max-width:100%}
.error{color:#a11414;font-weight:700}.envelope{color:#8a5a00}
label{display:block;margin:.6em 0}input,textarea{font:inherit;width:100%;box-sizing:border-box;padding:.35em}
textarea{min-height:16em}button{font:inherit;padding:.4em 1.2em}form.inline{display:inline}
)";

std::string form_token(const LoginSession& session) {
    return fmt::format(R"(<input type="hidden" name="token" value="{}">)", escape_html(session.form_token));
}

std::string document(std::string_view title, std::string_view header, std::string_view content) {
    return fmt::format(R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{}</title><link rel="stylesheet" href="/style.css"></head>
<body>{}<main>{}</main></body></html>
)",
                       escape_html(title), header, content);
}

Response page(int status, std::string body) {
    return {.status = status,
            .body = std::move(body),
            .headers = {{"Content-Security-Policy", std::string(page_policy)}, {"Cache-Control", "no-store"}},
            .stream = {}};
}

std::string header_bar(const LoginSession& session) {
    return fmt::format(
        R"(<header><b>{}</b><a href="/compose">Write</a><a href="/password">Password</a><form class="inline" method="post" action="/logout">{}<button>Log out</button></form></header>)",
        escape_html(session.identity.name), form_token(session));
}

std::string mailbox_list(const std::vector<storage::Mailbox>& mailboxes, const storage::Mailbox* here) {
    std::string out = "<nav><ul>";
    for (const storage::Mailbox& mailbox : mailboxes) {
        const bool is_here = here != nullptr && here->id == mailbox.id;
        const std::string unseen = mailbox.unseen > 0 ? fmt::format(" ({})", mailbox.unseen) : "";
        out += fmt::format(R"(<li{}><a href="/mail?mailbox={}">{}{}</a></li>)", is_here ? R"( class="here")" : "",
                           mailbox.id.value, escape_html(mailbox.name), unseen);
    }
    return out + "</ul></nav>";
}

std::string part_link(const MessagePage& page, const ShownPart& part, std::string_view route) {
    return fmt::format("{}?mailbox={}&amp;uid={}&amp;part={}", route, page.mailbox.id.value, page.uid.value,
                       part.number);
}

std::string render_part(const MessagePage& page, const ShownPart& part) {
    switch (part.kind) {
        case ShownPart::Kind::text:
            return fmt::format(
                "<pre>{}</pre>{}", escape_html(part.text),
                part.cut ? fmt::format(R"(<p><a href="{}">All of this text</a></p>)", part_link(page, part, "/part"))
                         : "");
        case ShownPart::Kind::html:
            return fmt::format(R"(<iframe sandbox="" title="Message" src="{}"></iframe>)",
                               part_link(page, part, "/html"));
        case ShownPart::Kind::image:
            return fmt::format(R"(<p><img src="{}" alt="{}"></p>)", part_link(page, part, "/part"),
                               escape_html(part.name));
        case ShownPart::Kind::attachment:
            return fmt::format(R"(<p>Attachment: <a href="{}">{}</a> ({} octets)</p>)", part_link(page, part, "/part"),
                               escape_html(part.name), part.size_octets);
    }
    return {};
}

std::string input(std::string_view label, std::string_view name, std::string_view value) {
    return fmt::format(R"(<label>{}<input name="{}" value="{}"></label>)", label, name, escape_html(value));
}

}  // namespace

Response render_login(std::string_view error, int status) {
    const std::string content = fmt::format(
        R"(<section><h1>Mailstead</h1>{}<form method="post" action="/login"><label>Address<input name="user" autocomplete="username" autofocus></label><label>Password<input name="password" type="password" autocomplete="current-password"></label><label>Code, with a second factor<input name="code" autocomplete="one-time-code"></label><button>Log in</button></form></section>)",
        error.empty() ? "" : fmt::format(R"(<p class="error">{}</p>)", escape_html(error)));
    return page(status, document("Mailstead", "", content));
}

Response render_password(const LoginSession& session, std::string_view error, int status) {
    const std::string content = fmt::format(
        R"(<section><h1>New password</h1>{}<form method="post" action="/password">{}<label>Present password<input name="password" type="password" autocomplete="current-password"></label><label>New password<input name="new" type="password" autocomplete="new-password"></label><label>Again<input name="again" type="password" autocomplete="new-password"></label><button>Change</button></form></section>)",
        error.empty() ? "" : fmt::format(R"(<p class="error">{}</p>)", escape_html(error)), form_token(session));
    return page(status, document("New password", header_bar(session), content));
}

Response render(const MailboxPage& view) {
    std::string rows;
    for (const ListedMessage& message : view.messages) {
        rows += fmt::format(
            R"(<tr{}><td>{}</td><td><a href="/message?mailbox={}&amp;uid={}">{}</a>{}</td><td>{}</td></tr>)",
            message.seen ? "" : R"( class="unseen")", escape_html(message.from), view.mailbox.id.value,
            message.uid.value, escape_html(message.subject.empty() ? "(no subject)" : message.subject),
            message.leaving ? " <em>(being removed by POP3)</em>" : "", escape_html(message.date));
    }
    std::string older;
    if (view.next_before) {
        older = fmt::format(R"(<p><a href="/mail?mailbox={}&amp;before={}">Older messages</a></p>)",
                            view.mailbox.id.value, view.next_before->value);
    }
    const std::string content = fmt::format(
        "{}<section><h1>{}</h1><table><thead><tr><th>From</th><th>Subject</th><th>Date</th></tr></thead><tbody>{}</"
        "tbody></table>{}</section>",
        mailbox_list(view.mailboxes, &view.mailbox), escape_html(view.mailbox.name), rows, older);
    return page(200, document(view.mailbox.name, header_bar(view.session), content));
}

Response render(const MessagePage& view) {
    std::string fields;
    for (const auto& [name, value] : view.fields) {
        if (!value.empty())
            fields += fmt::format("<tr><th>{}</th><td>{}</td></tr>", escape_html(name), escape_html(value));
    }
    if (view.envelope_differs) {
        fields += fmt::format(R"(<tr class="envelope"><th>Envelope sender</th><td>{}</td></tr>)",
                              escape_html(view.envelope_sender));
    }
    std::string parts;
    for (const ShownPart& part : view.parts) parts += render_part(view, part);
    const std::string reply =
        fmt::format(R"(<p><a href="/compose?to={}&amp;subject={}">Reply</a></p>)", percent_encode(view.reply_to),
                    percent_encode(view.subject.starts_with("Re:") ? view.subject : "Re: " + view.subject));
    const std::string content = fmt::format(
        "{}<section><h1>{}</h1><table>{}</table>{}{}</section>", mailbox_list(view.mailboxes, &view.mailbox),
        escape_html(view.subject.empty() ? "(no subject)" : view.subject), fields, reply, parts);
    return page(200, document(view.subject, header_bar(view.session), content));
}

Response render(const ComposePage& view, int status) {
    const std::string content = fmt::format(
        R"({}<section><h1>Write</h1>{}<form method="post" action="/send">{}{}{}{}<label>Text<textarea name="text">
{}</textarea></label><button>Send</button></form></section>)",
        mailbox_list(view.mailboxes, nullptr),
        view.error.empty() ? "" : fmt::format(R"(<p class="error">{}</p>)", escape_html(view.error)),
        form_token(view.session), input("To", "to", view.to), input("Cc", "cc", view.cc),
        input("Subject", "subject", view.subject), escape_html(view.text));
    return page(status, document("Write", header_bar(view.session), content));
}

Response style_sheet() {
    return {.content_type = "text/css; charset=utf-8",
            .body = std::string(css),
            .headers = {{"Cache-Control", "max-age=3600"}},
            .stream = {}};
}

}  // namespace web

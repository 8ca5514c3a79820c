// ID, AUTHENTICATE, LOGIN, ENABLE, COMPRESS: commands about the session. RFC 9051 §6.2, §6.3.1; ID: RFC 2971; initial
// response: RFC 4959; COMPRESS: RFC 4978.
#include <utility>

#include "protocols/base/text.h"
#include "protocols/imap/wire/parse/parsers.h"

namespace imap::wire {

// id = "ID" SP id-params-list;  id-params-list = "(" [string SP nstring *(SP string SP nstring)] ")" / nil
bool parse_id(Cursor& cursor, AnyCommand& out) {
    Id id;
    if (!cursor.sp()) return false;
    const auto field = [&](Cursor& at) {
        auto& [name, value] = id.fields.emplace_back();
        return at.string(name) && at.sp() && at.nstring(value);
    };
    if (!cursor.accept_word("NIL") && !cursor.list(field)) return false;
    out = std::move(id);
    return true;
}

// authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp];  initial-resp = base64 / "="
bool parse_authenticate(Cursor& cursor, AnyCommand& out) {
    Authenticate authenticate;
    if (!cursor.sp() || !cursor.word(authenticate.mechanism)) return false;
    if (cursor.accept(' ')) {
        std::string& response = authenticate.initial_response.emplace();
        if (!cursor.atom(response)) return false;
        if (response == "=") response.clear();
    }
    out = std::move(authenticate);
    return true;
}

// login = "LOGIN" SP userid SP password
bool parse_login(Cursor& cursor, AnyCommand& out) {
    Login login;
    if (!cursor.sp() || !cursor.astring(login.user) || !cursor.sp() || !cursor.astring(login.password)) return false;
    out = std::move(login);
    return true;
}

// enable = "ENABLE" 1*(SP capability)
bool parse_enable(Cursor& cursor, AnyCommand& out) {
    Enable enable;
    do {
        if (enable.capabilities.size() == cursor.limits().max_items) return cursor.fail("too many capabilities");
        if (!cursor.sp() || !cursor.word(enable.capabilities.emplace_back())) return false;
    } while (cursor.peek() == ' ');
    out = std::move(enable);
    return true;
}

// compress = "COMPRESS" SP algorithm;  algorithm = "DEFLATE"
bool parse_compress(Cursor& cursor, AnyCommand& out) {
    Compress compress;
    if (!cursor.sp() || !cursor.word(compress.mechanism)) return false;
    out = std::move(compress);
    return true;
}

}  // namespace imap::wire

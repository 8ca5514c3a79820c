#include "tests/unit/imap/wire/parse/describe.h"

#include <array>
#include <optional>
#include <utility>

#include "protocols/imap/wire/any_command.h"
#include "protocols/imap/wire/parse/rules.h"
#include "protocols/imap/wire/response/response.h"
#include "protocols/imap/wire/rights.h"

namespace imap_test {
namespace {

using namespace imap::wire;

std::string in_quotes(std::string_view text) {
    std::string out;
    append_astring(out, text, true);
    return out;
}

std::string describe_set(const SequenceSet& set) {
    if (set.saved_result) return "$";
    std::string out;
    const auto number = [](std::uint32_t n) { return n == SequenceSet::star ? std::string("*") : std::to_string(n); };
    for (const NumberRange& range : set.ranges) {
        if (!out.empty()) out += ',';
        out += number(range.first);
        if (range.first != range.last) out += ":" + number(range.last);
    }
    return out;
}

std::string describe_flags(const FlagList& flags) {
    const std::vector<std::string_view> keywords(flags.keywords.begin(), flags.keywords.end());
    std::string out = "(";
    append_flags(out, flags.system, false, keywords);
    return out + ")";
}

std::string describe_items(const std::vector<StatusItem>& items) {
    constexpr std::array<std::string_view, 11> names = {
        "messages", "recent",          "uid_next",        "uid_validity", "unseen",      "deleted",
        "size",     "highest_mod_seq", "deleted_storage", "mailbox_id",   "append_limit"};
    std::string out;
    for (const StatusItem item : items) out += " " + std::string(names[static_cast<std::size_t>(item)]);
    return out;
}

std::string describe_date(const std::chrono::year_month_day& date) {
    return std::to_string(static_cast<int>(date.year())) + "-" + std::to_string(static_cast<unsigned>(date.month())) +
           "-" + std::to_string(static_cast<unsigned>(date.day()));
}

std::string describe_partial(const PartialRange& range) {
    const std::string sign = range.from_end ? "-" : "";
    return " partial=" + sign + std::to_string(range.first) + ":" + sign + std::to_string(range.last);
}

std::string describe_section(const FetchItem& item) {
    constexpr std::array<std::string_view, 6> texts = {"", "header", "fields", "fields_not", "text", "mime"};
    std::string out = "[";
    for (const std::uint32_t number : item.section.part) out += std::to_string(number) + ".";
    out += texts[static_cast<std::size_t>(item.section.text)];
    for (const std::string& field : item.section.fields) out += " " + in_quotes(field);
    out += "]";
    if (item.partial)
        out += "<" + std::to_string(item.partial->offset) + "." + std::to_string(item.partial->count) + ">";
    return out + (item.peek ? "" : "!");
}

std::string describe_item(const FetchItem& item) {
    using Kind = FetchItem::Kind;
    constexpr std::array<std::string_view, 18> names = {
        "uid",           "flags",  "date",          "size",        "envelope", "body",
        "bodystructure", "modseq", "emailid",       "threadid",    "savedate", "preview",
        "body",          "rfc822", "rfc822.header", "rfc822.text", "binary",   "binary.size"};
    std::string out(names[static_cast<std::size_t>(item.kind)]);
    if (item.lazy) out += "(lazy)";
    const bool plain = item.kind < Kind::body_section;
    return plain ? out : out + describe_section(item);
}

std::string describe_list(const List& list) {
    std::string out = "LIST";
    const auto add = [&](bool set, std::string_view name) {
        if (set) out += " " + std::string(name);
    };
    add(list.select.subscribed, "subscribed");
    add(list.select.remote, "remote");
    add(list.select.recursive_match, "recursive");
    add(list.select.special_use, "special_use");
    out += " " + in_quotes(list.reference);
    for (const std::string& pattern : list.patterns) out += " " + in_quotes(pattern);
    if (list.extended) out += " ->";
    add(list.returns.subscribed, "subscribed");
    add(list.returns.children, "children");
    add(list.returns.special_use, "special_use");
    add(list.returns.my_rights, "my_rights");
    if (!list.returns.status.empty()) out += " status" + describe_items(list.returns.status);
    if (!list.returns.metadata.empty()) out += " metadata";
    for (const std::string& name : list.returns.metadata) out += " " + in_quotes(name);
    return out;
}

std::string describe_filter(const imap::wire::MailboxFilter& filter) {
    constexpr const char* kinds[] = {"selected",   "selected-delayed", "inboxes",     "personal",
                                     "subscribed", "subtree",          "subtree-one", "named"};
    std::string out = kinds[static_cast<int>(filter.kind)];
    for (const std::string& name : filter.names) out += " " + in_quotes(name);
    return out;
}

std::string describe_search(const Search& search) {
    std::string out = search.uid ? "UID SEARCH" : "SEARCH";
    if (search.returns) {
        out += " return";
        if (search.returns->min) out += " min";
        if (search.returns->max) out += " max";
        if (search.returns->all) out += " all";
        if (search.returns->count) out += " count";
        if (search.returns->save) out += " save";
        if (search.returns->relevancy) out += " relevancy";
        if (search.returns->update) out += " update";
        for (const FetchItem& item : search.returns->update_atts) out += "+" + describe_item(item);
        if (search.returns->partial) out += describe_partial(*search.returns->partial);
        out += ":";
    }
    if (!search.charset.empty()) out += " charset=" + search.charset;
    return out + " " + describe(search.key);
}

std::string describe_sort(const Sort& sort) {
    constexpr std::array<std::string_view, 10> names = {"arrival", "cc",        "date", "displayfrom", "displayto",
                                                        "from",    "relevancy", "size", "subject",     "to"};
    std::string out = "SORT by";
    for (const SortCriterion& criterion : sort.criteria) {
        out += criterion.reverse ? " -" : " ";
        out += names[static_cast<std::size_t>(criterion.key)];
    }
    return out + ": " + describe_search(sort.search);
}

std::string describe_thread(const Thread& thread) {
    const bool references = thread.algorithm == Thread::Algorithm::references;
    return std::string("THREAD by ") + (references ? "references: " : "subject: ") + describe_search(thread.search);
}

std::string describe_select(const Select& select) {
    std::string out = (select.read_only ? "EXAMINE " : "SELECT ") + in_quotes(select.mailbox);
    if (select.condstore) out += " condstore";
    if (!select.qresync) return out;
    out += " qresync=" + std::to_string(select.qresync->uid_validity) + "," + std::to_string(select.qresync->mod_seq);
    if (select.qresync->known_uids) out += " known=" + describe_set(*select.qresync->known_uids);
    if (select.qresync->match) {
        out +=
            " match=" + describe_set(select.qresync->match->first) + "/" + describe_set(select.qresync->match->second);
    }
    return out;
}

std::string describe_fetch(const Fetch& fetch) {
    std::string out = (fetch.uid ? "UID FETCH " : "FETCH ") + describe_set(fetch.messages);
    for (const FetchItem& item : fetch.items) out += " " + describe_item(item);
    if (fetch.changed_since) out += " since=" + std::to_string(*fetch.changed_since);
    if (fetch.vanished) out += " vanished";
    if (fetch.partial) out += describe_partial(*fetch.partial);
    return out;
}

std::string describe_store(const Store& store) {
    constexpr std::array<std::string_view, 3> modes = {" =", " +", " -"};
    std::string out = (store.uid ? "UID STORE " : "STORE ") + describe_set(store.messages);
    if (store.unchanged_since) out += " unchanged=" + std::to_string(*store.unchanged_since);
    out += std::string(modes[static_cast<std::size_t>(store.mode)]) + describe_flags(store.flags);
    return out + (store.silent ? " silent" : "");
}

std::string describe_part(const AppendMessage& message) {
    std::string out = describe_flags(message.flags);
    if (message.date) {
        out += " ";
        append_date_time(out, *message.date);
    }
    return out + (message.catenate ? " catenate" : "");
}

std::string describe_part(const AppendUrl& part) { return "url " + in_quotes(part.url); }

std::string describe_part(const AppendLiteral& literal) {
    std::string out = literal.is_url ? "url " : "";
    out += std::to_string(literal.octets) + (literal.synchronizing ? "" : "+");
    if (literal.binary) out += " binary";
    if (literal.utf8) out += " utf8";
    return out;
}

std::string describe_parts(const AppendParts& parts) {
    std::string out;
    for (const AppendPart& part : parts.parts) {
        if (!out.empty()) out += std::holds_alternative<AppendMessage>(part) ? " message " : " ";
        out += std::visit([](const auto& one) { return describe_part(one); }, part);
    }
    if (parts.complete) out += out.empty() ? "end" : " end";
    return out;
}

struct Describer {
    std::string operator()(const Capability&) const { return "CAPABILITY"; }
    std::string operator()(const Noop&) const { return "NOOP"; }
    std::string operator()(const Logout&) const { return "LOGOUT"; }
    std::string operator()(const Id& id) const {
        std::string out = "ID";
        for (const auto& [name, value] : id.fields)
            out += " " + in_quotes(name) + "=" + (value ? in_quotes(*value) : "NIL");
        return out;
    }
    std::string operator()(const StartTls&) const { return "STARTTLS"; }
    std::string operator()(const Authenticate& a) const {
        return "AUTHENTICATE " + a.mechanism + (a.initial_response ? " " + in_quotes(*a.initial_response) : "");
    }
    std::string operator()(const Login& l) const { return "LOGIN " + in_quotes(l.user) + " " + in_quotes(l.password); }
    std::string operator()(const Enable& e) const {
        std::string out = "ENABLE";
        for (const std::string& name : e.capabilities) out += " " + name;
        return out;
    }
    std::string operator()(const Select& s) const { return describe_select(s); }
    std::string operator()(const Create& c) const {
        std::string out = "CREATE " + in_quotes(c.mailbox) + (c.only_names_to_come ? " names" : "");
        for (const std::string& use : c.special_use) out += " " + use;
        return out;
    }
    std::string operator()(const Delete& d) const { return "DELETE " + in_quotes(d.mailbox); }
    std::string operator()(const Rename& r) const { return "RENAME " + in_quotes(r.from) + " " + in_quotes(r.to); }
    std::string operator()(const Subscribe& s) const { return "SUBSCRIBE " + in_quotes(s.mailbox); }
    std::string operator()(const Unsubscribe& u) const { return "UNSUBSCRIBE " + in_quotes(u.mailbox); }
    std::string operator()(const List& l) const { return describe_list(l); }
    std::string operator()(const Lsub& l) const {
        return "LSUB " + in_quotes(l.reference) + " " + in_quotes(l.pattern);
    }
    std::string operator()(const Namespace&) const { return "NAMESPACE"; }
    std::string operator()(const GetQuota& g) const { return "GETQUOTA " + in_quotes(g.root); }
    std::string operator()(const GetQuotaRoot& g) const { return "GETQUOTAROOT " + in_quotes(g.mailbox); }
    std::string operator()(const SetQuota& s) const {
        std::string out = "SETQUOTA " + in_quotes(s.root);
        for (const auto& [name, limit] : s.limits) out += " " + name + "=" + std::to_string(limit);
        return out;
    }
    std::string operator()(const GetMetadata& g) const {
        constexpr std::array<std::string_view, 3> depths = {"", " depth=1", " depth=infinity"};
        std::string out = "GETMETADATA " + in_quotes(g.mailbox);
        for (const std::string& name : g.entries) out += " " + in_quotes(name);
        out += depths[static_cast<std::size_t>(g.depth)];
        return out + (g.max_size ? " max=" + std::to_string(*g.max_size) : "");
    }
    std::string operator()(const SetMetadata& s) const {
        std::string out = "SETMETADATA " + in_quotes(s.mailbox);
        for (const auto& [name, value] : s.entries) {
            out += " " + in_quotes(name) + "=";
            if (!value) out += "NIL";
            if (value) append_string(out, *value, true);
            if (value && value->contains('\0')) out += " with NUL";
        }
        return out;
    }
    std::string operator()(const SetAcl& s) const {
        constexpr std::array<std::string_view, 3> modes = {" =", " +", " -"};
        std::string out = "SETACL " + in_quotes(s.mailbox) + " " + in_quotes(s.identifier);
        out += modes[static_cast<std::size_t>(s.mode)];
        append_rights(out, s.rights);
        return out;
    }
    std::string operator()(const DeleteAcl& d) const {
        return "DELETEACL " + in_quotes(d.mailbox) + " " + in_quotes(d.identifier);
    }
    std::string operator()(const GetAcl& g) const { return "GETACL " + in_quotes(g.mailbox); }
    std::string operator()(const ListRights& l) const {
        return "LISTRIGHTS " + in_quotes(l.mailbox) + " " + in_quotes(l.identifier);
    }
    std::string operator()(const MyRights& m) const { return "MYRIGHTS " + in_quotes(m.mailbox); }
    std::string operator()(const Status& s) const { return "STATUS " + in_quotes(s.mailbox) + describe_items(s.items); }
    std::string operator()(const Append& a) const {
        return "APPEND " + in_quotes(a.mailbox) + " " + describe_parts(a.first);
    }
    std::string operator()(const Replace& r) const {
        return (r.uid ? "UID REPLACE " : "REPLACE ") + describe_set(r.message) + " " + in_quotes(r.mailbox) + " " +
               describe_parts(r.first);
    }
    std::string operator()(const Idle&) const { return "IDLE"; }
    std::string operator()(const Notify& n) const {
        std::string out = n.none ? "NOTIFY NONE" : n.status ? "NOTIFY SET STATUS" : "NOTIFY SET";
        for (const NotifyGroup& group : n.groups) {
            out += " " + describe_filter(group.mailboxes);
            const NotifyEvents& events = group.events;
            out += ":";
            if (events.message_new) out += " new";
            if (!events.fetch_atts.empty()) out += "(" + std::to_string(events.fetch_atts.size()) + ")";
            if (events.message_expunge) out += " expunge";
            if (events.flag_change) out += " flag";
            if (events.mailbox_name) out += " name";
            if (events.subscription_change) out += " subscription";
            if (events.mailbox_metadata_change) out += " metadata";
            if (events.server_metadata_change) out += " server";
            if (events.unsupported) out += " unsupported";
        }
        return out;
    }
    std::string operator()(const Unauthenticate&) const { return "UNAUTHENTICATE"; }
    std::string operator()(const Compress& c) const { return "COMPRESS " + c.mechanism; }
    std::string operator()(const Check&) const { return "CHECK"; }
    std::string operator()(const Close&) const { return "CLOSE"; }
    std::string operator()(const Unselect&) const { return "UNSELECT"; }
    std::string operator()(const Expunge& e) const {
        return e.uids ? "UID EXPUNGE " + describe_set(*e.uids) : "EXPUNGE";
    }
    std::string operator()(const UidBatches& b) const {
        std::string out = "UIDBATCHES " + std::to_string(b.size);
        if (b.batches) out += " " + std::to_string(b.batches->first) + ":" + std::to_string(b.batches->second);
        return out;
    }
    std::string operator()(const Search& s) const { return describe_search(s); }
    std::string operator()(const Esearch& e) const {
        std::string out = "ESEARCH";
        for (const imap::wire::MailboxFilter& source : e.sources) out += " " + describe_filter(source);
        return out + ": " + describe_search(e.search);
    }
    std::string operator()(const Sort& s) const { return describe_sort(s); }
    std::string operator()(const Thread& t) const { return describe_thread(t); }
    std::string operator()(const CancelUpdate& c) const {
        std::string out = "CANCELUPDATE";
        for (const std::string& tag : c.tags) out += " " + in_quotes(tag);
        return out;
    }
    std::string operator()(const Fetch& f) const { return describe_fetch(f); }
    std::string operator()(const Store& s) const { return describe_store(s); }
    std::string operator()(const Copy& c) const {
        return (c.uid ? "UID COPY " : "COPY ") + describe_set(c.messages) + " " + in_quotes(c.mailbox);
    }
    std::string operator()(const Move& m) const {
        return (m.uid ? "UID MOVE " : "MOVE ") + describe_set(m.messages) + " " + in_quotes(m.mailbox);
    }
};

std::string describe_rejected(const Rejected& rejected) {
    std::string out = rejected.tag + (rejected.status == Rejected::Status::bad ? " BAD " : " NO ");
    if (!rejected.code.empty()) out += "[" + rejected.code + "] ";
    return out + rejected.text + (rejected.fatal ? " FATAL" : "");
}

// Reads octets like a session: lines and literals, as the receiver asks for them.
class Client {
  public:
    Client(const ReceiverLimits& limits, bool utf8) : receiver_(limits) { receiver_.set_utf8(utf8); }

    void feed(std::string_view piece) {
        input_ += piece;
        while (step()) {
        }
    }
    std::vector<std::string> events;

  private:
    enum class Use { command, literal, skip, message };

    bool step() {
        if (awaited_ > 0 || use_ != Use::command) return take_octets();
        const std::size_t end = input_.find("\r\n");
        if (end == std::string::npos) return false;
        const std::string line = input_.substr(0, end);
        input_.erase(0, end + 2);
        if (appending_) {
            note(receiver_.append_line(line));
        } else {
            note(receiver_.line(line));
        }
        return true;
    }

    bool take_octets() {
        if (input_.size() < awaited_) return false;
        const std::string octets = input_.substr(0, awaited_);
        input_.erase(0, awaited_);
        awaited_ = 0;
        if (std::exchange(use_, Use::command) == Use::literal) receiver_.literal(octets);
        return true;
    }

    void await(std::uint64_t octets, Use use) {
        awaited_ = static_cast<std::size_t>(octets);
        use_ = use;
    }

    void note(const Event& event) {
        if (const auto* const command = std::get_if<Command>(&event)) {
            events.push_back(command->tag + ": " + describe(command->body));
            if (const AppendParts* const brought = brought_by(command->body)) go_on(*brought);
        } else if (const auto* const literal = std::get_if<NeedLiteral>(&event)) {
            await(literal->octets, Use::literal);
        } else if (const auto* const skip = std::get_if<SkipLiteral>(&event)) {
            appending_ = false;
            events.push_back("skip " + std::to_string(skip->octets));
            await(skip->octets, Use::skip);
        } else {
            note_rejected(std::get<Rejected>(event));
        }
    }

    void note(const AppendEvent& event) {
        if (const auto* const parts = std::get_if<AppendParts>(&event)) {
            const bool begins = !parts->parts.empty() && std::holds_alternative<AppendMessage>(parts->parts.front());
            events.push_back((begins ? "message " : "") + describe_parts(*parts));
            go_on(*parts);
        } else if (const auto* const skip = std::get_if<SkipLiteral>(&event)) {
            note(Event(*skip));
        } else {
            note_rejected(std::get<Rejected>(event));
        }
    }

    void go_on(const AppendParts& parts) {
        appending_ = !parts.complete;
        if (appending_) await(std::get<AppendLiteral>(parts.parts.back()).octets, Use::message);
    }

    void note_rejected(const Rejected& rejected) {
        appending_ = false;
        events.push_back(describe_rejected(rejected));
    }

    Receiver receiver_;
    std::string input_;
    std::size_t awaited_ = 0;
    Use use_ = Use::command;
    bool appending_ = false;
};

}  // namespace

std::string describe(const AnyCommand& command) { return std::visit(Describer{}, command); }

std::string describe(const SearchKey& key) {
    using Kind = SearchKey::Kind;
    const auto children = [&] {
        std::string out;
        for (const SearchKey& child : key.children) out += (out.empty() ? "" : " ") + describe(child);
        return "(" + out + ")";
    };
    switch (key.kind) {
        case Kind::all:
            return "all";
        case Kind::every:
            return "and" + children();
        case Kind::either:
            return "or" + children();
        case Kind::negation:
            return "not" + children();
        case Kind::fuzzy:
            return "fuzzy" + children();
        case Kind::message_set:
            return describe_set(key.set);
        case Kind::uid_set:
            return "uid=" + describe_set(key.set);
        case Kind::flag: {
            std::string out;
            append_flags(out, key.flag, false, {});
            return out;
        }
        case Kind::recent:
            return "recent";
        case Kind::keyword:
            return "keyword=" + in_quotes(key.text);
        case Kind::before:
            return "before=" + describe_date(key.date);
        case Kind::on:
            return "on=" + describe_date(key.date);
        case Kind::since:
            return "since=" + describe_date(key.date);
        case Kind::sent_before:
            return "sent_before=" + describe_date(key.date);
        case Kind::sent_on:
            return "sent_on=" + describe_date(key.date);
        case Kind::sent_since:
            return "sent_since=" + describe_date(key.date);
        case Kind::bcc:
            return "bcc=" + in_quotes(key.text);
        case Kind::cc:
            return "cc=" + in_quotes(key.text);
        case Kind::from:
            return "from=" + in_quotes(key.text);
        case Kind::to:
            return "to=" + in_quotes(key.text);
        case Kind::subject:
            return "subject=" + in_quotes(key.text);
        case Kind::header:
            return "header:" + in_quotes(key.name) + "=" + in_quotes(key.text);
        case Kind::body:
            return "body=" + in_quotes(key.text);
        case Kind::text:
            return "text=" + in_quotes(key.text);
        case Kind::larger:
            return "larger=" + std::to_string(key.number);
        case Kind::smaller:
            return "smaller=" + std::to_string(key.number);
        case Kind::older:
            return "older=" + std::to_string(key.number);
        case Kind::younger:
            return "younger=" + std::to_string(key.number);
        case Kind::mod_seq:
            return "modseq=" + std::to_string(key.number);
        case Kind::email_id:
            return "emailid=" + key.text;
        case Kind::thread_id:
            return "threadid=" + key.text;
        case Kind::saved_before:
            return "saved_before=" + describe_date(key.date);
        case Kind::saved_on:
            return "saved_on=" + describe_date(key.date);
        case Kind::saved_since:
            return "saved_since=" + describe_date(key.date);
    }
    return "?";
}

std::vector<std::string> receive(std::string_view octets, const std::vector<std::size_t>& cuts,
                                 const ReceiverLimits& limits, bool utf8) {
    Client client(limits, utf8);
    std::size_t from = 0;
    for (const std::size_t cut : cuts) {
        client.feed(octets.substr(from, cut - from));
        from = cut;
    }
    client.feed(octets.substr(from));
    return client.events;
}

std::string joined(const std::vector<std::string>& events) {
    std::string out;
    for (const std::string& event : events) out += (out.empty() ? "" : "\n") + event;
    return out;
}

}  // namespace imap_test

// Email/set, Email/import, Email/parse: RFC 8621 §4.6, §4.8, §4.9, over a store.
#include "tests/unit/web/jmap/jmap_house.h"

using namespace jmap_test;

namespace {

struct SetHouse : JmapHouse {
    std::string in = storage::mailbox_id_text(inbox);
    std::string ar = storage::mailbox_id_text(archive);

    Json draft(const std::string& subject) {
        return {{"mailboxIds", {{in, true}}},
                {"keywords", {{"$draft", true}}},
                {"subject", subject},
                {"textBody", {{{"partId", "t"}}}},
                {"bodyValues", {{"t", {{"value", "text of " + subject}}}}}};
    }
    std::string create(const std::string& subject) {
        return call("Email/set", {{"create", {{"k", draft(subject)}}}})["created"]["k"]["id"];
    }
    Json email(const std::string& id, Json properties) {
        return call("Email/get", {{"ids", {id}}, {"properties", std::move(properties)}})["list"].at(0);
    }
    Json update(const std::string& id, const Json& patch) { return call("Email/set", {{"update", {{id, patch}}}}); }
};

}  // namespace

TEST_CASE_FIXTURE(SetHouse, "a draft is created, changed and destroyed") {
    const Json made = call("Email/set", {{"create", {{"k", draft("a")}}}});
    REQUIRE(made["created"].contains("k"));
    CHECK(made["created"]["k"].size() == 4);
    CHECK(made["notCreated"].is_null());
    CHECK(made["oldState"] != made["newState"]);
    const std::string id = made["created"]["k"]["id"];
    const Json found = email(id, {"subject", "keywords", "receivedAt", "preview", "size", "mailboxIds"});
    CHECK(found["subject"] == "a");
    CHECK(found["keywords"] == Json{{"$draft", true}});
    CHECK(found["receivedAt"] == "2023-11-14T22:13:20Z");
    CHECK(found["preview"] == "text of a");
    CHECK(found["size"] == made["created"]["k"]["size"]);

    CHECK(update(id, {{"keywords/$seen", true}, {"keywords/$draft", nullptr}})["updated"] == Json{{id, nullptr}});
    CHECK(email(id, {"keywords"})["keywords"] == Json{{"$seen", true}});
    CHECK(update(id, {{"keywords", {{"Work", true}}}})["updated"] == Json{{id, nullptr}});
    CHECK(email(id, {"keywords"})["keywords"] == Json{{"work", true}});
    CHECK(update(id, {{"keywords/work", nullptr}})["updated"] == Json{{id, nullptr}});
    CHECK(email(id, {"keywords"})["keywords"] == Json::object());
    CHECK(update(id, {{"mailboxIds/" + ar, true}})["updated"] == Json{{id, nullptr}});
    CHECK(email(id, {"mailboxIds"})["mailboxIds"] == Json{{in, true}, {ar, true}});
    CHECK(update(id, {{"mailboxIds", {{ar, true}}}})["updated"] == Json{{id, nullptr}});
    CHECK(email(id, {"mailboxIds"})["mailboxIds"] == Json{{ar, true}});

    CHECK(call("Email/set", {{"destroy", {id, "M1"}}})["destroyed"] == Json{id});
    CHECK(call("Email/get", {{"ids", {id}}})["notFound"] == Json{id});
}

TEST_CASE_FIXTURE(SetHouse, "a keyword of one message is taken away from it, and set in all") {
    const std::string id = create("a");
    update(id, {{"mailboxIds/" + ar, true}});
    run(storage::change_flags({archive, bob}, storage::UidSet::all(), storage::FlagEdit::add,
                              {storage::system_flag::flagged, {}}));
    CHECK(email(id, {"keywords"})["keywords"] == Json{{"$draft", true}, {"$flagged", true}});
    update(id, {{"keywords/$flagged", true}});
    const auto flags = [&](storage::MailboxId where) {
        return get(storage::read_messages({where, bob}, storage::UidSet::all(), false, 1)).at(0).flags.system;
    };
    CHECK(flags(inbox) == (storage::system_flag::flagged | storage::system_flag::draft));
    update(id, {{"keywords/$flagged", nullptr}});
    CHECK(flags(inbox) == storage::system_flag::draft);
    CHECK(flags(archive) == storage::system_flag::draft);
}

TEST_CASE_FIXTURE(SetHouse, "what cannot be done is told of each email (RFC 8620 §5.3)") {
    const std::string id = create("a");
    const auto not_updated = [&](const Json& patch) { return update(id, patch)["notUpdated"][id]["type"]; };
    CHECK(not_updated({{"mailboxIds", Json::object()}}) == "invalidProperties");
    CHECK(not_updated({{"mailboxIds/" + in, nullptr}}) == "invalidProperties");
    CHECK(not_updated({{"mailboxIds/F999", true}}) == "invalidProperties");
    CHECK(not_updated({{"keywords/a b", true}}) == "invalidProperties");
    CHECK(not_updated({{"subject", "b"}}) == "invalidProperties");
    CHECK(not_updated({{"keywords", {{"a", true}}}, {"keywords/b", true}}) == "invalidPatch");
    CHECK(update("M1", {{"keywords/a", true}})["notUpdated"]["M1"]["type"] == "notFound");
    const Json both = call("Email/set", {{"update", {{id, {{"keywords/a", true}}}}}, {"destroy", {id}}});
    CHECK(both["notUpdated"][id]["type"] == "willDestroy");
    CHECK(both["destroyed"] == Json{id});
    const auto not_created = [&](const char* name, const Json& value) {
        Json wrong = draft("x");
        wrong[name] = value;
        return call("Email/set", {{"create", {{"k", wrong}}}})["notCreated"]["k"];
    };
    CHECK(not_created("mailboxIds", Json::object())["properties"] == Json{"mailboxIds"});
    CHECK(not_created("mailboxIds", {{"F999", true}})["properties"] == Json{"mailboxIds"});
    CHECK(not_created("keywords", {{"a", false}})["properties"] == Json{"keywords"});
    CHECK(not_created("receivedAt", "soon")["properties"] == Json{"receivedAt"});
    CHECK(not_created("attachments", {{{"blobId", "B0000000000000001"}}})["type"] == "blobNotFound");
    CHECK(call("Email/set", {{"ifInState", "0"}})["error"] == "stateMismatch");
    run(storage::set_quota("bob@example.org", 1));
    CHECK(not_created("subject", "more")["type"] == "overQuota");
}

TEST_CASE_FIXTURE(SetHouse, "references to what was created, in the same request") {
    const std::string account = jmap::account_id_text(bob);
    const Json responses =
        ask({{"Email/set", {{"accountId", account}, {"create", {{"k", draft("a")}}}}, "1"},
             {"Email/set", {{"accountId", account}, {"update", {{"#k", {{"keywords/$seen", true}}}}}}, "2"},
             {"Email/get", {{"accountId", account}, {"ids", {"#k"}}, {"properties", {"keywords"}}}, "3"}});
    CHECK(responses[1][1]["updated"].contains("#k"));
    CHECK(responses[2][1]["list"][0]["keywords"] == Json{{"$draft", true}, {"$seen", true}});
}

TEST_CASE_FIXTURE(SetHouse, "an attached message is parsed, and imported once") {
    const std::string outer = create("inner");
    const std::string blob = email(outer, {"blobId"})["blobId"];
    Json forward = draft("outer");
    forward["attachments"] = {{{"blobId", blob}, {"type", "message/rfc822"}}};
    const Json made = call("Email/set", {{"create", {{"k", forward}}}});
    const Json attached = email(made["created"]["k"]["id"], {"attachments"})["attachments"][0];
    CHECK(attached["type"] == "message/rfc822");
    const std::string part = attached["blobId"];
    const Json parsed = call("Email/parse", {{"blobIds", {part, "B0000000000000001"}}, {"fetchTextBodyValues", true}});
    REQUIRE(parsed["parsed"].contains(part));
    CHECK(parsed["parsed"][part]["subject"] == "inner");
    CHECK(parsed["parsed"][part]["textBody"][0]["blobId"] == part + "-1");
    CHECK(parsed["parsed"][part]["bodyValues"]["1"]["value"] == "text of inner");
    CHECK(parsed["notFound"] == Json{"B0000000000000001"});
    CHECK(parsed["notParsable"].is_null());
    CHECK(call("Email/parse", {{"blobIds", {part}}, {"properties", {"id", "receivedAt"}}})["parsed"][part] ==
          Json{{"id", nullptr}, {"receivedAt", nullptr}});

    const Json import = {{"blobId", part}, {"mailboxIds", {{ar, true}}}, {"receivedAt", "2020-01-01T00:00:00Z"}};
    const Json imported = call("Email/import", {{"emails", {{"k", import}}}});
    REQUIRE(imported["created"].contains("k"));
    CHECK(imported["notCreated"].is_null());
    const Json again = call("Email/import", {{"emails", {{"k", import}}}})["notCreated"]["k"];
    CHECK(again["type"] == "alreadyExists");
    CHECK(again["existingId"] == imported["created"]["k"]["id"]);
    Json wrong = import;
    wrong["blobId"] = "B0000000000000001";
    CHECK(call("Email/import", {{"emails", {{"k", wrong}}}})["notCreated"]["k"]["properties"] == Json{"blobId"});
    CHECK(call("Email/import", {{"emails", {{"k", import}}}, {"ifInState", "0"}})["error"] == "stateMismatch");
}

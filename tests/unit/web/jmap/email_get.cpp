// Email/get, Email/changes, Thread/get, Thread/changes: RFC 8621 §3, §4.1 to §4.3, over a store.
#include "tests/unit/web/jmap/jmap_house.h"

using namespace jmap_test;

namespace {

constexpr const char* with_attachment =
    "From: =?utf-8?Q?J=C3=B6rg?= <joerg@example.org>\r\nTo: Bob <bob@example.org>\r\nSubject: With it\r\n"
    "Message-ID: <1@example.org>\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\nX-Own: <https://x.org/>\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello there,\r\nold friend\r\n"
    "--b\r\nContent-Type: image/png; name=p.png\r\nContent-Disposition: attachment\r\nContent-ID: <c@x>\r\n"
    "Content-Transfer-Encoding: base64\r\nContent-Language: en, de\r\n\r\naGVsbG8=\r\n--b--\r\n";

struct GetHouse : JmapHouse {
    std::string id(storage::MailboxId where, storage::Uid uid) {
        const storage::Message found =
            get(storage::read_messages({where, storage::the_server}, {uid}, {false, true}, 1)).at(0);
        return storage::email_id_text(found.ids.email, found.internal_date);
    }
    Json email(const std::string& email_id, Json arguments = Json::object()) {
        arguments["ids"] = {email_id};
        const Json response = call("Email/get", arguments);
        return response.contains("error") ? response : response["list"].at(0);
    }
};

}  // namespace

TEST_CASE_FIXTURE(GetHouse, "what is asked for without properties (§4.2)") {
    const storage::Uid uid = deliver(inbox, with_attachment, 1'000, {storage::system_flag::seen, {"Work"}});
    run(storage::copy_messages({inbox, bob}, {uid}, archive, clock));
    const std::string one = id(inbox, uid);
    const Json found = email(one);
    CHECK(found.size() == 24);
    CHECK(found["id"] == one);
    CHECK(found["mailboxIds"] ==
          Json{{storage::mailbox_id_text(inbox), true}, {storage::mailbox_id_text(archive), true}});
    CHECK(found["keywords"] == Json{{"$seen", true}, {"work", true}});
    CHECK(found["size"] == std::string(with_attachment).size());
    CHECK(found["receivedAt"] == "1970-01-01T00:16:40Z");
    CHECK(found["sentAt"] == "1997-11-21T09:55:06-06:00");
    CHECK(found["from"] == Json::parse(R"([{"name": "Jörg", "email": "joerg@example.org"}])"));
    CHECK(found["sender"].is_null());
    CHECK(found["replyTo"].is_null());
    CHECK(found["messageId"] == Json{"1@example.org"});
    CHECK(found["inReplyTo"].is_null());
    CHECK(found["subject"] == "With it");
    CHECK(found["hasAttachment"] == true);
    CHECK(found["preview"] == "Hello there, old friend");
    CHECK(found["bodyValues"] == Json::object());
    CHECK(found["textBody"].size() == 1);
    CHECK(found["textBody"] == found["htmlBody"]);
    const std::string blob = found["blobId"];
    CHECK(found["attachments"] == Json::array({{{"partId", "2"},
                                                {"blobId", blob + "-2"},
                                                {"size", 5},
                                                {"name", "p.png"},
                                                {"type", "image/png"},
                                                {"charset", nullptr},
                                                {"disposition", "attachment"},
                                                {"cid", "c@x"},
                                                {"language", {"en", "de"}},
                                                {"location", nullptr}}}));
}

TEST_CASE_FIXTURE(GetHouse, "body structure, values and header fields") {
    const std::string one = id(inbox, deliver(inbox, with_attachment));
    const Json found = email(one, {{"properties", {"bodyStructure", "bodyValues", "header:x-OWN:asURLs", "headers"}},
                                   {"bodyProperties", {"partId", "type", "header:Content-Language"}},
                                   {"fetchAllBodyValues", true},
                                   {"maxBodyValueBytes", 5}});
    CHECK(found["bodyStructure"] ==
          Json::parse(R"({"partId": null, "type": "multipart/mixed", "header:Content-Language": null, "subParts": [
              {"partId": "1", "type": "text/plain", "header:Content-Language": null},
              {"partId": "2", "type": "image/png", "header:Content-Language": " en, de"}]})"));
    CHECK(found["bodyValues"] ==
          Json::parse(R"({"1": {"value": "Hello", "isEncodingProblem": false, "isTruncated": true}})"));
    CHECK(found["header:x-OWN:asURLs"] == Json{"https://x.org/"});
    CHECK(found["headers"].size() == 8);
    CHECK(email(one, {{"properties", {"header:From:asDate"}}})["error"] == "invalidArguments");
    CHECK(email(one, {{"properties", {"nonsense"}}})["error"] == "invalidArguments");
    CHECK(email(one, {{"bodyProperties", {"nonsense"}}})["error"] == "invalidArguments");
}

TEST_CASE_FIXTURE(GetHouse, "all emails, those that are not there, and too many") {
    const std::string one = id(inbox, deliver(inbox, "Subject: a\r\n\r\n"));
    const std::string two = id(archive, deliver(archive, "Subject: b\r\n\r\n"));
    const Json all = call("Email/get", {{"ids", nullptr}, {"properties", {"id"}}});
    CHECK(all["list"].size() == 2);
    const Json some = call("Email/get", {{"ids", {two, "M1", one}}, {"properties", {"subject"}}});
    CHECK(some["list"] == Json::array({{{"id", two}, {"subject", "b"}}, {{"id", one}, {"subject", "a"}}}));
    CHECK(some["notFound"] == Json::array({"M1"}));
    limits.objects_in_get = 1;
    CHECK(call("Email/get", {{"ids", nullptr}})["error"] == "requestTooLarge");
    CHECK(call("Email/get", {{"ids", {one, two}}})["error"] == "requestTooLarge");
}

TEST_CASE_FIXTURE(GetHouse, "changes of emails and threads") {
    const std::string before = call("Email/get", {{"ids", Json::array()}})["state"];
    const storage::Uid uid = deliver(inbox, "Subject: a\r\nMessage-ID: <a@x>\r\n\r\n");
    const std::string one = id(inbox, uid);
    const std::string thread = email(one)["threadId"];
    const Json created = call("Email/changes", {{"sinceState", before}});
    CHECK(created["created"] == Json{one});
    CHECK(created["hasMoreChanges"] == false);
    CHECK(created["newState"] == call("Thread/get", {{"ids", Json::array()}})["state"]);
    CHECK(call("Thread/changes", {{"sinceState", before}})["created"] == Json{thread});
    CHECK(call("Thread/get", {{"ids", {thread, "T1"}}})["list"] ==
          Json::array({{{"id", thread}, {"emailIds", {one}}}}));
    run(storage::expunge_messages({inbox, bob}, {uid}, storage::Durability::synced));
    CHECK(call("Email/changes", {{"sinceState", created["newState"]}, {"maxChanges", 1}})["destroyed"] == Json{one});
    CHECK(call("Email/changes", {{"sinceState", "nonsense"}})["error"] == "cannotCalculateChanges");
    CHECK(call("Email/changes", {{"sinceState", before}, {"maxChanges", 0}})["error"] == "invalidArguments");
    CHECK(call("Thread/get", {{"ids", {thread}}})["notFound"] == Json{thread});
}

"""JMAP over HTTP: who may ask, what is refused as a whole, and the session object. RFC 8620 §2, §3; RFC 7617."""
import base64
import http.client
import json
import re
import unittest
import urllib.parse

from tests.support.mailstead import Mailstead

BOB = "bob@hamburger.edu"
CORE = "urn:ietf:params:jmap:core"
ERROR = "urn:ietf:params:jmap:error:"


def basic(user=BOB, password="hungry"):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class Jmap(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Mailstead(["hamburger.edu"], {BOB: "hungry"}, config="[limits]\njmap_calls = 3\n").start()
        cls.addClassCleanup(cls.server.kill)

    def ask(self, method, path, body=None, **fields):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port("http"), timeout=20)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in fields.items()})
        response = connection.getresponse()
        response.text = response.read().decode()
        connection.close()
        return response

    def api(self, request, content_type="application/json", **fields):
        body = request if isinstance(request, str) else json.dumps(request)
        return self.ask("POST", "/jmap", body, Content_Type=content_type, **(fields or basic()))

    def calls(self, *calls, using=(CORE,), **more):
        response = self.api({"using": using, "methodCalls": calls, **more})
        self.assertEqual(200, response.status, response.text)
        self.assertEqual("application/json", response.getheader("Content-Type"))
        return json.loads(response.text)

    def problem(self, response, kind):
        self.assertEqual("application/problem+json", response.getheader("Content-Type"))
        self.assertIn("no-store", response.getheader("Cache-Control"))
        problem = json.loads(response.text)
        self.assertEqual(response.status, problem["status"])
        self.assertEqual(kind, problem["type"].removeprefix(ERROR))
        return problem

    def test_the_session_object(self):
        for path in ("/.well-known/jmap", "/jmap/session"):
            response = self.ask("GET", path, Host="mail.hamburger.edu:8080", **basic())
            self.assertEqual(200, response.status)
            self.assertIn("no-store", response.getheader("Cache-Control"))
        session = json.loads(response.text)
        self.assertEqual(BOB, session["username"])
        self.assertEqual(3, session["capabilities"][CORE]["maxCallsInRequest"])
        (account, own), = session["accounts"].items()
        self.assertEqual((BOB, True, False), (own["name"], own["isPersonal"], own["isReadOnly"]))
        self.assertTrue(all(account == each for each in session["primaryAccounts"].values()))
        self.assertNotIn(CORE, session["primaryAccounts"])
        self.assertEqual("http://mail.hamburger.edu:8080/jmap", session["apiUrl"])
        for name, variables in {"downloadUrl": ["accountId", "blobId", "type", "name"], "uploadUrl": ["accountId"],
                                "eventSourceUrl": ["types", "closeafter", "ping"]}.items():
            for variable in variables:
                self.assertIn("{" + variable + "}", session[name])
        self.assertEqual(session["state"], json.loads(self.ask("GET", "/jmap/session", Host="mail.hamburger.edu:8080",
                                                               **basic()).text)["state"])
        strange = self.ask("GET", "/jmap/session", Host="a/b\"<c>", **basic())
        if strange.status == 200:
            self.assertEqual("http://mail.example.test/jmap", json.loads(strange.text)["apiUrl"])

    def test_who_may_ask(self):
        for fields in ({}, basic(password="wrong"), basic(user="nobody@hamburger.edu"), {"Authorization": "Bearer x"},
                       {"Authorization": "Basic ???"}, {"Authorization": "Basic " + base64.b64encode(b"bob").decode()}):
            for response in (self.ask("GET", "/jmap/session", **fields), self.ask("POST", "/jmap", "{}", **fields)):
                self.assertEqual(401, response.status)
                self.assertIn("Basic", response.getheader("WWW-Authenticate"))
                self.problem(response, "about:blank")
        self.assertEqual(405, self.ask("GET", "/jmap", **basic()).status)
        self.assertEqual(200, self.ask("GET", "/jmap/session", **basic(user="bob")).status, "of the default domain")

    def test_a_page_of_ours_by_its_cookie(self):
        form = urllib.parse.urlencode({"user": BOB, "password": "hungry"})
        login = self.ask("POST", "/login", form, Content_Type="application/x-www-form-urlencoded")
        cookie = login.getheader("Set-Cookie").split(";")[0]
        page = self.ask("GET", "/compose", Cookie=cookie)
        token = re.search(r'name="token" value="(\w+)"', page.text).group(1)
        echo = {"using": [CORE], "methodCalls": []}
        host = f"127.0.0.1:{self.server.port('http')}"
        for fields, status in (({"Sec_Fetch_Site": "same-origin"}, 200), ({"Origin": f"http://{host}"}, 200),
                               ({"X_Mailstead_Token": token}, 200), ({"X_Mailstead_Token": "x" * len(token)}, 403), ({}, 403),
                               ({"Sec_Fetch_Site": "cross-site", "X_Mailstead_Token": token}, 403),
                               ({"Sec_Fetch_Site": "same-site"}, 403), ({"Origin": "http://evil.test"}, 403)):
            with self.subTest(fields):
                self.assertEqual(status, self.api(echo, Cookie=cookie, **fields).status)
        ended = self.api(echo, Cookie="mailstead=" + "0" * 64, Sec_Fetch_Site="same-origin")
        self.assertEqual(401, ended.status)
        self.assertIsNone(ended.getheader("WWW-Authenticate"), "a page would show the browser's own log-in")

    def test_requests_that_are_refused_as_a_whole(self):
        good = {"using": [CORE], "methodCalls": []}
        self.problem(self.api("{"), "notJSON")
        self.problem(self.api(good, content_type="text/plain"), "notJSON")
        self.problem(self.api([]), "notRequest")
        self.problem(self.api({**good, "using": ["urn:x"]}), "unknownCapability")
        limit = self.problem(self.api({**good, "methodCalls": [["Core/echo", {}, "c"]] * 4}), "limit")
        self.assertEqual("maxCallsInRequest", limit["limit"])

    def test_calls_and_their_errors(self):
        answer = self.calls(["Core/echo", {"hello": True, "high": [5]}, "b3ff"], ["Nothing/get", {}, "c2"],
                            ["Core/echo", {"#list": {"resultOf": "b3ff", "name": "Core/echo", "path": "/high"}}, "c3"])
        self.assertEqual([["Core/echo", {"hello": True, "high": [5]}, "b3ff"], ["error", {"type": "unknownMethod"}, "c2"],
                          ["Core/echo", {"list": [5]}, "c3"]], answer["methodResponses"])
        self.assertNotIn("createdIds", answer)
        session = json.loads(self.ask("GET", "/jmap/session", **basic()).text)
        self.assertEqual(session["state"], answer["sessionState"])
        self.assertEqual({"k": "F1"}, self.calls(createdIds={"k": "F1"})["createdIds"])
        (name, error, _), = self.calls(["Core/echo", {}, "c"], using=[])["methodResponses"]
        self.assertEqual(("error", "unknownMethod"), (name, error["type"]))
        (name, error, _), = self.calls(["Core/echo", {"#a": {"resultOf": "c", "name": "Core/echo", "path": ""}}, "c"])["methodResponses"]
        self.assertEqual(("error", "invalidResultReference"), (name, error["type"]))


class WithoutTls(unittest.TestCase):
    def test_no_password_in_the_clear(self):
        server = Mailstead(["hamburger.edu"], {BOB: "hungry"}, config="[auth]\nplaintext_from = []\n").start()
        self.addCleanup(server.kill)
        connection = http.client.HTTPConnection("127.0.0.1", server.port("http"), timeout=20)
        connection.request("GET", "/jmap/session", headers=basic())
        response = connection.getresponse()
        response.read()
        connection.close()
        self.assertEqual(403, response.status)
        self.assertNotIn("account=" + BOB, server.log.read_text())


if __name__ == "__main__":
    unittest.main()

// The page in headless Chromium: node page.mjs SCENARIO BASE-URL. A scenario that fails throws; exit status 1.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const [scenario, base] = process.argv.slice(2);

async function logIn(page, user, password) {
  await page.goto(base + "/");
  await page.fill("input[name=user]", user);
  await page.fill("input[name=password]", password);
  await page.click("button");
}

const scenarios = {
  // Log-in, mailboxes, message list, message view with text, image and non-ASCII; the envelope where it differs.
  async reading(context) {
    const page = await context.newPage();
    const scripts = [];
    page.on("console", (message) => scripts.push(message.text()));
    await logIn(page, "bob@hamburger.edu", "hungry");
    await page.waitForURL("**/mail");
    for (const mailbox of ["INBOX", "Sent", "Drafts", "Trash", "Junk", "Archive"]) {
      assert.ok(await page.locator("nav").getByText(mailbox).count(), mailbox);
    }
    assert.match(await page.locator("tr.unseen", { hasText: "Crêpes" }).innerText(), /Alice Crêpe/);
    await page.getByText("Crêpes à volonté").click();
    await page.waitForURL("**/message*");
    const text = await page.locator("section").innerText();
    assert.match(text, /Aimez-vous les crêpes\? 薄餅/);
    assert.match(text, /Envelope sender/);
    assert.match(text, /bounces@list\.crepes\.fr/);
    const image = page.locator("section img");
    assert.equal(await image.evaluate((node) => node.complete && node.naturalWidth), 1);
    await page.goto(base + "/mail");
    assert.equal(await page.locator("tr.unseen", { hasText: "Crêpes" }).count(), 0, "it is seen now");
  },

  // Mail is hostile: markup in every field stays text, scripts in HTML do not run, nothing remote is asked for.
  async hostile(context) {
    const page = await context.newPage();
    let asked = 0;
    await context.route("**/*", (route) => {
      if (!route.request().url().startsWith(base)) asked++;
      return route.continue();
    });
    page.on("dialog", () => assert.fail("a script ran"));
    await logIn(page, "bob@hamburger.edu", "hungry");
    await page.waitForURL("**/mail");
    await page.getByText("<script>alert(1)</script>").click();
    await page.waitForURL("**/message*");
    assert.equal(await page.locator("h1 script").count(), 0);
    const frame = page.frameLocator("iframe");
    await frame.getByText("Dear reader").waitFor();
    assert.equal(await frame.locator("#target").innerText(), "untouched");
    assert.equal(asked, 0, "something remote was asked for");
    const response = await page.goto(base + "/mail");
    const policy = response.headers()["content-security-policy"];
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.ok(!/unsafe-inline|script-src/.test(policy));
  },

  // Sending to someone here; it arrives, and a copy lies in Sent.
  async sending(context) {
    const page = await context.newPage();
    await logIn(page, "bob@hamburger.edu", "hungry");
    await page.waitForURL("**/mail");
    await page.getByText("Write").first().click();
    await page.fill("input[name=to]", "Alice <alice@crepes.fr>, nobody@crepes.fr");
    await page.fill("input[name=subject]", "Grüße <b>");
    await page.fill("textarea", "Voilà.\n.\nend");
    await page.getByRole("button", { name: "Send" }).click();
    assert.match(await page.locator(".error").innerText(), /nobody@crepes\.fr/);
    await page.fill("input[name=to]", "Alice <alice@crepes.fr>");
    await page.getByRole("button", { name: "Send" }).click();
    await page.waitForURL("**/mail");
    await page.getByText("Sent", { exact: true }).click();
    await page.getByText("Grüße <b>").click();
    assert.match(await page.locator("pre").innerText(), /Voilà\.\n\.\nend/);

    const other = await (await context.browser().newContext()).newPage();
    await logIn(other, "alice@crepes.fr", "ketchup");
    await other.waitForURL("**/mail");
    await other.getByText("Grüße <b>").click();
    assert.match(await other.locator("pre").innerText(), /Voilà\.\n\.\nend/);
  },

  // Wrong passwords, no session, forged forms, other people's messages.
  async security(context) {
    const page = await context.newPage();
    await logIn(page, "bob@hamburger.edu", "mayonnaise");
    assert.match(await page.locator(".error").innerText(), /Wrong/);
    await page.goto(base + "/mail");
    assert.equal(new URL(page.url()).pathname, "/", "without log-in there is only the log-in page");
    await logIn(page, "bob@hamburger.edu", "hungry");
    await page.waitForURL("**/mail");
    const cookie = (await context.cookies()).find((one) => one.name === "mailstead");
    assert.equal(cookie.httpOnly, true);
    assert.equal(cookie.sameSite, "Strict");
    const forged = await context.request.post(base + "/send", { form: { to: "alice@crepes.fr", text: "forged", token: "" } });
    assert.equal(forged.status(), 403);
    const foreign = await context.request.post(base + "/logout", { form: {}, headers: { Origin: "http://evil.example" } });
    assert.equal(foreign.status(), 403);
    const inbox = new URL(await page.locator("nav a").first().getAttribute("href"), base).searchParams.get("mailbox");
    const other = await context.browser().newContext();
    const alice = await other.newPage();
    await logIn(alice, "alice@crepes.fr", "ketchup");
    await alice.waitForURL("**/mail");
    for (const path of ["/mail?mailbox=", "/message?uid=1&mailbox=", "/part?uid=1&part=1&mailbox=", "/html?uid=1&part=1&mailbox="]) {
      assert.equal((await other.request.get(base + path + inbox)).status(), 404, path);
    }
    await page.getByRole("button", { name: "Log out" }).click();
    await page.goto(base + "/mail");
    assert.equal(new URL(page.url()).pathname, "/");
  },
};

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
try {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(15_000);
  await scenarios[scenario](context);
} finally {
  await browser.close();
}

// What the test has Thunderbird do, and what Thunderbird then believes. Runs inside it, with full rights: see
// tests/support/thunderbird.py. Functions return plain values; whatever takes time is waited for by what Thunderbird itself
// announces (folder and URL listeners), never by a clock. Wherever its windows have a command for it, that is used.
import { clearTimeout, setTimeout } from "resource://gre/modules/Timer.sys.mjs";
import { MailServices } from "resource:///modules/MailServices.sys.mjs";

const lazy = {};
ChromeUtils.defineESModuleGetters(lazy, {
  AccountConfig: "resource:///modules/accountcreation/AccountConfig.sys.mjs",
  ConfigVerifier: "resource:///modules/accountcreation/ConfigVerifier.sys.mjs",
  CreateInBackend: "resource:///modules/accountcreation/CreateInBackend.sys.mjs",
  MessageArchiver: "resource:///modules/MessageArchiver.sys.mjs",
  FindConfig: "resource:///modules/accountcreation/FindConfig.sys.mjs",
});

const PATIENCE = 60; // seconds: how long any one thing may take, on a machine with other work

// ---------------------------------------------------------------------------------------------------------- waiting

const waiting = new Set(); // conditions that are looked at again whenever something has happened

function somethingHappened() {
  for (const look of [...waiting]) {
    look();
  }
}

/** Resolves with what condition() returns once that is true; is looked at again after each of Thunderbird's announcements. */
function until(what, condition, seconds = PATIENCE) {
  return new Promise((resolve, reject) => {
    let clock = null;
    const end = () => {
      waiting.delete(look);
      clearTimeout(clock);
    };
    const look = () => {
      try {
        const value = condition();
        if (value) {
          end();
          resolve(value);
        }
      } catch (error) {
        end();
        reject(error);
      }
    };
    clock = setTimeout(() => {
      end();
      reject(new Error(`not within ${seconds} s: ${what}`));
    }, seconds * 1000);
    waiting.add(look);
    look();
  });
}

/** The end of a URL that start(listener) sets running. */
function ran(what, start) {
  return new Promise((resolve, reject) => {
    const clock = setTimeout(() => reject(new Error(`not within ${PATIENCE} s: ${what}`)), PATIENCE * 1000);
    start({
      QueryInterface: ChromeUtils.generateQI(["nsIUrlListener"]),
      OnStartRunningUrl() {},
      OnStopRunningUrl(url, status) {
        clearTimeout(clock);
        if (Components.isSuccessCode(status)) {
          resolve();
        } else {
          reject(new Error(`${what}: 0x${(status >>> 0).toString(16)}`));
        }
      },
    });
  });
}

/** The end of a copy that start(listener) sets going. */
function copied(what, start) {
  return new Promise((resolve, reject) => {
    const clock = setTimeout(() => reject(new Error(`not within ${PATIENCE} s: ${what}`)), PATIENCE * 1000);
    start({
      QueryInterface: ChromeUtils.generateQI(["nsIMsgCopyServiceListener"]),
      onStartCopy() {},
      onProgress() {},
      setMessageKey() {},
      getMessageId() {
        return null;
      },
      onStopCopy(status) {
        clearTimeout(clock);
        if (Components.isSuccessCode(status)) {
          resolve();
        } else {
          reject(new Error(`${what}: 0x${(status >>> 0).toString(16)}`));
        }
      },
    });
  });
}

const loaded = new Set(); // URIs of the mailboxes that have been opened on the server

const folderListener = {
  QueryInterface: ChromeUtils.generateQI(["nsIFolderListener"]),
  onFolderAdded: somethingHappened,
  onMessageAdded: somethingHappened,
  onFolderRemoved: somethingHappened,
  onMessageRemoved: somethingHappened,
  onFolderPropertyChanged: somethingHappened,
  onFolderIntPropertyChanged: somethingHappened,
  onFolderBoolPropertyChanged: somethingHappened,
  onFolderPropertyFlagChanged: somethingHappened,
  onFolderEvent(folder, event) {
    if (event == "FolderLoaded") {
      loaded.add(folder.URI);
    }
    somethingHappened();
  },
};

// -------------------------------------------------------------------------------------------------- what goes wrong

const said = []; // errors in the console, and alerts that a user would have seen

const consoleListener = {
  QueryInterface: ChromeUtils.generateQI(["nsIConsoleListener"]),
  observe(message) {
    if (message instanceof Ci.nsIScriptError && !(message.flags & (message.warningFlag | message.infoFlag))) {
      said.push(`error: ${message.errorMessage} (${message.sourceName}:${message.lineNumber})`);
    }
  },
};

function consoleCalled(event) {
  if (event.level == "error") {
    said.push(`console.error: ${event.prefix} ${event.arguments.map(one => String(one?.message ?? one)).join(" ")} (${event.filename}:${event.lineNumber})`);
  }
}

const alertListener = {
  QueryInterface: ChromeUtils.generateQI(["nsIMsgUserFeedbackListener"]),
  onAlert(message) {
    said.push(`alert: ${message}`);
    somethingHappened();
    return true; // no window
  },
  onCertError(info, uri) {
    said.push(`certificate: ${uri?.spec}`);
  },
};

/** Listens to everything from here on. authority: PEM of a certificate to trust, or null. */
export async function begin(authority) {
  Services.console.registerListener(consoleListener);
  Cc["@mozilla.org/consoleAPI-storage;1"]
    .getService(Ci.nsIConsoleAPIStorage)
    .addLogEventListener(consoleCalled, Services.scriptSecurityManager.getSystemPrincipal());
  MailServices.mailSession.addUserFeedbackListener(alertListener);
  MailServices.mailSession.AddFolderListener(folderListener, Ci.nsIFolderListener.all);
  for (const topic of DIALOGS) {
    // Marionette, which looks at them too, would end the script that runs while one opens.
    for (const observer of Services.obs.enumerateObservers(topic)) {
      Services.obs.removeObserver(observer, topic);
    }
    Services.obs.addObserver(dialogOpened, topic);
  }
  if (authority) {
    const body = authority.replace(/-----[A-Z ]+-----|\s/g, "");
    Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).addCertFromBase64(body, "C,,");
  }
}

/** All that was said since the last call. */
export function complaints() {
  return said.splice(0);
}

/** Waits for a complaint that has these words; all that have them, which are then taken away. */
export async function complaint(words) {
  await until(words, () => said.some(one => one.includes(words)));
  const fit = said.filter(one => one.includes(words));
  said.splice(0, said.length, ...said.filter(one => !one.includes(words)));
  return fit;
}

// ---------------------------------------------------------------------------------------------------------- dialogs

const answers = []; // what the user of this test will do with the next dialogs
const dialogs = []; // what those have said that were answered
let openDialogs = 0;

/** The next dialogs are answered so: [{says, press, type}…]: a part of its text, a button, and for a password prompt what is typed. */
export function answerDialogs(next) {
  answers.push(...next);
}

/** What the dialogs have said that were answered since the last call. */
export async function answered() {
  await until("the last dialog", () => answers.length == 0 && openDialogs == 0);
  return dialogs.splice(0);
}

/** A dialog that nobody expects is closed, and complained of. */
function dialogOpened(window) {
  const { document } = window;
  const dialog = document.querySelector("dialog");
  const certificateOf = document.getElementById("locationTextBox")?.value;
  const text = certificateOf
    ? `certificate of ${certificateOf}: ${document.getElementById("statusDescription").getAttribute("data-l10n-id")}`
    : document.getElementById("infoBody").textContent;
  const expected = answers.length && text.includes(answers[0].says) ? answers.shift() : null;
  (expected ? dialogs : said).push(expected ? text : `dialog: ${text}`);
  if (expected?.type) {
    document.getElementById("password1Textbox").value = expected.type;
  }
  openDialogs++;
  window.addEventListener("unload", () => {
    openDialogs--;
    somethingHappened();
  }, { once: true });
  Services.tm.dispatchToMainThread(() => dialog.getButton(expected?.press ?? "cancel").click());
}

const DIALOGS = ["common-dialog-loaded", "cert-exception-ui-ready"];

/** The servers whose certificates a user has accepted although nobody vouches for them. */
export function exceptions() {
  const kept = Cc["@mozilla.org/security/certoverride;1"].getService(Ci.nsICertOverrideService).getOverrides();
  return kept.map(one => `${one.asciiHost}:${one.port}`).sort();
}

// ------------------------------------------------------------------------------------------------------- its windows

function mainWindow() {
  return Services.wm.getMostRecentWindow("mail:3pane");
}

async function threePane() {
  const shown = () => mainWindow()?.document.getElementById("tabmail")?.currentAbout3Pane;
  return until("the main tab", () => shown()?.folderTree && shown());
}

// --------------------------------------------------------------------------------------------------------- accounts

/**
 * What the account hub does when a user gives name, address and password: look for a configuration, try it, make the account,
 * fetch mail. type, socketType: the server to take among those that are offered. One that is not offered (no TLS, say) is what
 * a user sets by hand: the ports byHand.{incoming, outgoing}.
 */
export async function setUp({ address, password, name, type, socketType, byHand }) {
  const discovery = lazy.FindConfig.parallelAutoDiscovery(address.split("@")[1], address, new AbortController().signal, password);
  const { value: config } = await discovery.next();
  if (!config) {
    throw new Error(`no configuration was found for ${address}`);
  }
  const offered = [config.incoming, ...config.incomingAlternatives];
  const pick = (all, ofType, port) => {
    const right = all.filter(one => one.type == ofType);
    return right.find(one => one.socketType == socketType) ?? Object.assign(right[0], { socketType, port });
  };
  const said = offered.map(one => `${one.type} ${one.socketType} ${one.hostname}`);
  config.incoming = pick(offered, type, byHand.incoming);
  config.outgoing = pick([config.outgoing, ...config.outgoingAlternatives], "smtp", byHand.outgoing);
  config.incomingAlternatives = [];
  const account = await create(config, { address, password, name });
  const server = account.incomingServer;
  return {
    source: config.subSource,
    offered: said,
    server: { type: server.type, host: server.hostname, port: server.port, socketType: server.socketType },
    outgoing: MailServices.outgoingServer.getServerByKey(account.defaultIdentity.smtpServerKey).serverURI.spec,
  };
}

/** The same for a user who types servers in: none is looked for. What they show a user on the way: answerDialogs(). */
export async function setUpByHand({ address, password, name, type, socketType, hostname, incoming, outgoing }) {
  const config = new lazy.AccountConfig();
  const typed = { hostname, socketType, username: address, password, auth: Ci.nsMsgAuthMethod.passwordCleartext };
  Object.assign(config.incoming, typed, { type, port: incoming });
  Object.assign(config.outgoing, typed, { type: "smtp", port: outgoing });
  await create(config, { address, password, name });
}

/** Tries the configuration, makes the account and fetches mail. */
async function create(config, { address, password, name }) {
  lazy.AccountConfig.replaceVariables(config, name, address, password);
  config.rememberPassword = true;
  const verifier = new lazy.ConfigVerifier(mainWindow().msgWindow, new AbortController().signal);
  const account = await lazy.CreateInBackend.createAccountInBackend(await verifier.verifyConfig(config, false));
  const server = account.incomingServer;
  server.getNewMessages(server.rootFolder, mainWindow().msgWindow, null);
  return account;
}

function accountOf(address, type = "imap") {
  const account = MailServices.accounts.accounts.find(one => one.incomingServer.username == address && one.incomingServer.type == type);
  if (!account) {
    throw new Error(`no ${type} account ${address}`);
  }
  return account;
}

function find(address, path, type) {
  const { serverURI } = accountOf(address, type).incomingServer;
  return MailServices.folderLookup.getFolderForURL(`${serverURI}/${path}`);
}

async function folder(address, path, type) {
  return until(`the mailbox ${path}`, () => find(address, path, type));
}

const SPECIAL = { Inbox: 0x1000, Sent: 0x200, Drafts: 0x400, Trash: 0x100, Junk: 0x40000000, Archive: 0x4000 };

/** Path → what it is used for, once `count` mailboxes are known. */
export async function folders(address, count) {
  const { rootFolder } = accountOf(address).incomingServer;
  const all = await until(`${count} mailboxes of ${address}`, () => {
    const known = rootFolder.descendants;
    return known.length >= count && known;
  });
  return Object.fromEntries(all.map(one => [
    one.URI.slice(rootFolder.URI.length + 1), Object.keys(SPECIAL).filter(use => one.flags & SPECIAL[use]),
  ]));
}

/** Shows a mailbox in the main window, as a click on it does. */
export async function open(address, path, type) {
  const shown = await folder(address, path, type);
  const pane = await threePane();
  pane.displayFolder(shown.URI);
  await until(`${path} is shown`, () => pane.gFolder?.URI == shown.URI && loaded.has(shown.URI));
}

function headers(shown) {
  return [...shown.messages];
}

function told(header) {
  return {
    subject: header.mime2DecodedSubject, key: header.messageKey, read: header.isRead, flagged: header.isFlagged,
    answered: !!(header.flags & 0x2), tags: header.getStringProperty("keywords").split(" ").filter(Boolean).sort(), size: header.messageSize,
  };
}

/** The messages of a mailbox as Thunderbird knows them, once there are `count`. */
export async function messages(address, path, count, type) {
  const shown = await folder(address, path, type);
  await until(`${count} messages in ${path}`, () => headers(shown).length == count).catch(error => {
    throw new Error(`${error.message}; there are ${headers(shown).map(one => one.mime2DecodedSubject)}`);
  });
  return headers(shown).map(told);
}

/** The messages of a mailbox as Thunderbird knows them now. */
export async function shown(address, path, type) {
  return headers(await folder(address, path, type)).map(told);
}

async function header(address, path, subject, type) {
  const shown = await folder(address, path, type);
  return until(`the message "${subject}" in ${path}`, () => headers(shown).find(one => one.mime2DecodedSubject == subject));
}

/** Waits until Thunderbird believes this of the message: {read, flagged, answered, tags}, as far as named. */
export async function becomes(address, path, subject, wanted) {
  const one = await header(address, path, subject);
  const fits = () => Object.entries(wanted).every(([name, value]) => JSON.stringify(told(one)[name]) == JSON.stringify(value));
  await until("", fits).catch(() => {
    throw new Error(`"${subject}" should be ${JSON.stringify(wanted)} and is ${JSON.stringify(told(one))}`);
  });
}

/** Waits until the message is there. */
export async function arrives(address, path, subject, type) {
  return told(await header(address, path, subject, type));
}

/** Shows a message in the message pane: its text, its attachments, and the octets of each, in hexadecimal digits of SHA-256. */
export async function read(address, path, subject, type) {
  const one = await header(address, path, subject, type);
  const pane = await threePane();
  pane.paneLayout.messagePaneSplitter.isCollapsed = false;
  const view = pane.messageBrowser.contentWindow;
  const loaded = () => view.gMessage == one && view.msgLoaded;
  view.addEventListener("MsgLoaded", somethingHappened);
  try {
    pane.selectMessage(one);
    await until(`the message "${subject}" is shown`, loaded);
  } finally {
    view.removeEventListener("MsgLoaded", somethingHappened);
  }
  const attachments = [];
  for (const attachment of view.currentAttachments) {
    const path = PathUtils.join(PathUtils.tempDir, `attachment-${attachments.length}-${one.messageKey}`);
    await attachment.saveToFile(path);
    attachments.push({ name: attachment.name, type: attachment.contentType, sha256: await IOUtils.computeHexDigest(path, "sha256") });
    await IOUtils.remove(path);
  }
  return { text: view.getMessagePaneBrowser().contentDocument.body.textContent, attachments };
}

export async function setFlags(address, path, subject, { read: seen, flagged, tag, untag }) {
  const one = await header(address, path, subject);
  if (seen !== undefined) {
    one.folder.markMessagesRead([one], seen);
  }
  if (flagged !== undefined) {
    one.folder.markMessagesFlagged([one], flagged);
  }
  if (tag) {
    one.folder.addKeywordsToMessages([one], tag);
  }
  if (untag) {
    one.folder.removeKeywordsFromMessages([one], untag);
  }
}

export async function move(address, path, subject, to) {
  const one = await header(address, path, subject);
  const target = await folder(address, to);
  await copied(`moving "${subject}"`, listener =>
    MailServices.copy.copyMessages(one.folder, [one], target, true, listener, mainWindow().msgWindow, true));
}

/** Copies it on the server, which may refuse that: done when it is asked for. */
export async function copy(address, path, subject, to) {
  const one = await header(address, path, subject);
  MailServices.copy.copyMessages(one.folder, [one], await folder(address, to), false, null, mainWindow().msgWindow, true);
}

/** Done when it is asked for: offline the copy service does not say more. */
export async function moveOffline(address, path, subject, to) {
  const one = await header(address, path, subject);
  MailServices.copy.copyMessages(one.folder, [one], await folder(address, to), true, null, mainWindow().msgWindow, true);
}

/** Moves it where the archive of its year is, as the key A does. */
export async function archive(address, path, subject) {
  const archiver = new lazy.MessageArchiver();
  archiver.msgWindow = mainWindow().msgWindow;
  const done = new Promise(resolve => (archiver.oncomplete = resolve));
  archiver.archiveMessages([await header(address, path, subject)]);
  await done;
}

/** Deletes it as the key does: on to the trash, or with POP3 here. Offline there is nothing to wait for. */
export async function remove(address, path, subject, type) {
  const one = await header(address, path, subject, type);
  const start = listener => one.folder.deleteMessages([one], mainWindow().msgWindow, false, false, listener, true);
  if (Services.io.offline) {
    start(null);
  } else {
    await copied(`deleting "${subject}"`, start);
  }
}

export async function makeFolder(address, name) {
  const { rootFolder } = accountOf(address).incomingServer;
  rootFolder.createSubfolder(name, mainWindow().msgWindow);
  await folder(address, name);
}

/** Deletes a mailbox as a user does: it goes to the trash. */
export async function removeFolder(address, path) {
  const gone = await folder(address, path);
  gone.deleteSelf(mainWindow().msgWindow);
  await until(`${path} is gone`, () => !find(address, path)?.parent);
}

export async function emptyTrash(address) {
  const trash = await folder(address, "Trash");
  await ran("emptying the trash", listener => trash.emptyTrash(listener));
}

/** Searches on the server; the subjects of what was found, sorted. terms: [[attribute, operator, text]…], all must fit. */
export async function search(address, path, terms) {
  const place = await folder(address, path);
  const session = Cc["@mozilla.org/messenger/searchSession;1"].createInstance(Ci.nsIMsgSearchSession);
  session.addScopeTerm(Ci.nsMsgSearchScope.onlineMail, place);
  for (const [attribute, operator, text] of terms) {
    const term = session.createTerm();
    term.attrib = Ci.nsMsgSearchAttrib[attribute];
    term.op = Ci.nsMsgSearchOp[operator];
    const value = term.value;
    value.attrib = term.attrib;
    value.str = text;
    term.value = value;
    term.booleanAnd = true;
    session.appendTerm(term);
  }
  const found = [];
  await new Promise((resolve, reject) => {
    const clock = setTimeout(() => reject(new Error(`not within ${PATIENCE} s: the search`)), PATIENCE * 1000);
    session.registerListener({
      QueryInterface: ChromeUtils.generateQI(["nsIMsgSearchNotify"]),
      onSearchHit: hit => found.push(hit.mime2DecodedSubject),
      onSearchDone(status) {
        clearTimeout(clock);
        if (Components.isSuccessCode(status)) {
          resolve();
        } else {
          reject(new Error(`the search failed: 0x${(status >>> 0).toString(16)}`));
        }
      },
      onNewSearch() {},
    });
    session.search(mainWindow().msgWindow);
  });
  return found.sort();
}

// ------------------------------------------------------------------------------------------------------------ writing

let composer = null;

/** Opens a window for a new message. attachment: {name, text}, or nothing. */
export async function compose(address, type, { to, subject, body, attachment }) {
  const { defaultIdentity } = accountOf(address, type);
  const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
  fields.to = to;
  fields.subject = subject;
  fields.body = body;
  if (attachment) {
    const path = PathUtils.join(PathUtils.tempDir, attachment.name);
    await IOUtils.writeUTF8(path, attachment.text);
    const one = Cc["@mozilla.org/messengercompose/attachment;1"].createInstance(Ci.nsIMsgAttachment);
    one.url = PathUtils.toFileURI(path);
    one.name = attachment.name;
    fields.addAttachment(one);
  }
  const params = Cc["@mozilla.org/messengercompose/composeparams;1"].createInstance(Ci.nsIMsgComposeParams);
  params.composeFields = fields;
  params.identity = defaultIdentity;
  params.type = Ci.nsIMsgCompType.New;
  params.format = Ci.nsIMsgCompFormat.PlainText;
  const ready = new Promise(resolve => {
    Services.ww.registerNotification(function opened(window, topic) {
      if (topic == "domwindowopened") {
        window.addEventListener("compose-editor-ready", () => {
          Services.ww.unregisterNotification(opened);
          resolve(window);
        }, { once: true });
      }
    });
  });
  MailServices.compose.OpenComposeWindowWithParams(null, params);
  composer = await ready;
}

export function retitle(subject) {
  composer.document.getElementById("msgSubject").value = subject;
}

/** Saves what stands in the window as a draft; done when the copy on the server is. */
export async function saveDraft() {
  const saved = Promise.withResolvers();
  const listener = {
    QueryInterface: ChromeUtils.generateQI(["nsIMsgComposeStateListener"]),
    NotifyComposeFieldsReady() {},
    NotifyComposeBodyReady() {},
    ComposeProcessDone(status) {
      if (!Components.isSuccessCode(status)) {
        saved.reject(new Error(`saving a draft: 0x${(status >>> 0).toString(16)}`));
      }
    },
    SaveInFolderDone() {
      saved.resolve();
    },
  };
  composer.gMsgCompose.RegisterStateListener(listener);
  const clock = setTimeout(() => saved.reject(new Error(`not within ${PATIENCE} s: saving a draft`)), PATIENCE * 1000);
  try {
    await composer.SaveAsDraft();
    await saved.promise;
    await until("the window is free again", () => !composer.gWindowLocked, PATIENCE);
  } finally {
    clearTimeout(clock);
    composer.gMsgCompose.UnregisterStateListener(listener);
  }
}

/** Sends what stands in the window. Done when the server has taken it and the copy lies in Sent: the window closes itself. */
export async function send() {
  const window = composer;
  const closed = new Promise((resolve, reject) => {
    const clock = setTimeout(() => reject(new Error(`not within ${PATIENCE} s: sending`)), PATIENCE * 1000);
    window.addEventListener("unload", () => {
      clearTimeout(clock);
      resolve();
    }, { once: true });
  });
  await window.SendMessage();
  await closed;
}

/** Sends what stands in the window, which the server refuses: the window stays. */
export async function trySending() {
  await composer.SendMessage();
  await until("the window is free again", () => !composer.gWindowLocked);
}

export function closeComposer() {
  composer.gMsgCompose.bodyModified = false;
  composer.SetContentAndBodyAsUnmodified();
  composer.close();
}

// ------------------------------------------------------------------------------------------------------- the network

/** What the File menu's "Work offline" does; the other way, what was done meanwhile is played back. */
export async function goOffline(offline) {
  const manager = mainWindow().MailOfflineMgr;
  if (manager.isOnline() == offline) {
    const turned = new Promise(resolve => {
      Services.obs.addObserver(function observe(subject, topic, data) {
        if (data == (offline ? "offline" : "online")) {
          Services.obs.removeObserver(observe, topic);
          resolve();
        }
      }, "network:offline-status-changed");
    });
    manager.toggleOfflineStatus();
    await turned;
  }
}

/** The button "Get messages". Done when POP3's session is; with IMAP when it is asked for, and what comes is announced. */
export async function getMessages(address, type = "imap") {
  const { incomingServer } = accountOf(address, type);
  const inbox = incomingServer.rootFolder.getFolderWithFlags(0x1000);
  const start = listener => incomingServer.getNewMessages(inbox, mainWindow().msgWindow, listener);
  if (type == "imap") {
    start(null);
  } else {
    await ran(`getting messages of ${address}`, start);
  }
}

/** Ends the connections that it keeps open for an account, as it does by itself after a while. */
export function hangUp(address) {
  accountOf(address).incomingServer.closeCachedConnections();
}

export function setServer(address, type, settings) {
  const { incomingServer } = accountOf(address, type);
  for (const [name, value] of Object.entries(settings)) {
    incomingServer.setBoolValue(name, value);
  }
}

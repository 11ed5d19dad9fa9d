// "Notify me": the state of each way in which news of a run reach a person, what is sent when, and a test of each.
// This browser's own notifications need a consent, which is asked for here alone.

const CHANNELS_PAUSE_MS = 1000;
const BROWSER_STATES = {
  on: ["✓", "on", "New warnings and critical findings are shown while this page is open in the background."],
  off: ["–", "off", "Notifications are allowed here, but not turned on."],
  default: ["–", "off", "Not asked for yet: your browser will ask once."],
  denied: ["✕", "refused by this browser", "To allow it: open the site's settings with the icon left of the address, set Notifications to Allow, and load the page again."],
  insecure: ["✕", "not possible here", "Browsers allow notifications only for https or this machine. Open the page through the ssh line, at 127.0.0.1."],
  missing: ["✕", "not possible here", "This browser has no notifications for pages."],
};

function browserState() {
  if (!window.isSecureContext) return "insecure";
  if (!("Notification" in window)) return "missing";
  if (Notification.permission === "granted") return Memory.read("notify", false) ? "on" : "off";
  return Notification.permission === "denied" ? "denied" : "default";
}

function notify(title, text) {
  if (!document.hidden || browserState() !== "on") return;
  new Notification(title, { body: text, tag: title });
}

// ask(question) over the socket; emit(action) to the server, which acts for a control link alone.
function buildNotify(ask, emit, role) {
  const ui = { answer: null };
  const row = (name) => {
    const parts = { glyph: h("span", { class: "vs-glyph", "aria-hidden": "true" }), state: h("strong"), why: h("span", { class: "vs-muted" }) };
    return Object.assign(parts, { node: h("div", { class: "vs-channel" }, parts.glyph, h("span", {}, name), h("div", {}, parts.state, " ", parts.why)) });
  };
  ui.browser = row("this browser");
  ui.browser.node.setAttribute("data-testid", "notify-browser-state");
  ui.turn = h("button", { type: "button", class: "vs-button", "data-testid": "notify-browser" });
  ui.turn.addEventListener("click", () => turnBrowser(ui));
  ui.try = h("button", { type: "button", class: "vs-button", "data-testid": "notify-try", onclick: () => new Notification("Test · Vitalsigns", { body: "Notifications of this page look like this.", tag: "test" }) }, "Show one");
  ui.list = h("div", { "data-testid": "channels" });
  ui.source = h("p", { class: "vs-muted vs-small" });
  ui.sent = h("ul", { class: "vs-notify-sent" });
  ui.test = h("button", { type: "button", class: "vs-button vs-primary", "data-testid": "notify-test", onclick: () => testChannels(ui, emit) }, "Send a test");
  ui.said = h("span", { class: "vs-muted", role: "status", "data-testid": "notify-said" });
  const close = h("button", { type: "button", class: "vs-button", onclick: () => ui.node.close() }, "Close");
  ui.node = h(
    "dialog",
    { class: "vs-help vs-notify", "aria-label": "Notify me", "data-testid": "notify" },
    h("h2", {}, "While this page is open"),
    ui.browser.node,
    h("div", { class: "vs-row" }, ui.turn, ui.try),
    h("h2", {}, "When no page is open"),
    ui.source,
    ui.list,
    h("h2", {}, "What is sent, and when"),
    ui.sent,
    h("div", { class: "vs-row vs-notify-acts" }, role === "control" ? ui.test : null, ui.said, close),
  );
  ui.node.addEventListener("click", (event) => event.target === ui.node && ui.node.close());
  ui.node.addEventListener("close", () => clearInterval(ui.asking));
  ui.row = row;
  ui.open = () => {
    const look = () => ask({ kind: "channels" });
    look();
    clearInterval(ui.asking);
    ui.asking = setInterval(look, CHANNELS_PAUSE_MS);
    paintBrowser(ui);
    if (!ui.node.open) ui.node.showModal();
  };
  return ui;
}

async function turnBrowser(ui) {
  const on = browserState() === "on";
  const granted = on ? false : (await Notification.requestPermission()) === "granted";
  Memory.write("notify", granted);
  paintBrowser(ui);
}

function testChannels(ui, emit) {
  ui.pressed = performance.now();
  emit({ kind: "test_messages" });
  if (ui.answer) paintChannels(ui, ui.answer);
}

function paintBrowser(ui) {
  const state = browserState();
  const [glyph, word, why] = BROWSER_STATES[state];
  setText(ui.browser.glyph, glyph);
  setText(ui.browser.state, word);
  setText(ui.browser.why, why);
  ui.browser.node.dataset.state = state;
  setText(ui.turn, state === "on" ? "Turn off" : "Turn on");
  show(ui.turn, ["on", "off", "default"].includes(state));
  show(ui.try, state === "on");
  if (!ui.bell) return;
  setText(ui.bell, state === "on" ? "Notifying" : "Notify me");
  ui.bell.title = "How news of this run reaches you: this browser, mail, chat. What is sent, and a test.";
}

function paintChannels(ui, answer) {
  ui.answer = answer;
  paintBrowser(ui);
  const from = answer.settings ? `From ${answer.settings}, with the environment of this page's server. ${answer.sender}` : `No ${answer.file} in ${answer.folder} or above it names an address, so nothing is sent. Write one there, for example:`;
  setText(ui.source, [answer.channels.length || !answer.settings ? from : `${answer.settings} names no address, so nothing is sent. For example:`, answer.problem].filter(Boolean).join(" "));
  if (!answer.channels.length) {
    if (!ui.list.querySelector("pre")) ui.list.replaceChildren(h("pre", { class: "vs-pre" }, '[notify]\naddresses = ["ntfy://${VITALSIGNS_NTFY_TOPIC}"]'));
  } else {
    ui.list.querySelector(":scope > pre")?.remove();
    keyed(ui.list, answer.channels, (channel) => channel.key, (channel) => {
      const made = ui.row(`${channel.name} (${channel.key})`);
      return Object.assign(made.node, { parts: made });
    }, (node, channel) => {
      const waiting = answer.testing && !channel.why;
      setText(node.parts.glyph, channel.why || (channel.tested && !channel.delivered) ? "✕" : "✓");
      setText(node.parts.state, channel.why ? "cannot be sent" : waiting ? "sending a test …" : channel.tested ? (channel.delivered ? "test delivered" : "test not delivered") : "set up");
      setText(node.parts.why, channel.why ? `${channel.why}.` : channel.tested && !channel.delivered && !waiting ? `${channel.tested}.` : "");
      node.dataset.state = channel.why || (channel.tested && !channel.delivered) ? "denied" : "on";
    });
  }
  keyed(ui.sent, answer.sent, (line) => line, () => h("li"), setText);
  const waits = answer.testing || (ui.pressed && performance.now() - ui.pressed < 2 * CHANNELS_PAUSE_MS);
  ui.test.disabled = Boolean(waits) || !answer.channels.length;
  setText(ui.said, waits ? "Sending …" : answer.test_problem);
}

function notifyButton(ui) {
  ui.bell = h("button", { type: "button", class: "vs-button vs-quiet", "data-testid": "btn-notify", onclick: () => ui.open() });
  paintBrowser(ui);
  return ui.bell;
}

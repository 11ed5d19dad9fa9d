// The page begins from the document, before Streamlit's megabyte of script is there; what is clicked until then waits.
// Streamlit takes it over as it stands, and calls the exported function again at every rerun: what is on screen stays,
// and only another run (or the list) builds anew.

class MissingPage {
  constructor(root, data, emit) {
    setTheme(root);
    paintTab("No such run · Vitalsigns", "");
    const near = data.near ? h("button", { type: "button", class: "vs-button", onclick: () => emit({ kind: "open", run: data.near }) }, `Open ${data.near}`) : null;
    takePlace(
      root,
      h("div", { class: "vs-page" }, h("section", { class: "vs-card vs-empty", "data-testid": "missing" }, h("h2", {}, "This run cannot be shown"), h("p", {}, data.message), h("div", { class: "vs-row" }, near, h("button", { type: "button", class: "vs-button", onclick: () => emit({ kind: "home" }) }, "‹ all runs")))),
    );
  }

  close() {}
}

// Streamlit's theme decides, whether it follows the system or was chosen; before it is there, what it will read.
function setTheme(root) {
  const color = getComputedStyle(root).getPropertyValue("--st-background-color").trim();
  const theme = color ? themeOf(color) : themeNow() !== "system" ? themeNow() : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  if (root.dataset.theme !== theme) root.dataset.theme = theme;
}

function themeOf(color) {
  const parts = color.startsWith("#") ? [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16)) : (color.match(/\d+/g) ?? [255, 255, 255]).map(Number);
  return 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2] < 128 ? "dark" : "light";
}

const newRoot = () => h("div", { class: "vs-root", "data-testid": "vitalsigns" });
let actions = 0;

// Builds what `data` asks for, unless it stands there already.
function fill(root, data) {
  // A run that was put aside meanwhile keeps its last data, and says where it is.
  if (root.page instanceof RunPage && root.page.data.run === data.run && data.mode === "missing") return;
  const place = `${data.mode}:${data.run}`;
  if (root.page && root.place === place) return root.page.named?.(data);
  if (root.page) toTop(root);
  root.page?.close();
  // The counter makes every click a new value: the same button twice is two wishes.
  const emit = (action) => tell(root, { ...action, click: ++actions });
  const Page = data.mode === "run" ? RunPage : data.mode === "missing" ? MissingPage : ListPage;
  root.place = place;
  root.page = new Page(root, data, emit);
  root.cleanup = () => {
    root.page?.close();
    root.page = null;
  };
}

// Of what was clicked before anybody could hear it, the last.
function tell(root, wish) {
  root.wish = wish;
  if (root.settled) deliver(root);
}

function deliver(root) {
  const wish = root.wish;
  root.wish = null;
  if (wish) root.hear("action", wish);
}

// While Streamlit's first run of its script is under way, it may forget what a component tells it.
function settle(root, tries = 0) {
  const running = document.querySelector("[data-test-script-state]")?.dataset.testScriptState === "running";
  root.settled = tries > 1 && !running || tries > MOST_TRIES;
  root.page?.nameTab?.(); // Streamlit has named the tab
  if (root.settled) deliver(root);
  else setTimeout(() => settle(root, tries + 1), SETTLE_MS);
}

const MOST_WAIT_MS = 4000;
const [SETTLE_MS, MOST_TRIES] = [50, 100];
// The page that began from the document; null once Streamlit has it.
let early = null;

function begin() {
  const said = document.getElementById("vs-data");
  if (!said) return;
  if (!document.getElementById("root")) return requestAnimationFrame(begin);
  early = newRoot();
  document.getElementById("root").before(h("div", { id: "vs-early" }, h("div", { class: "stMainBlockContainer" }, early)));
  setTheme(early);
  try {
    fill(early, JSON.parse(said.textContent));
  } finally {
    const drawn = early.page?.charts?.ready();
    Promise.race([drawn, new Promise((go) => setTimeout(go, MOST_WAIT_MS))]).then(startStreamlit);
  }
}

// On a slow line the charts come first: nothing but a dialog needs Streamlit.
function startStreamlit() {
  document.head.append(document.getElementById("vs-later").content.cloneNode(true));
}

// Moved as it stands: focus, and how far it was scrolled.
function moveInto(parent, root) {
  const holder = document.getElementById("vs-early");
  const focused = root.contains(document.activeElement) ? document.activeElement : null;
  const scrolled = holder.scrollTop;
  parent.append(root);
  holder.remove();
  focused?.focus({ preventScroll: true });
  for (let outer = parent; scrolled && outer; outer = outer.parentElement) outer.scrollTop = scrolled;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let root = parentElement.querySelector(":scope > .vs-root");
  if (!root && early) moveInto(parentElement, early);
  root ??= early ?? parentElement.appendChild(newRoot());
  early = null;
  const isNew = !root.hear;
  root.hear = setTriggerValue;
  fill(root, data);
  if (isNew) settle(root);
  return root.cleanup;
}

// Small helpers to build and update the page. Text always goes through textContent: what a run says is never markup.

function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) node.append(child);
  }
  return node;
}

function svg(tag, props = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(props)) node.setAttribute(key, value);
  return node;
}

// Writes only what differs: an untouched text node keeps a person's selection.
function setText(node, text) {
  const wanted = text ?? "";
  if (node.textContent !== wanted) node.textContent = wanted;
}

function show(node, visible) {
  // By the attribute: a drawing (SVG) has no property of that name.
  if (node.hasAttribute("hidden") === visible) node.toggleAttribute("hidden", !visible);
}

// Keeps one child per key, in the order of `items`: open panels, focus and scroll survive an update.
function keyed(parent, items, keyOf, create, update) {
  const known = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  items.forEach((item, place) => {
    const key = String(keyOf(item));
    let node = known.get(key);
    known.delete(key);
    if (!node) {
      node = create(item);
      node.dataset.key = key;
    }
    update(node, item);
    if (parent.children[place] !== node) parent.insertBefore(node, parent.children[place] ?? null);
  });
  for (const node of known.values()) node.remove();
}

// A page takes the place of what stood there, and of the words that came with the document.
function takePlace(root, node) {
  root.replaceChildren(node);
  document.getElementById("vs-first")?.remove();
}

// Whatever scrolls around a node begins at its top again: Streamlit's main part, the early page, or the window.
function toTop(node) {
  for (let outer = node; outer; outer = outer.parentElement) outer.scrollTop = 0;
}

function copyButton(textOf, label = "Copy command") {
  const button = h("button", { type: "button", class: "vs-button vs-quiet" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(textOf());
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select and copy it";
    }
    setTimeout(() => (button.textContent = label), 1500);
  });
  return button;
}

// Whether Escape has closed a dialog of this page: the browser does so itself, but not where Streamlit has moved the page.
function escapes(event, page) {
  const open = event.key === "Escape" && page.querySelector("dialog[open]");
  if (open) open.close();
  return Boolean(open);
}

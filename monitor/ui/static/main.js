// Where Streamlit comes in: it calls the exported function again at every rerun; what stands on screen stays,
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

// Streamlit's theme decides, whether it follows the system or was chosen.
function setTheme(root) {
  const color = getComputedStyle(root).getPropertyValue("--st-background-color").trim();
  const parts = color.startsWith("#") ? [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16)) : (color.match(/\d+/g) ?? [255, 255, 255]).map(Number);
  const dark = 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2] < 128;
  const theme = dark ? "dark" : "light";
  if (root.dataset.theme !== theme) root.dataset.theme = theme;
}

let actions = 0;

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let root = parentElement.querySelector(":scope > .vs-root");
  if (!root) root = parentElement.appendChild(h("div", { class: "vs-root", "data-testid": "vitalsigns" }));
  const place = `${data.mode}:${data.run}`;
  if (root.page && root.place === place) {
    root.page.named?.(data);
    return root.cleanup;
  }
  root.page?.close();
  // The counter makes every click a new value: the same button twice is two wishes.
  const emit = (action) => setTriggerValue("action", { ...action, click: ++actions });
  const Page = data.mode === "run" ? RunPage : data.mode === "missing" ? MissingPage : ListPage;
  root.place = place;
  root.page = new Page(root, data, emit);
  root.cleanup = () => {
    root.page?.close();
    root.page = null;
  };
  return root.cleanup;
}

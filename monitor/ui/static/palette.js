// Ctrl+K: one line that goes to a run, a view, a metric, a clip, or opens the dialog of an act. Nothing acts by itself.

const MOST_COMMANDS = 12;

// commands: [{label, hint, act}]; those that hold every word, the ones that begin with the text first.
function fittingCommands(commands, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = commands.filter(({ label, hint }) => words.every((word) => `${label} ${hint ?? ""}`.toLowerCase().includes(word)));
  const begins = ({ label }) => (words.length && label.toLowerCase().startsWith(text.trim().toLowerCase()) ? 0 : 1);
  return fits.map((command, place) => [begins(command), place, command]).sort(([a, i], [b, j]) => a - b || i - j).map(([, , command]) => command).slice(0, MOST_COMMANDS);
}

// commandsOf(text): all that can be done at this moment; what is typed may be part of one.
function buildPalette(commandsOf) {
  const ui = { at: 0, found: [] };
  const list = h("div", { class: "vs-palette-list", role: "listbox", id: "vs-palette-list", "aria-label": "Commands" });
  const input = h("input", { type: "text", class: "vs-search", role: "combobox", "aria-expanded": "true", "aria-controls": "vs-palette-list", "aria-label": "Go to a run, a view, a metric, a word; or act", placeholder: "Go to a run, a view, a metric, a word; or act", "data-testid": "palette-input", autocomplete: "off" });
  ui.node = h("dialog", { class: "vs-help vs-palette", "aria-label": "Commands", "data-testid": "palette" }, input, list);
  const go = (command) => {
    ui.node.close();
    command?.act();
  };
  const paint = () => {
    ui.found = fittingCommands(commandsOf(input.value.trim()), input.value);
    ui.at = Math.max(0, Math.min(ui.at, ui.found.length - 1));
    const items = ui.found.map((command, place) => {
      const node = h("div", { class: "vs-menu-item", role: "option", id: `vs-command-${place}`, "aria-selected": String(place === ui.at) }, h("span", {}, command.label), h("span", { class: "vs-muted" }, command.hint ?? ""));
      node.addEventListener("click", () => go(command));
      return node;
    });
    list.replaceChildren(...(items.length ? items : [h("p", { class: "vs-muted" }, "Nothing fits.")]));
    if (items.length) input.setAttribute("aria-activedescendant", `vs-command-${ui.at}`);
    else input.removeAttribute("aria-activedescendant");
  };
  input.addEventListener("input", () => {
    ui.at = 0;
    paint();
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      ui.at = (ui.at + step + ui.found.length) % Math.max(1, ui.found.length);
      paint();
    } else if (event.key === "Enter") go(ui.found[ui.at]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  ui.node.addEventListener("click", (event) => event.target === ui.node && ui.node.close());
  // Whether the key was this line's: Ctrl+K, or Cmd+K.
  ui.key = (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k" || document.querySelector("[role=dialog]")) return false;
    event.preventDefault();
    if (ui.node.open) ui.node.close();
    else {
      input.value = "";
      ui.at = 0;
      paint();
      ui.node.showModal();
      input.focus();
    }
    return true;
  };
  return ui;
}

function lookCommands(help) {
  const themes = THEMES.filter((theme) => theme !== themeNow()).map((theme) => ({ label: `Theme: ${theme}`, hint: "of this browser", act: () => chooseTheme(theme) }));
  return [...themes, { label: "Keys and words", hint: "?", act: () => help.toggle() }];
}

function runCommands(runs, emit) {
  return runs.map((run) => ({ label: run, hint: "open the run", act: () => emit({ kind: "open", run }) }));
}

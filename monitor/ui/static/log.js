// The end of the trainer's log, live, and what the machine does. Lines are text, never markup.

const LOG_LOOK_MS = 1000;
const NO_LOG = "This run has no log here: the log is kept for runs that the monitor starts (python -m monitor start -- …).";

function buildLog(run, ask, data) {
  const ui = { run, ask, known: -1, source: "", word: "", onlyGrave: false };
  ui.error = h("p", { class: "vs-last-error", "data-testid": "last-error" });
  ui.traceText = h("pre", { class: "vs-trace" });
  ui.trace = h("details", { class: "vs-traceback", "data-testid": "traceback" }, h("summary", {}, "Last traceback"), ui.traceText);
  ui.search = h("input", { type: "search", class: "vs-search", placeholder: "Find in the log", "aria-label": "Find in the log", "data-testid": "log-search" });
  ui.search.addEventListener("input", () => {
    clearTimeout(ui.typing);
    ui.typing = setTimeout(() => askLog(ui, { word: ui.search.value, known: -1 }), 200);
  });
  const toggle = (label, on, act) => {
    const button = h("button", { type: "button", class: "vs-chip-button", "aria-pressed": String(on) }, label);
    button.addEventListener("click", () => {
      const pressed = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(pressed));
      act(pressed);
    });
    return button;
  };
  ui.lines = h("div", { class: "vs-log", tabindex: "0", role: "log", "aria-label": "Trainer log", "data-testid": "log" });
  ui.grave = toggle("only warnings", false, (on) => askLog(ui, { onlyGrave: on, known: -1 }));
  ui.wrap = toggle("wrap", true, (on) => ui.lines.classList.toggle("vs-nowrap", !on));
  ui.follow = toggle("follow", true, (on) => on && (ui.lines.scrollTop = ui.lines.scrollHeight));
  ui.lines.addEventListener("scroll", () => {
    const atEnd = ui.lines.scrollHeight - ui.lines.scrollTop - ui.lines.clientHeight < 24;
    ui.follow.setAttribute("aria-pressed", String(atEnd));
  });
  ui.size = h("span", { class: "vs-muted vs-tabular vs-small" });
  const download = h("a", { class: "vs-button vs-quiet", download: "", href: `${data.report}/${encodeURIComponent(run)}.log` }, "Download");
  ui.none = h("p", { class: "vs-muted" }, NO_LOG);
  ui.logCard = h("section", { class: "vs-card" }, h("div", { class: "vs-card-head" }, h("h2", {}, "Log"), h("div", { class: "vs-row" }, ui.search, ui.grave, ui.wrap, ui.follow, download)), ui.error, ui.trace, ui.lines, ui.none, ui.size);
  ui.machine = h("div", { class: "vs-machine-tiles" });
  ui.gpuTitle = h("h3", {});
  ui.gpuTiles = h("div", { class: "vs-machine-tiles" });
  ui.slowed = h("p", { class: "vs-muted" });
  ui.gpu = h("div", { class: "vs-gpu", "data-testid": "gpu" }, ui.gpuTitle, ui.gpuTiles, ui.slowed);
  show(ui.gpu, false);
  ui.noMachine = h("p", { class: "vs-muted" }, "No throughput in this run's records. Log it with run.log_step(step, clips_per_sec=…, data_wait_ratio=…).");
  ui.node = h("div", { class: "vs-stack" }, h("section", { class: "vs-card", "data-testid": "system" }, h("h2", {}, "Machine"), ui.machine, ui.gpu, ui.noMachine), ui.logCard);
  show(ui.error, false);
  show(ui.trace, false);
  return ui;
}

function askLog(ui, changes = {}) {
  Object.assign(ui, changes);
  ui.askedAt = performance.now();
  ui.ask({ kind: "log", known: ui.known, source: ui.source, word: ui.word, only_grave: ui.onlyGrave, gpu_at: ui.gpuAt ?? 0 });
}

// Called every second and at every paint while the tab is open.
function noteLog(ui) {
  if (performance.now() - (ui.askedAt ?? -Infinity) >= LOG_LOOK_MS - 50) askLog(ui);
}

function hearLog(ui, answer) {
  show(ui.error, Boolean(answer.last_error));
  setText(ui.error, answer.last_error ? `Last error: ${answer.last_error}` : "");
  show(ui.trace, Boolean(answer.traceback));
  setText(ui.traceText, answer.traceback ?? "");
  if (answer.gpu) paintGpu(ui, answer.gpu);
  if (answer.same) return;
  ui.known = answer.size;
  ui.source = answer.source;
  show(ui.none, !answer.exists);
  setText(ui.none, answer.source ? `${answer.source.replace(/\.?$/, ".")} It is not there yet.` : NO_LOG);
  show(ui.lines, answer.exists);
  show(ui.size, answer.exists);
  if (!answer.exists) return;
  const follow = ui.follow.getAttribute("aria-pressed") === "true";
  const fresh = answer.lines.map(([text, count, grave]) => {
    const node = h("div", { class: grave ? "vs-log-line vs-log-grave" : "vs-log-line" }, text);
    if (count > 1) node.append(h("span", { class: "vs-log-count", title: `${count} lines of a progress bar` }, ` ×${count}`));
    return node;
  });
  ui.lines.replaceChildren(...(fresh.length ? fresh : [h("div", { class: "vs-muted" }, ui.word || ui.onlyGrave ? "No such line." : "Nothing was written yet.")]));
  if (follow) ui.lines.scrollTop = ui.lines.scrollHeight;
  const foldedText = answer.written > answer.found ? `, ${answer.written} written lines folded to ${answer.found}` : "";
  const source = answer.source ? `${answer.source.replace(/\.$/, "")}; ` : "";
  setText(ui.size, `${source}${sizeWords(answer.size)}${foldedText}${answer.cut ? "; only the end is shown" : ""}`);
}

const MACHINE = [
  ["clips_per_sec", "clips/s", numberWords],
  ["data_wait_ratio", "waiting for data", percentWords],
  ["device_busy_ratio", "device busy", percentWords],
  ["device_memory_bytes", "memory", sizeWords],
];

function paintSystem(ui, frame, cols, steps) {
  const source = (name) => {
    const bySteps = (steps[name] ?? []).filter(finite).map(num);
    return bySteps.length ? bySteps : (cols[name] ?? []).filter(finite).map(num);
  };
  const tiles = MACHINE.map(([name, label, written]) => ({ name, label, written, values: source(name) })).filter((tile) => tile.values.length);
  const disk = frame.machine;
  if (finite(disk?.disk_free_bytes)) {
    const room = disk.checkpoint_bytes ? `room for ${Math.floor(disk.disk_free_bytes / disk.checkpoint_bytes)} checkpoints` : "";
    tiles.push({ name: "disk", label: "disk free", written: sizeWords, values: [disk.disk_free_bytes], note: room });
  }
  show(ui.noMachine, tiles.length === 0 && !ui.gpuAt);
  paintMachineTiles(ui.machine, tiles);
}

// What the supervisor read of the GPU, over the whole run.
function paintGpu(ui, gpu) {
  ui.gpuAt = gpu.at;
  const degrees = (value) => `${Math.round(value)} °C`;
  const watts = (value) => `${Math.round(value)} W`;
  const of = (most, written) => (finite(most) ? ` of ${written(most)}` : "");
  const tiles = [
    { name: "busy_ratio", label: "GPU busy", written: percentWords, most: "" },
    { name: "memory_bytes", label: "GPU memory", written: sizeWords, most: of(gpu.memory_total_bytes, sizeWords) },
    { name: "power_watts", label: "power", written: watts, most: of(gpu.power_limit_watts, watts) },
    { name: "temperature_celsius", label: "temperature", written: degrees, most: "" },
  ].map((tile) => ({ ...tile, values: gpu[tile.name].filter(finite).map(num) }));
  setText(ui.gpuTitle, `${gpu.title}, over ${gpu.span}`);
  setText(ui.slowed, gpu.slowed);
  show(ui.slowed, Boolean(gpu.slowed));
  paintMachineTiles(ui.gpuTiles, tiles.filter((tile) => tile.values.length));
  show(ui.gpu, true);
}

function paintMachineTiles(node, tiles) {
  keyed(
    node,
    tiles,
    (tile) => tile.name,
    () => h("div", { class: "vs-machine-tile" }, h("div", { class: "vs-tile-label" }), h("div", { class: "vs-machine-value" }), h("div", { class: "vs-tile-yard" }), sparkline()),
    (node, tile) => {
      setText(node.children[0], tile.label);
      setText(node.children[1], tile.written(tile.values.at(-1)));
      const recent = tile.values.slice(-240);
      setText(node.children[2], tile.note ?? (recent.length > 1 ? `${tile.written(Math.min(...recent))} to ${tile.written(Math.max(...recent))}${tile.most ?? ""}` : ""));
      paintSpark(node.children[3], thinned(recent, 60));
    },
  );
}

function thinned(values, most) {
  if (values.length <= most) return values;
  return Array.from({ length: most }, (_, i) => values[Math.round((i * (values.length - 1)) / (most - 1))]);
}

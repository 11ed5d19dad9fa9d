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
  ui.slowedWords = h("span", {});
  ui.slowed = h("p", { class: "vs-muted vs-small" }, h("span", { class: "vs-gpu-key" }), ui.slowedWords);
  ui.unsaid = h("p", { class: "vs-muted vs-small" });
  ui.gpu = h("div", { class: "vs-gpu", "data-testid": "gpu" }, ui.gpuTitle, ui.gpuTiles, ui.slowed, ui.unsaid);
  show(ui.gpu, false);
  ui.gpuUnread = h("p", { class: "vs-muted vs-small", "data-testid": "gpu-unread" });
  ui.noMachine = h("p", { class: "vs-muted" }, "No throughput in this run's records. Log it with run.log_step(step, clips_per_sec=…, data_wait_ratio=…).");
  ui.node = h("div", { class: "vs-stack" }, h("section", { class: "vs-card", "data-testid": "system" }, h("h2", {}, "Machine"), ui.machine, ui.gpu, ui.gpuUnread, ui.noMachine), ui.logCard);
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
  setText(ui.gpuUnread, answer.gpu_unread);
  show(ui.gpuUnread, Boolean(answer.gpu_unread));
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
  const many = gpu.gpus > 1;
  const tiles = [
    { name: "busy_ratio", label: many ? "GPUs busy, mean" : "GPU busy", written: percentWords, most: 1 },
    { name: "memory_bytes", label: many ? "memory of the fullest" : "GPU memory, all processes", written: sizeWords, most: gpu.memory_total_bytes, said: true },
    { name: "power_watts", label: many ? "power, together" : "power", written: watts, most: gpu.power_limit_watts, said: true },
    { name: "temperature_celsius", label: many ? "temperature of the hottest" : "temperature", written: degrees, most: 100 },
  ].map((tile) => ({ ...tile, line: gpu[tile.name].map(num), values: gpu[tile.name].filter(finite).map(num), of: tile.said && finite(tile.most) ? ` of ${tile.written(tile.most)}` : "" }));
  setText(ui.gpuTitle, `${gpu.title}, ${gpu.span} up to ${clockWords(gpu.at)}`);
  setText(ui.slowedWords, gpu.slowed);
  show(ui.slowed, Boolean(gpu.slowed));
  setText(ui.unsaid, gpu.unsaid);
  show(ui.unsaid, Boolean(gpu.unsaid));
  paintMachineTiles(ui.gpuTiles, tiles.filter((tile) => tile.values.length), gpuPicture, (picture, tile) => paintGpuPicture(picture, tile, gpu));
  show(ui.gpu, true);
}

// From 0 to what is possible, over real time: a line that ends where nothing was read, and behind it the times at which the clock was kept down.
function gpuPicture() {
  const picture = svg("svg", { class: "vs-gpu-picture", viewBox: "0 0 240 40", preserveAspectRatio: "none", "aria-hidden": "true" });
  picture.append(svg("path", { class: "vs-gpu-slow" }), svg("path", { class: "vs-gpu-ground", d: "M0,39.5H240", "vector-effect": "non-scaling-stroke" }), svg("path", { class: "vs-gpu-line", "vector-effect": "non-scaling-stroke" }));
  return picture;
}

function paintGpuPicture(picture, tile, gpu) {
  show(picture, tile.values.length > 1);
  if (tile.values.length < 2) return;
  const { times } = gpu;
  const top = Math.max(finite(tile.most) ? tile.most : 0, ...tile.values) || 1;
  const x = (moment) => (240 * (moment - times[0])) / (times.at(-1) - times[0] || 1);
  const apart = times.slice(1).map((moment, i) => moment - times[i]);
  const usual = [...apart].sort((one, other) => one - other)[Math.floor(apart.length / 2)] ?? 0;
  // A run that was stopped for a while and resumed has a gap there.
  const follows = (i) => i > 0 && apart[i - 1] <= 3 * usual;
  const points = tile.line.map((value, i) => (finite(value) ? `${follows(i) && finite(tile.line[i - 1]) ? "L" : "M"}${x(times[i]).toFixed(2)},${(39 - (37 * value) / top).toFixed(2)}` : ""));
  const begin = (i) => x(follows(i) ? times[i - 1] : times[i] - usual).toFixed(2);
  const slow = gpu.throttled_ratio.map((share, i) => (num(share) > 0 && i > 0 ? `M${begin(i)},0H${x(times[i]).toFixed(2)}V40H${begin(i)}Z` : ""));
  picture.children[0].setAttribute("d", slow.join(""));
  picture.children[2].setAttribute("d", points.join(""));
}

function paintMachineTiles(node, tiles, makePicture = sparkline, paintPicture = (picture, tile) => paintSpark(picture, thinned(tile.values.slice(-240), 60))) {
  keyed(
    node,
    tiles,
    (tile) => tile.name,
    () => h("div", { class: "vs-machine-tile" }, h("div", { class: "vs-tile-label" }), h("div", { class: "vs-machine-value" }), h("div", { class: "vs-tile-yard" }), makePicture()),
    (node, tile) => {
      setText(node.children[0], tile.label);
      setText(node.children[1], tile.written(tile.values.at(-1)));
      setText(node.children[2], tile.note ?? `${rangeWords(tile.values.slice(-240), tile.written)}${tile.of ?? ""}`.trim());
      show(node.children[3], tile.values.length > 1);
      paintPicture(node.children[3], tile);
    },
  );
}

// "38 to 86 °C": the unit once where both ends have the same; "" for a single value.
function rangeWords(values, written) {
  if (values.length < 2) return "";
  const [low, high] = [written(Math.min(...values)), written(Math.max(...values))];
  if (low === high) return "unchanged";
  const unit = high.slice(high.lastIndexOf(" "));
  return `${unit.startsWith(" ") && low.endsWith(unit) ? low.slice(0, -unit.length) : low} to ${high}`;
}

function thinned(values, most) {
  if (values.length <= most) return values;
  return Array.from({ length: most }, (_, i) => values[Math.round((i * (values.length - 1)) / (most - 1))]);
}

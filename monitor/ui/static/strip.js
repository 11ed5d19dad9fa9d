// The strip over the predictions: the primary metric over the stored evaluations, with a cursor that can be dragged and stepped.

const STRIP = { width: 1000, height: 56 };

function buildStrip(onGo) {
  const ui = { epochs: [], onGo };
  ui.text = h("span", { class: "vs-tabular vs-epoch-text", "data-testid": "epoch-text" });
  ui.slider = h("input", { type: "range", min: "0", max: "0", step: "1", class: "vs-strip-slider", "aria-label": "Evaluation whose predictions are shown", "data-testid": "epoch-slider" });
  ui.slider.addEventListener("input", () => ui.onGo(ui.epochs[Number(ui.slider.value)]));
  ui.picture = svg("svg", { class: "vs-strip-picture", viewBox: `0 0 ${STRIP.width} ${STRIP.height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  ui.picture.append(
    svg("line", { class: "vs-strip-chance", x1: 0, x2: STRIP.width, "vector-effect": "non-scaling-stroke" }),
    svg("polyline", { class: "vs-strip-curve", fill: "none", points: "", "vector-effect": "non-scaling-stroke" }),
    svg("line", { class: "vs-strip-cursor", y1: 0, y2: STRIP.height, "vector-effect": "non-scaling-stroke" }),
  );
  ui.keys = h("div", { class: "vs-row" });
  ui.node = h("div", { class: "vs-strip" }, ui.picture, ui.slider, ui.keys);
  return ui;
}

function paintStrip(ui, frame, cols, epoch) {
  ui.epochs = frame.decoded;
  const place = Math.max(0, ui.epochs.indexOf(epoch));
  ui.slider.max = String(Math.max(0, ui.epochs.length - 1));
  ui.slider.value = String(place);
  ui.slider.setAttribute("aria-valuetext", `epoch ${epoch}`);
  const score = new Map((cols.epoch ?? []).map((at, i) => [at, num(cols.metric[i])]));
  const known = ui.epochs.map((at, i) => [i, score.get(at)]).filter(([, value]) => Number.isFinite(value));
  const chance = num(frame.metric?.chance ?? null);
  const values = [...known.map(([, value]) => value), ...(chance === null ? [] : [chance])];
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  // The thumb of a slider keeps half its width from either end; the curve follows it.
  const x = (i) => 8 + ((STRIP.width - 16) * i) / Math.max(1, ui.epochs.length - 1);
  const y = (value) => 4 + ((STRIP.height - 8) * (1 - (value - low) / span));
  const [floor, curveLine, cursor] = ui.picture.children;
  curveLine.setAttribute("points", known.map(([i, value]) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(" "));
  floor.style.display = chance === null ? "none" : "";
  if (chance !== null) ["y1", "y2"].forEach((end) => floor.setAttribute(end, y(chance)));
  ["x1", "x2"].forEach((end) => cursor.setAttribute(end, x(place)));
  show(ui.picture, known.length > 1);
  show(ui.slider, ui.epochs.length > 1);
  paintKeyframes(ui, frame, cols);
}

// Evaluations worth jumping to: the first words, the best, where the worst flag began, the last.
function paintKeyframes(ui, frame, cols) {
  const stored = (epoch) => (epoch === null || epoch === undefined || !ui.epochs.length ? null : ui.epochs.reduce((near, at) => (Math.abs(at - epoch) < Math.abs(near - epoch) ? at : near)));
  const spoke = (cols.epoch ?? []).find((_, i) => num(cols.length_ratio?.[i]) > 0.05);
  const flag = frame.flags.find((each) => each.severity === "critical") ?? frame.flags.find((each) => each.severity === "warning");
  const keys = [
    ["first words", stored(spoke)],
    [`best ${frame.metric?.label ?? ""}`, stored(frame.metric?.best_epoch)],
    [flag ? `${flag.title} began` : "", flag ? stored(flag.critical_since ?? flag.since) : null],
    ["last", ui.epochs.at(-1) ?? null],
  ].filter(([label, epoch]) => label && epoch !== null && epoch !== undefined);
  keyed(
    ui.keys,
    keys,
    ([label]) => label,
    ([label]) => h("button", { type: "button", class: "vs-link", "data-keyframe": label }),
    (node, [label, epoch]) => {
      setText(node, `${label} (${epoch})`);
      node.onclick = () => ui.onGo(epoch);
    },
  );
}

const NARROW = 640;

function buildCorpus(onWord) {
  const ui = { onWord };
  const column = (title, id) => {
    const list = h("ol", { class: "vs-tally", "data-testid": id });
    return { list, node: h("div", {}, h("h3", {}, title), list) };
  };
  ui.deleted = column("Most deleted", "most-deleted");
  ui.inserted = column("Most inserted", "most-inserted");
  ui.swapped = column("Swapped", "most-swapped");
  ui.said = column("Most predicted", "most-said");
  ui.lengths = svg("svg", { class: "vs-lengths", viewBox: "0 0 260 96", role: "img", "aria-label": "How many words targets and predictions have" });
  ui.lengthsText = h("p", { class: "vs-muted vs-small" });
  ui.node = h(
    "details",
    // On a phone it would stand before the sentences, a screen high.
    { class: "vs-card vs-corpus", "data-testid": "corpus", open: !(globalThis.innerWidth <= NARROW) },
    h("summary", {}, h("h2", {}, "What goes wrong most, over all clips")),
    h("div", { class: "vs-corpus-columns" }, ui.deleted.node, ui.inserted.node, ui.swapped.node, ui.said.node, h("div", {}, h("h3", {}, "Words per clip"), ui.lengths, ui.lengthsText)),
  );
  return ui;
}

function times(count) {
  return count === 1 ? "once" : `${count} times`;
}

function paintCorpus(ui, answer) {
  const rows = (column, items, text, word, none, wanted = word) => {
    const entries = items.length ? items : [null];
    keyed(
      column.list,
      entries,
      (item) => (item ? JSON.stringify(item.slice(0, 2)) : "none"),
      () => h("li", {}, h("button", { type: "button", class: "vs-link", dir: "auto" }), h("span", { class: "vs-muted vs-tabular" })),
      (node, item) => {
        setText(node.children[0], item ? word(item) : "");
        show(node.children[0], Boolean(item));
        setText(node.children[1], item ? text(item) : none);
        node.children[0].onclick = () => item && ui.onWord(wanted(item));
      },
    );
  };
  rows(ui.deleted, answer.most_deleted, ([, count, of]) => `${count} of ${of}`, ([word]) => word, "no word was left out", ([word]) => `∅ ${word}`);
  rows(ui.inserted, answer.most_inserted, ([, count]) => times(count), ([word]) => word, "no word was added", ([word]) => `+ ${word}`);
  rows(ui.swapped, answer.most_swapped, ([, , count]) => times(count), ([from, to]) => `${from} → ${to}`, "no word was swapped");
  rows(ui.said, answer.most_said, ([, count, of]) => `${count} (target ${of})`, ([word]) => word, "no word was predicted");
  paintLengths(ui, answer.lengths);
}

// Two bars for each number of words: targets filled, predictions outlined.
function paintLengths(ui, lengths) {
  const most = Math.max(1, ...lengths.flatMap(([, target, said]) => [target, said]));
  const width = 260 / Math.max(1, lengths.length);
  const bar = (x, count, kind) => svg("rect", { class: `vs-length-${kind}`, x: x.toFixed(1), y: (80 - (76 * count) / most).toFixed(1), width: Math.max(1, width * 0.42).toFixed(1), height: ((76 * count) / most).toFixed(1) });
  const labels = lengths.filter(([words], i) => i === 0 || i === lengths.length - 1 || words % 5 === 0).map(([words]) => {
    const text = svg("text", { x: ((words + 0.5) * width).toFixed(1), y: 94, "text-anchor": "middle" });
    text.textContent = String(words);
    return text;
  });
  ui.lengths.replaceChildren(...lengths.flatMap(([words, target, said]) => [bar(words * width + width * 0.06, target, "target"), bar(words * width + width * 0.52, said, "said")]), ...labels);
  setText(ui.lengthsText, "filled: targets; outlined: predictions");
}

// What the list consists of: the row of a run, the heading over a folder or a value, what lies in the trash. list: a ListPage.

function needs(row) {
  return (row.live && ["critical", "warning"].includes(row.severity)) || ["failed", "lost", "unreadable"].includes(row.state);
}

// A run that is only followed cannot be stopped from here; who may stop another user's is decided by its files.
function canStop(row) {
  return Boolean(row?.live) && row.mine !== false && !["followed", "stopping"].includes(row.state.split(",")[0]);
}

function createRow(list) {
  const pick = h("input", { type: "checkbox", class: "vs-pick" });
  const fold = h("button", { type: "button", class: "vs-link vs-fold" });
  const open = h("a", { class: "vs-run-open" }, h("strong", {}));
  const label = list.data.role === "control" ? h("button", { type: "button", class: "vs-link vs-run-label", title: "Name, note, tags, pin", onclick: () => list.emit({ kind: "label", run: node.dataset.key }) }, "✎") : null;
  const node = h(
    "div",
    { class: "vs-run" },
    h("span", { class: "vs-run-pick" }, pick),
    h("span", { class: "vs-run-verdict" }, h("span", { class: "vs-glyph", "aria-hidden": "true" }), h("span", {})),
    h("span", { class: "vs-run-name" }, open, h("span", { class: "vs-muted vs-run-state", tabindex: "0" }), h("span", { class: "vs-lock vs-muted" }), fold, h("span", { class: "vs-run-outcome" }), h("span", { class: "vs-run-diff vs-muted" }), h("span", { class: "vs-run-tags" }), label),
    h("span", { class: "vs-run-progress" }, h("span", { class: "vs-bar" }, h("span", {})), h("span", { class: "vs-tabular" })),
    h("span", { class: "vs-tabular vs-run-score" }),
    h("span", { class: "vs-run-gap vs-tabular" }, h("span", {}), sparkline()),
    h("span", { class: "vs-extras vs-tabular" }),
    h("span", { class: "vs-run-worst" }),
    h("span", { class: "vs-muted vs-tabular vs-run-age" }),
  );
  open.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    list.emit({ kind: "open", run: node.dataset.key });
  });
  node.addEventListener("click", (event) => {
    if (!event.target.closest("input, button, a")) list.emit({ kind: "open", run: node.dataset.key });
  });
  pick.addEventListener("change", () => {
    if (pick.checked) list.selected.add(node.dataset.key);
    else list.selected.delete(node.dataset.key);
    paintSelection(list);
  });
  fold.addEventListener("click", () => {
    const run = node.dataset.key;
    if (!list.open.delete(run)) list.open.add(run);
    list.paint();
  });
  Object.assign(node, { pick, fold, open, label });
  return node;
}

function updateRow(list, node, row) {
  const signature = JSON.stringify([row, list.selected.has(row.run), list.open.has(row.run), list.extras, list.grouped]);
  if (node.signature === signature) return;
  node.signature = signature;
  const [, verdict, name, progress, score, gap, extras, worst, age] = node.children;
  node.label?.setAttribute("aria-label", `Name, note, tags of ${row.run}`);
  setText(name.children[5], row.diff ?? "");
  keyed(name.children[6], [...(row.pinned ? ["pinned"] : []), ...(row.tags ?? []).map((tag) => `#${tag}`)], (tag) => tag, () => h("span", { class: "vs-tag" }), (tagNode, tag) => setText(tagNode, tag));
  keyed(extras, list.extras, (column) => column, () => h("span", {}), (cell, column) => {
    setText(cell, columnText(row, column));
    cell.dataset.name = column;
    cell.title = `${column}: ${columnText(row, column) || "not known"}`;
  });
  node.pick.checked = list.selected.has(row.run);
  node.pick.setAttribute("aria-label", `Select ${row.run}`);
  node.classList.toggle("vs-archived", list.groups.some((group) => group.archive && group.name === row.group));
  node.dataset.tone = VERDICT_TONES[row.verdict] ?? "unknown";
  const word = row.verdict || row.state.split(",")[0];
  setText(verdict.children[0], row.state === "unreadable" ? STATE_GLYPHS.unreadable : verdictGlyph(row.verdict));
  setText(verdict.children[1], word);
  node.open.setAttribute("href", `?run=${encodeURIComponent(row.run)}`);
  setText(node.open.firstChild, (row.depth ? "└ " : "") + (row.title ? `${row.title} · ${list.nameOf(row)}` : list.nameOf(row)));
  node.open.title = row.note ?? "";
  name.style.paddingLeft = `${16 * (row.depth ?? 0)}px`;
  setText(name.children[1], row.state === "unreadable" ? "" : [row.state, row.seeds].filter(Boolean).join(" · "));
  name.children[1].title = row.evidence ?? "";
  setText(name.children[2], row.mine === false ? `of ${row.owner || "another user"}` : "");
  show(node.fold, row.family > 0);
  setText(node.fold, list.open.has(row.run) ? "fold" : `+${countWords(row.family, "child", "children")}`);
  node.fold.setAttribute("aria-expanded", String(list.open.has(row.run)));
  setText(name.children[4], row.outcome ? `${OUTCOME_GLYPHS[row.outcome] ?? ""} ${row.outcome.toLowerCase()}` : "");
  name.children[4].dataset.tone = OUTCOME_TONE[row.outcome] ?? "";
  name.children[4].title = row.outcome_line ?? "";
  show(progress.children[0], row.ratio !== null && row.ratio !== undefined);
  progress.children[0].firstChild.style.width = `${100 * (row.ratio ?? 0)}%`;
  setText(progress.children[1], [row.epochs && row.epoch <= row.epochs ? `${row.epoch}/${row.epochs}` : `${row.epoch ?? ""}`, row.eta].filter(Boolean).join(" · "));
  setText(score, row.score ? `${row.score}${row.chance ? ` (${row.chance.replace(" %", "")})` : ""}` : "");
  score.title = row.metric ?? "";
  setText(gap.children[0], row.gap ?? "");
  paintSpark(gap.children[1], row.spark ?? []);
  setText(worst, row.state === "unreadable" ? "why? hover here" : (row.worst ? `${SEVERITY_GLYPHS[row.severity] ?? ""} ${row.worst}`.trim() : "") || (row.verdict === "KEEP GOING" ? `none, ${row.coverage}` : ""));
  worst.title = row.state === "unreadable" ? row.evidence : row.reason ?? "";
  setText(age, row.age ? `${row.age} ago` : "");
}

function createHeading(list, group) {
  const fold = h("button", { type: "button", class: "vs-group-name", "aria-expanded": "true", onclick: () => list.foldGroup(group.name) }, h("span", { "aria-hidden": "true" }), h("strong", {}, group.name));
  return h("div", { class: "vs-group", "data-testid": "group" }, fold, h("span", { class: "vs-muted vs-path" }), h("span", { class: "vs-muted vs-tabular" }), h("p", { class: "vs-group-problem", role: "status" }));
}

function updateHeading(list, node, group, known) {
  const own = group.rows ?? known.filter((row) => row.group === group.name);
  const [fold, where, count, problem] = node.children;
  const folded = list.folded.has(group.name);
  fold.setAttribute("aria-expanded", String(!folded));
  setText(fold.firstChild, folded ? "▸" : "▾");
  setText(where, group.where);
  const unheard = own.filter((row) => row.live && row.state.includes("as last heard")).length;
  const live = own.filter((row) => row.live).length - unheard;
  const asking = own.filter((row) => needs(row)).length;
  setText(count, [countWords(own.length, "run"), live ? `${live} running` : "", unheard ? `${unheard} running as last heard` : "", asking ? `${asking} need you` : ""].filter(Boolean).join(" · "));
  setText(problem, group.problem ? `▲ ${group.problem}` : "");
  show(problem, Boolean(group.problem));
}

function paintTrash(list) {
  const items = list.trash.length ? list.trash : [null];
  keyed(
    list.body,
    items,
    (trashed) => trashed?.name ?? "none",
    () => h("div", { class: "vs-trashed" }, h("strong", {}), h("span", { class: "vs-muted" }), h("button", { type: "button", class: "vs-button" }, "Take it back")),
    (node, trashed) => {
      const [name, when, back] = node.children;
      setText(name, trashed ? trashed.run : "");
      setText(when, trashed ? `put aside ${clockWords(trashed.at)}` : "The trash is empty.");
      show(back, Boolean(trashed) && list.data.role === "control");
      back.onclick = () => list.emit({ kind: "restore_trashed", runs: [trashed.name] });
    },
  );
}

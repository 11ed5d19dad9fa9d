// What happened since the last visit: flags that opened, runs that ended, changes that were judged.

const MOST_MISSED = 8;
const MISSED_GLYPH = { ...SEVERITY_GLYPHS, ...STATE_GLYPHS, outcome: "⎇" };

// One line a run of what happened since a moment: the gravest of it and the newest.
const GRAVEST = ["critical", "failed", "lost", "warning", "outcome"];

function missedOf(rows, since) {
  const place = (kind) => (GRAVEST.includes(kind) ? GRAVEST.indexOf(kind) : GRAVEST.length);
  const found = rows.map((row) => ({ run: row.run, news: (row.events ?? []).filter(({ at }) => at > since) })).filter(({ news }) => news.length);
  return found.map(({ run, news }) => {
    const worst = [...news].sort((a, b) => place(a.kind) - place(b.kind) || b.at - a.at)[0];
    const newest = [...news].sort((a, b) => b.at - a.at)[0];
    return { run, worst, newest: newest === worst ? null : newest, more: news.length - (newest === worst ? 1 : 2) };
  }).sort((a, b) => place(a.worst.kind) - place(b.worst.kind) || b.worst.at - a.worst.at);
}

function buildMissed(onSeen, onOpen) {
  const ui = { onOpen };
  ui.head = h("h2", {});
  ui.list = h("div", { class: "vs-missed-list" });
  ui.node = h("section", { class: "vs-card", "data-testid": "missed" }, h("div", { class: "vs-card-head" }, ui.head, h("button", { type: "button", class: "vs-button vs-quiet", "data-testid": "btn-seen", onclick: onSeen }, "Mark as seen")), ui.list);
  show(ui.node, false);
  return ui;
}

function paintMissed(ui, rows, since) {
  const missed = since === null ? [] : missedOf(rows, since);
  show(ui.node, missed.length > 0);
  if (!missed.length) return;
  const more = missed.length - MOST_MISSED;
  setText(ui.head, `Since you looked (${clockWords(since)})${more > 0 ? `, ${MOST_MISSED} of ${missed.length} runs` : ""}`);
  keyed(
    ui.list,
    missed.slice(0, MOST_MISSED),
    ({ run }) => run,
    ({ run }) => {
      const node = h("div", { class: "vs-missed" }, h("span", {}), h("button", { type: "button", class: "vs-link" }, run), h("span", {}), h("span", { class: "vs-muted vs-tabular" }));
      node.children[1].addEventListener("click", () => ui.onOpen(run));
      return node;
    },
    (node, { worst: gravest, newest, more: others }) => {
      node.children[0].className = `vs-glyph vs-ink-${gravest.kind}`;
      setText(node.children[0], MISSED_GLYPH[gravest.kind] ?? "○");
      setText(node.children[2], [gravest.text, newest ? `Then: ${newest.text}` : "", others > 0 ? `${others} more.` : ""].filter(Boolean).join(" "));
      setText(node.children[3], clockWords((newest ?? gravest).at));
    },
  );
}

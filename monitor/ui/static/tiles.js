// Four numbers at most, with yardstick and sparkline.

function sparkline() {
  const picture = svg("svg", { class: "vs-spark", viewBox: "0 0 120 28", preserveAspectRatio: "none", "aria-hidden": "true" });
  picture.append(svg("polyline", { points: "", fill: "none", "vector-effect": "non-scaling-stroke" }));
  return picture;
}

function paintSpark(picture, values) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  // What differs by rounding alone is one value: a level line, in the middle.
  const level = high - low <= 1e-6 * Math.max(Math.abs(low), Math.abs(high));
  const points = values.map((value, i) => {
    const x = values.length > 1 ? (120 * i) / (values.length - 1) : 60;
    return `${x.toFixed(1)},${level ? 14 : (25 - (22 * (value - low)) / (high - low)).toFixed(1)}`;
  });
  picture.firstChild.setAttribute("points", values.length > 1 ? points.join(" ") : "");
}

function buildTiles() {
  return h("section", { class: "vs-tiles", "aria-label": "Numbers" });
}

function paintTiles(node, frame) {
  keyed(
    node,
    frame.tiles,
    (tile) => tile.key,
    (tile) => {
      const card = h("div", { class: "vs-tile", "data-testid": `tile-${tile.key}`, tabindex: "0" });
      card.append(
        h("div", { class: "vs-tile-label" }),
        h("div", { class: "vs-tile-value" }, h("span", { class: "vs-number" }), h("span", { class: "vs-trend" })),
        h("div", { class: "vs-tile-yard" }),
        sparkline(),
      );
      return card;
    },
    (card, tile) => {
      const [label, value, yard, picture] = card.children;
      setText(label, tile.label);
      setText(value.children[0], tile.value);
      setText(value.children[1], tile.trend);
      setText(yard, tile.yardstick);
      card.title = tile.title;
      card.classList.toggle("vs-bad", tile.bad);
      card.dataset.seq = frame.seq;
      paintSpark(picture, tile.spark);
    },
  );
}

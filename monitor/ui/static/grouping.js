// What stands under what in the list: children under their parents, runs under the value of a setting.

// A family stands where its neediest member does; its children are folded away until one of them lives or it is opened.
function families(rows, open) {
  const known = new Map(rows.map((row) => [row.run, row]));
  const children = new Map();
  // Other seeds of a run stand below the first of them, whichever run is their parent.
  // A trial of another sweep than theirs stands with its own.
  const above = (row) => {
    const name = row.seed_of || row.parent;
    return row.sweep && known.get(name)?.sweep !== row.sweep ? null : name;
  };
  for (const row of rows) {
    if (known.has(above(row))) children.set(above(row), [...(children.get(above(row)) ?? []), row]);
  }
  const rootOf = (row) => {
    const seen = new Set();
    while (known.has(above(row)) && !seen.has(row.run)) {
      seen.add(row.run);
      row = known.get(above(row));
    }
    return row;
  };
  // No run is its own ancestor, whatever a broken launch.json says.
  const below = (row, passed = new Set([row.run])) => (children.get(row.run) ?? []).filter((child) => !passed.has(child.run)).flatMap((child) => [child, ...below(child, new Set([...passed, child.run]))]);
  const out = [];
  const placed = new Set();
  const add = (row, depth) => {
    if (placed.has(row.run)) return;
    placed.add(row.run);
    const family = below(row);
    const unfolded = open.has(row.run) || depth > 0 || family.some((child) => child.live || needs(child));
    out.push({ ...row, depth, family: depth === 0 && !family.some((child) => child.live || needs(child)) ? family.length : 0 });
    if (unfolded) (children.get(row.run) ?? []).forEach((child) => add(child, depth + 1));
  };
  for (const row of rows) add(rootOf(row), 0);
  return out;
}

// The settings that runs can be grouped by: those that at least one of them has.
function groupChoices(rows) {
  return [...new Set(rows.flatMap((row) => Object.keys(row.settings ?? {})))].sort();
}

// One group a value, in the order of the values; runs without one stand last.
function valueGroups(rows, setting) {
  const groups = new Map();
  for (const row of rows) {
    const value = row.settings?.[setting];
    const key = JSON.stringify(value ?? null);
    if (!groups.has(key)) groups.set(key, { value: value ?? null, rows: [] });
    groups.get(key).rows.push(row);
  }
  const order = ({ value: a }, { value: b }) => {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    const [left, right] = typeof a === typeof b ? [a, b] : [String(a), String(b)];
    return left === right ? 0 : left < right ? -1 : 1;
  };
  return [...groups.values()].sort(order).map(({ value, rows: own }) => {
    const name = value === null ? `without ${setting}` : `${setting} ${value}`;
    return { name, rows: own, where: bestOf(own) };
  });
}

// The best of each run on average, and between which they lie; of the metric that most of them have.
function bestOf(rows) {
  const found = new Map();
  for (const row of rows) {
    const [name, value] = Object.entries(row.numbers ?? {}).find(([key]) => key.startsWith("best ")) ?? [];
    if (!name || !finite(value)) continue;
    const key = `${name} ${row.unit ?? ""}`;
    found.set(key, { name, unit: row.unit ?? "fraction", values: [...(found.get(key)?.values ?? []), value] });
  }
  const most = [...found.values()].sort((a, b) => b.values.length - a.values.length)[0];
  if (!most) return "";
  const { name, unit, values } = most;
  const text = (value) => scoreWords(value, unit);
  const of = values.length < rows.length ? ` (${values.length} of ${rows.length})` : "";
  if (values.length === 1) return `${name} ${text(values[0])}${of}`;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return `${name} ${text(mean)} on average, ${text(Math.min(...values))} to ${text(Math.max(...values))}${of}`;
}

// A value of a metric in its own unit.
function scoreWords(value, unit) {
  return { fraction: percentWords(value), percent: percentWords(value / 100) }[unit] ?? numberWords(value);
}

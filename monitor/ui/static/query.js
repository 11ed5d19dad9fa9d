// What the query line of the list means, and how its columns are sorted: sums on rows, no page.
// A query is words and conditions with spaces between them, and all of them must hold:
// word "two words" -word state:failed verdict:stop flag:gap tag:paper owner:anna sweep:lr-search is:pinned lr<1e-3 wer<30% model=bilstm

const CONDITION = /^([^\s<>=!:"]+)(<=|>=|!=|<|>|=)(.*)$/;
const NAMED = /^(state|verdict|flag|tag|owner|sweep|is):(.*)$/;

function queryTerms(text) {
  const parts = text.match(/-?"[^"]*"?|\S+/g) ?? [];
  return parts.map((part) => {
    const not = part.length > 1 && part.startsWith("-") && !CONDITION.test(part);
    const bare = (not ? part.slice(1) : part).toLowerCase();
    const named = bare.match(NAMED);
    if (named) return { not, kind: named[1], text: named[2] };
    const condition = bare.startsWith('"') ? null : bare.match(CONDITION);
    if (condition) return { not, kind: "condition", name: condition[1], sign: condition[2], text: condition[3] };
    return { not, kind: "word", text: bare.replaceAll('"', "") };
  }).filter(({ text: wanted }) => wanted);
}

function fitsQuery(row, terms) {
  return terms.every((term) => fitsTerm(row, term) !== term.not);
}

function fitsTerm(row, term) {
  const has = (...texts) => texts.some((text) => (text ?? "").toLowerCase().includes(term.text));
  const looks = {
    word: () => searched(row).includes(term.text),
    state: () => has(row.state),
    verdict: () => has(row.verdict),
    flag: () => has(row.worst),
    tag: () => (row.tags ?? []).includes(term.text),
    owner: () => has(row.owner),
    sweep: () => has(row.sweep),
    is: () => ({ pinned: Boolean(row.pinned), live: Boolean(row.live), running: Boolean(row.live), child: Boolean(row.parent), mine: row.mine === true })[term.text] ?? false,
    condition: () => holds(valueIn(row, term.name), term.sign, term.text),
  };
  return looks[term.kind]();
}

function searched(row) {
  return [row.run, row.sweep, row.worst, row.state, row.verdict, row.outcome, row.owner, row.title, row.note, ...(row.tags ?? []), ...(row.changed ?? [])].join(" ").toLowerCase();
}

// "30%" is .3; what is no number stays text.
function wantedValue(text) {
  const percent = text.endsWith("%");
  const number = Number(percent ? text.slice(0, -1) : text);
  return text.trim() === "" || Number.isNaN(number) ? text : percent ? number / 100 : number;
}

function holds(value, sign, text) {
  if (value === null) return sign === "!=";
  const wanted = wantedValue(text);
  if (typeof value !== "number" || typeof wanted !== "number") {
    const same = String(value).toLowerCase() === String(text).toLowerCase();
    return sign === "=" ? same : sign === "!=" ? !same : false;
  }
  return { "<": value < wanted, "<=": value <= wanted, ">": value > wanted, ">=": value >= wanted, "=": value === wanted, "!=": value !== wanted }[sign];
}

// A setting or a measurement by its name, without regard to capitals and spaces; the last part of a dotted name is enough.
function valueIn(row, name) {
  const plain = (text) => text.toLowerCase().replaceAll(/[\s_]/g, "");
  const wanted = plain(name);
  const known = [...Object.entries(row.numbers ?? {}), ...Object.entries(row.settings ?? {}), ...[["epoch", row.epoch], ["progress", row.ratio]].filter(([, value]) => finite(value))];
  const exact = known.find(([key]) => plain(key) === wanted) ?? known.find(([key]) => plain(key).endsWith(`.${wanted}`));
  return exact ? exact[1] : null;
}

const VERDICT_ORDER = ["STOP", "LOOK", "FAILED", "LOST", "CAN'T JUDGE", "TOO EARLY", "KEEP GOING", "ENDED"];

// What a column is sorted by; null stands last in either direction.
function sortValue(row, column) {
  const by = {
    verdict: () => (VERDICT_ORDER.includes(row.verdict) ? VERDICT_ORDER.indexOf(row.verdict) : VERDICT_ORDER.length),
    run: () => row.run.toLowerCase(),
    progress: () => row.ratio ?? row.epoch ?? null,
    metric: () => row.error ?? null,
    gap: () => row.numbers?.gap ?? null,
    worst: () => (row.worst ? `${severityPlace(row.severity)} ${row.worst.toLowerCase()}` : null),
    age: () => (row.at ? -row.at : null),
    tags: () => (row.tags ?? []).join(" ") || null,
  }[column];
  return by ? by() : valueIn(row, column);
}

// The gravest first; what nobody has weighed stands last.
function severityPlace(severity) {
  return SEVERITIES.includes(severity) ? SEVERITIES.indexOf(severity) : SEVERITIES.length;
}

// sort: "" for the order as it came, a column, or "-column" for the other way round.
function sortedRows(rows, sort) {
  if (!sort) return rows;
  const down = sort.startsWith("-");
  const column = down ? sort.slice(1) : sort;
  const order = (a, b) => {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    const [left, right] = typeof a === typeof b ? [a, b] : [String(a), String(b)];
    return left === right ? 0 : (left < right ? -1 : 1) * (down ? -1 : 1);
  };
  return rows.map((row) => [sortValue(row, column), row]).sort(([a], [b]) => order(a, b)).map(([, row]) => row);
}

function nextSort(sort, column) {
  return sort === column ? `-${column}` : sort === `-${column}` ? "" : column;
}

// The columns that can be chosen: tags, measurements, then the settings in which the runs differ.
function columnChoices(rows) {
  const named = (field) => [...new Set(rows.flatMap((row) => Object.keys(row[field] ?? {})))].sort();
  return [...(rows.some((row) => row.tags?.length) ? ["tags"] : []), ...named("numbers"), ...named("settings")];
}

function columnText(row, column) {
  if (column === "tags") return (row.tags ?? []).join(", ");
  const value = row.numbers?.[column] ?? row.settings?.[column];
  return value === undefined ? "" : typeof value === "number" ? (Number.isInteger(value) ? String(value) : numberWords(value)) : String(value);
}

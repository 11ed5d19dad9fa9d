const settings = () => [
  { key: "data", now: "a", start: "a", options: [], help: "Corpus", why: "", usual: false },
  { key: "dropout", now: "0.3", start: "0.5", options: [], help: "Share dropped", why: "", usual: true },
  { key: "seed", now: "0", start: "0", options: [], help: "", why: "", usual: true },
  { key: "warmup", now: "1", start: "1", options: [], help: "Epochs over which the learning rate rises", why: "", usual: false },
];
const keys = (rows) => rows.map((row) => row.key);

test("changed settings stand first, then the usual ones; the rest on request", () => {
  assert.deepEqual(keys(formOrder(settings(), {})), ["dropout", "seed"]);
  assert.deepEqual(keys(formOrder(settings(), { warmup: "2" })), ["dropout", "warmup", "seed"]);
  assert.deepEqual(keys(formOrder(settings(), {}, { all: true })), ["dropout", "seed", "data", "warmup"]);
});

test("a search looks at all settings, their names and what they are, with all its words", () => {
  assert.deepEqual(keys(formOrder(settings(), {}, { text: "LEARN rate" })), ["warmup"]);
  assert.deepEqual(keys(formOrder(settings(), {}, { text: "data" })), ["data"]);
  assert.deepEqual(keys(formOrder(settings(), {}, { text: "learn data" })), []);
});

test("a value that is typed back is no change", () => {
  const [, dropout] = settings();
  assert.ok(isChanged(dropout, {}));
  assert.ok(!isChanged(dropout, { dropout: " 0.3 " }));
});

test("beside a field stands what is wrong with it, else why it must differ, else what it is", () => {
  const [data] = settings();
  assert.deepEqual(formNote(data, { data: "data x: no" }), { text: "data x: no", kind: "problem" });
  assert.deepEqual(formNote({ ...data, why: "must differ" }, {}), { text: "must differ", kind: "why" });
  assert.deepEqual(formNote(data, {}), { text: "Corpus", kind: "help" });
});

test("a value is sent once, whatever a field says again when it is left", () => {
  const sent = [];
  const ui = buildForm((typed) => sent.push(typed));
  Object.assign(ui, { rows: settings(), nodes: {} });
  ui.search.value = ui.another.value = "";
  ui.list.dataset = {};
  ui.values.seed = "4";
  ui.send();
  ui.send();
  assert.deepEqual(sent, [{ values: { seed: "4" }, another: "" }]);
});

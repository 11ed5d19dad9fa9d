const run = (changes = {}) => ({ run: "base-7", state: "finished", verdict: "ENDED", live: false, numbers: { WER: 0.25, "val loss": 1.5, gap: 0.4 }, settings: { "optim.lr": 0.001, model: "BiLSTM", amp: true }, tags: ["paper"], ...changes });

const TABLE = [
  ["", true],
  ["base", true],
  ["BASE", true],
  ["other", false],
  ["-other", true],
  ["-base", false],
  ['"base 7"', false],
  ["lr<1e-2", true],
  ["lr<1e-3", false],
  ["lr<=1e-3", true],
  ["lr=.001", true],
  ["optim.lr>0", true],
  ["wer<.3", true],
  ["wer<30%", true],
  ["wer>30%", false],
  ["val_loss>1", true],
  ["valloss>2", false],
  ["model=bilstm", true],
  ["model!=bilstm", false],
  ["model<3", false],
  ["amp=true", true],
  ["nothing<3", false],
  ["nothing!=3", true],
  ["lr<", true],
  ["state:", true],
  ["state:failed", false],
  ["state:finish", true],
  ["verdict:ended", true],
  ["tag:paper", true],
  ["tag:pap", false],
  ["-tag:paper", false],
  ["is:pinned", false],
  ["is:nonsense", false],
  ["base lr<1e-2 tag:paper", true],
  ["base lr<1e-2 tag:draft", false],
];

test("a query means what its table says", () => {
  for (const [text, wanted] of TABLE) assert.equal(fitsQuery(run(), queryTerms(text)), wanted, text);
  assert.ok(fitsQuery(run({ pinned: true, live: true, parent: "a" }), queryTerms("is:pinned is:live is:child")));
});

test("a row of which little is known breaks no query", () => {
  for (const [text] of TABLE) assert.doesNotThrow(() => fitsQuery({ run: "x", state: "unreadable" }, queryTerms(text)), text);
});

const names = (rows) => rows.map((row) => row.run).join("");

test("rows are sorted by any column, either way round, what is missing last", () => {
  const rows = [run({ run: "a", settings: { lr: 3 } }), run({ run: "b", settings: {} }), run({ run: "c", settings: { lr: 1 } })];
  assert.equal(names(sortedRows(rows, "")), "abc");
  assert.equal(names(sortedRows(rows, "lr")), "cab");
  assert.equal(names(sortedRows(rows, "-lr")), "acb");
  assert.equal(names(sortedRows(rows, "-run")), "cba");
  assert.equal(names(sortedRows(rows, "gap")), "abc");
  assert.equal(names(sortedRows([run({ run: "a", verdict: "KEEP GOING" }), run({ run: "b", verdict: "STOP" })], "verdict")), "ba");
});

test("a head sorts up, then down, then no more", () => {
  assert.deepEqual(["", "lr", "-lr"].map((sort) => nextSort(sort, "lr")), ["lr", "-lr", ""]);
  assert.equal(nextSort("-lr", "gap"), "gap");
});

test("columns are tags, measurements and settings, each once", () => {
  assert.deepEqual(columnChoices([run(), run({ settings: { dropout: 0.1 } })]), ["tags", "WER", "gap", "val loss", "amp", "dropout", "model", "optim.lr"]);
  assert.deepEqual(columnChoices([run({ tags: [], numbers: {}, settings: {} })]), []);
  assert.deepEqual(["optim.lr", "model", "tags", "none"].map((column) => columnText(run(), column)), ["0.001", "BiLSTM", "paper", ""]);
});

test("flags are sorted by how grave they are, then by name", () => {
  const rows = [["none", "", null], ["a", "At chance", "warning"], ["g", "Gap", "critical"], ["b", "At chance", "critical"], ["old", "Odd", null]];
  const flagged = rows.map(([name, worst, severity]) => run({ run: name, worst, severity }));
  assert.deepEqual(sortedRows(flagged, "worst").map((row) => row.run), ["b", "g", "a", "old", "none"]);
});

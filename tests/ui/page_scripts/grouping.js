const tried = (run, lr, best, changes = {}) => ({ run, settings: lr === null ? {} : { lr, seed: 1 }, numbers: best === null ? {} : { "best WER": best }, ...changes });
const said = (rows, setting) => valueGroups(rows, setting).map(({ name, rows: own, where }) => [name, own.map(({ run }) => run), where]);

test("runs stand under the values of a setting, smallest first, those without it last, in their own order", () => {
  const rows = [tried("c", 0.01, 0.3), tried("none", null, 0.5), tried("a", 0.001, 0.2), tried("b", 0.01, 0.4)];
  assert.deepEqual(said(rows, "lr"), [
    ["lr 0.001", ["a"], "best WER 20.0 %"],
    ["lr 0.01", ["c", "b"], "best WER 35.0 % on average, 30.0 % to 40.0 %"],
    ["without lr", ["none"], "best WER 50.0 %"],
  ]);
});

test("words and numbers as values, and a value that is false, have groups of their own", () => {
  const rows = ["adam", 3, false, "sgd", 10].map((value, i) => tried(`r${i}`, value, null));
  assert.deepEqual(valueGroups(rows, "lr").map(({ name }) => name), ["lr 3", "lr 10", "lr adam", "lr false", "lr sgd"]);
});

test("a mean is of the metric that most runs have, in its own unit, and says of how many", () => {
  const raw = { unit: "raw", numbers: { "best BLEU": 20 } };
  assert.equal(bestOf([tried("a", 1, null, raw), tried("b", 1, null, { unit: "raw", numbers: { "best BLEU": 30 } }), tried("c", 1, 0.5)]), "best BLEU 25.0 on average, 20.0 to 30.0 (2 of 3)");
  assert.equal(bestOf([tried("a", 1, null, { unit: "percent", numbers: { "best accuracy": 87.5 } })]), "best accuracy 87.5 %");
  assert.equal(bestOf([tried("a", 1, null)]), "");
  assert.equal(bestOf([]), "");
  assert.equal(bestOf([tried("a", 1, NaN), tried("b", 1, 0.25)]), "best WER 25.0 % (1 of 2)");
});

test("the settings that runs can be grouped by are those that one of them has", () => {
  assert.deepEqual(groupChoices([tried("a", 1, null), { run: "b" }, { run: "c", settings: { batch: 3 } }]), ["batch", "lr", "seed"]);
});

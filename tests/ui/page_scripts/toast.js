const told = (...flags) => {
  const { setTimeout } = globalThis;
  globalThis.setTimeout = () => 0;
  const area = new FakeNode("div");
  flags.forEach(([rule, severity]) => toast(area, { rule, severity, title: rule, line: "It grows." }));
  globalThis.setTimeout = setTimeout;
  return area.children.map((node) => node.className);
};

test("flags of two rules have a notice each", () => {
  assert.deepEqual(told(["gap", "warning"], ["at_chance", "warning"]), ["vs-toast vs-warning", "vs-toast vs-warning"]);
});

test("a flag that turns critical takes the place of its warning", () => {
  assert.deepEqual(told(["gap", "warning"], ["gap", "critical"]), ["vs-toast vs-critical"]);
});

test("a notice that stands says the numbers of now, of its own flag alone", () => {
  const { setTimeout } = globalThis;
  globalThis.setTimeout = () => 0;
  const area = new FakeNode("div");
  for (const rule of ["gap", "at_chance"]) toast(area, { rule, severity: "warning", title: rule, line: "then" });
  globalThis.setTimeout = setTimeout;
  renewToasts(area, [{ rule: "gap", line: "now" }, { rule: "other", line: "no" }]);
  assert.deepEqual(area.children.map((node) => node.textContent), ["▲gapnow", "▲at_chancethen"]);
});

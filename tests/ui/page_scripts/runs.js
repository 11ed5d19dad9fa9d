const row = (run, changes = {}) => ({ run, live: false, mine: true, severity: "", state: "finished", parent: null, ...changes });

test("a run that is well, or has ended in order, needs nobody", () => {
  assert.equal(needs(row("a")), false);
  assert.equal(needs(row("a", { live: true, state: "running", severity: "info" })), false);
  assert.equal(needs(row("a", { severity: "critical" })), false);
});

test("a live run with a warning, and one that failed, is lost or cannot be read, need somebody", () => {
  assert.ok(needs(row("a", { live: true, severity: "warning" })));
  assert.ok(needs(row("a", { live: true, severity: "critical" })));
  for (const state of ["failed", "lost", "unreadable"]) assert.ok(needs(row("a", { state })), state);
});

test("only a live run of one's own that is neither followed nor stopping can be stopped", () => {
  assert.equal(canStop(undefined), false);
  assert.equal(canStop(row("a")), false);
  assert.ok(canStop(row("a", { live: true, state: "running" })));
  assert.equal(canStop(row("a", { live: true, state: "running", mine: false })), false);
  assert.equal(canStop(row("a", { live: true, state: "followed, quiet" })), false);
  assert.equal(canStop(row("a", { live: true, state: "stopping" })), false);
});

const shown = (rows, ...open) => families(rows, new Set(open)).map(({ run, depth, family }) => [run, depth, family]);

test("runs without parents stand in their order, each on its own", () => {
  assert.deepEqual(shown([]), []);
  assert.deepEqual(shown([row("b"), row("a")]), [["b", 0, 0], ["a", 0, 0]]);
});

test("children are folded behind their parent until it is opened", () => {
  const rows = [row("a"), row("b"), row("a2", { parent: "a" }), row("a3", { parent: "a2" })];
  assert.deepEqual(shown(rows), [["a", 0, 2], ["b", 0, 0]]);
  assert.deepEqual(shown(rows, "a"), [["a", 0, 2], ["a2", 1, 0], ["a3", 2, 0], ["b", 0, 0]]);
});

test("a family stands where its neediest member does, and is open while one of them lives", () => {
  const rows = [row("a2", { parent: "a", live: true, severity: "critical" }), row("b"), row("a")];
  assert.deepEqual(shown(rows), [["a", 0, 0], ["a2", 1, 0], ["b", 0, 0]]);
});

test("a parent that is not in the list leaves its child on its own", () => {
  assert.deepEqual(shown([row("a2", { parent: "gone" })]), [["a2", 0, 0]]);
});

test("a circle of parents shows every run once", () => {
  const rows = [row("a", { parent: "b" }), row("b", { parent: "a" }), row("c", { parent: "c" })];
  const names = shown(rows, "a", "b", "c").map(([run]) => run);
  assert.deepEqual([...names].sort(), ["a", "b", "c"]);
});

test("processes of others on a device are summed by person, and at most three are named", () => {
  const GiB = 1024 ** 3;
  assert.equal(tenantWords([]), "");
  assert.equal(tenantWords([{ user: "anna", used_bytes: GiB }, { user: "anna", used_bytes: GiB }]), "anna 2.0 GiB");
  assert.equal(tenantWords([{ user: "anna", used_bytes: null }]), "anna");
  assert.equal(tenantWords([{ is_mine: true, user: "me", used_bytes: 0 }, {}]), "your other processes, unknown processes");
  assert.equal(tenantWords(["a", "b", "c", "d"].map((user) => ({ user, used_bytes: 0 }))), "a, b, c");
});

test("a search finds a run by name, flag, state, outcome, owner and what was changed", () => {
  const text = searched(row("Sick-7", { worst: "gap", outcome: "HELPED", owner: "anna", changed: ["dropout"] }));
  for (const word of ["sick-7", "gap", "finished", "helped", "anna", "dropout"]) assert.ok(text.includes(word), word);
  assert.ok(!searched(row("a")).includes("undefined"));
});

test("compared runs are named by what follows their common beginning, cut between words", () => {
  assert.deepEqual(lineNames({ runs: ["a", "b"], related: true }), ["child", "parent"]);
  assert.deepEqual(lineNames({ runs: ["base-lr1", "base-lr2"], related: false }), ["lr1", "lr2"]);
  assert.deepEqual(lineNames({ runs: ["one"], related: false }), ["one"]);
  assert.deepEqual(lineNames({ runs: ["same", "same"], related: false }), ["same", "same"]);
  assert.deepEqual(lineNames({ runs: [], related: false }), []);
  assert.equal(lineNames({ runs: ["a", "b", "averyveryverylongname"], related: true })[2].length, 10);
});

test("the runs to compare with are grouped, without empty groups and without those already drawn", () => {
  const candidates = { parent: "p", children: ["c1", "c2"], others: [] };
  assert.deepEqual(candidateGroups(candidates, []), [["parent", ["p"]], ["children", ["c1", "c2"]]]);
  assert.deepEqual(candidateGroups(candidates, ["p", "c1"]), [["children", ["c2"]]]);
  assert.deepEqual(candidateGroups({ parent: null, children: [], others: [] }, []), []);
});

const flag = (yardstick) => ({ picture: { yardstick } });
const known = [[1, 5], [2, 3], [3, 4]];

test("the yardstick of a flag is its limit, the best, chance, the goal or one", () => {
  const frame = { marks: { gap_limit: 2 }, metric: { direction: "error", chance: "nan", target: 0.2 } };
  assert.deepEqual(["limit", "best", "target", "one"].map((name) => yardstickOf(flag(name), frame, known)), [2, 3, 0.2, 1]);
  assert.ok(Number.isNaN(yardstickOf(flag("chance"), frame, known)));
  assert.equal(yardstickOf(flag("chance"), { ...frame, metric: { direction: "error", chance: null, target: null } }, known), null);
  assert.equal(yardstickOf(flag(""), frame, known), null);
});

test("eight runs that are compared have eight colours and eight kinds of line", () => {
  const colours = runColours({ ...ink, ins: "ins", ok: "ok", plum: "plum", olive: "olive" });
  assert.equal(new Set(colours).size, 8);
  assert.equal(new Set(STROKES.map(String)).size, 8);
  assert.equal(MOST_BESIDE + 1, 8);
});

test("a new flag stands below those of its severity that were there, a graver one above", () => {
  const flags = [["new", "critical"], ["old", "critical"], ["warned", "warning"], ["worse", "critical"]].map(([rule, severity]) => ({ rule, severity }));
  const order = flagOrder(flags, ["old", "warned", "worse"]).map((flag) => flag.rule);
  assert.deepEqual(order, ["old", "worse", "new", "warned"]);
  assert.deepEqual(flagOrder(flags, []).map((flag) => flag.rule), ["new", "old", "worse", "warned"]);
});

test("a partition says what is free of GPUs and processors, and how many nodes are out", () => {
  const of = (changes) => partitionWords({ gpus: 0, gpus_free: 0, cpus: 16, cpus_free: 7, nodes_out: 0, ...changes });
  assert.equal(of({ gpus: 4, gpus_free: 2, nodes_out: 1 }), "2 of 4 GPUs and 7 of 16 processors free · 1 node out");
  assert.equal(of({}), "7 of 16 processors free");
  assert.equal(of({ cpus: 0, cpus_free: 0, nodes_out: 3 }), "3 nodes out");
});

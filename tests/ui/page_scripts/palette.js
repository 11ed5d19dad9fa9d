const command = (label, hint = "") => ({ label, hint });
const labels = (commands, text) => fittingCommands(commands, text).map(({ label }) => label);

test("commands fit by all words, those that begin with the text first, and a dozen at most", () => {
  const all = [command("All runs", "the list"), command("base-run"), command("run-7", "open"), command("Stop…", "opens the dialog")];
  assert.deepEqual(labels(all, "run"), ["run-7", "All runs", "base-run"]);
  assert.deepEqual(labels(all, "dialog stop"), ["Stop…"]);
  assert.deepEqual(labels(all, "none"), []);
  assert.equal(labels(Array.from({ length: 30 }, (_, i) => command(`r${i}`)), "").length, 12);
});

test("the theme goes round: system, light, dark", () => {
  assert.deepEqual(["system", "light", "dark"].map(nextTheme), ["light", "dark", "system"]);
});

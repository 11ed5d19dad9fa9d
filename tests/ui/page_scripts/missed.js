test("what was missed has one line a run: the gravest, and the newest beside it", () => {
  const event = (at, kind) => ({ at, kind, text: `${kind} ${at}` });
  const rows = [{ run: "a", events: [event(5, "finished")] }, { run: "b", events: [event(9, "finished"), event(6, "critical"), event(4, "warning"), event(1, "critical")] }];
  const missed = missedOf(rows, 2);
  assert.deepEqual(missed.map((each) => each.run), ["b", "a"]);
  assert.deepEqual([missed[0].worst.at, missed[0].newest.at, missed[0].more], [6, 9, 1]);
  assert.deepEqual([missed[1].worst.at, missed[1].newest, missed[1].more], [5, null, 0]);
  assert.deepEqual(missedOf(rows, 9), []);
});

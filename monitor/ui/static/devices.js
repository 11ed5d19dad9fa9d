// The line above the list: who computes where, who waits, and what is free.

function paintDevices(node, machine, rows, none) {
  show(node, Boolean(machine));
  if (!machine) return;
  const live = rows.filter((row) => row.live);
  // A run that did not say where it computes is on the only device there is, or its device is unknown.
  const [only, ...others] = machine.devices;
  const placeOf = (row) => row.device || (others.length ? "" : only?.name);
  const nobody = live.every(placeOf) ? none : "";
  const items = machine.devices.map((device) => {
    const here = live.filter((row) => placeOf(row) === device.name || (device.name === "cuda:0" && row.device === "cuda"));
    const names = here.map((row) => (row.mine ? row.run : `${row.run} (${row.owner || "another user"})`));
    const who = names.length ? names.slice(0, 3).join(", ") + (names.length > 3 ? `, ${names.length - 3} more` : "") : nobody;
    const waiting = live.filter((row) => row.waits_for === device.name || (row.waits_for === "cuda" && device.name.startsWith("cuda"))).length;
    const memory = device.total_bytes ? `${sizeWords(device.used_bytes)} of ${sizeWords(device.total_bytes)}` : "";
    const busy = finite(device.busy_ratio) ? `${percentWords(device.busy_ratio)} busy` : "";
    const known = new Set(here.map((row) => row.run));
    const guests = tenantWords((device.tenants ?? []).filter((tenant) => !known.has(tenant.run)));
    return { key: device.name, label: device.label, text: [who, guests, waiting ? `${waiting} waiting` : "", memory, busy].filter(Boolean).join(" · ") };
  });
  for (const each of machine.partitions ?? []) items.push({ key: `partition ${each.name}`, label: `${each.is_ray ? "Ray" : "Partition"} ${each.name}`, text: partitionWords(each) });
  if (finite(machine.disk_free_bytes)) items.push({ key: "disk", label: "Disk", text: `${sizeWords(machine.disk_free_bytes)} free` });
  keyed(node, items, (item) => item.key, () => h("span", { class: "vs-device" }, h("strong", {}), h("span", { class: "vs-muted vs-tabular" })), (child, item) => {
    setText(child.children[0], item.label);
    setText(child.children[1], item.text);
  });
}

// What a partition of a cluster, or a Ray, has free: "2 of 4 GPUs and 7 of 16 processors free · 1 node out".
function partitionWords({ gpus, gpus_free, cpus, cpus_free, nodes_out }) {
  const parts = [gpus ? `${gpus_free} of ${countWords(gpus, "GPU")}` : "", cpus ? `${cpus_free} of ${countWords(cpus, "processor")}` : ""].filter(Boolean);
  return [parts.length ? `${parts.join(" and ")} free` : "", nodes_out ? `${countWords(nodes_out, "node")} out` : ""].filter(Boolean).join(" · ");
}

// Other processes on a device, a person at a time: "anna 9.2 GiB".
function tenantWords(tenants) {
  const held = new Map();
  for (const tenant of tenants) {
    const who = tenant.run || (tenant.is_mine ? "your other processes" : tenant.user || "unknown processes");
    held.set(who, (held.get(who) ?? 0) + (tenant.used_bytes ?? 0));
  }
  return [...held].slice(0, 3).map(([who, bytes]) => (bytes ? `${who} ${sizeWords(bytes)}` : who)).join(", ");
}

// The page without its server: what it still shows, of when that is, and how to get back through a tunnel.

function buildOffline(tunnel) {
  // The port on this side is the one that this page was opened with.
  const command = tunnel ? tunnel.replace(/-L \d+:/, `-L ${location.port || 80}:`) : "";
  const since = h("strong", {});
  const way = command && ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname) ? [h("span", {}, "If you look through a tunnel, it may have dropped: "), h("code", {}, command), copyButton(() => command, "Copy")] : [];
  const node = h("div", { class: "vs-problem vs-row", role: "status", "data-testid": "offline" }, since, way);
  show(node, false);
  return { node, since };
}

function paintOffline(ui, offline, heardAt) {
  if (offline && ui.node.hidden) setText(ui.since, `Not connected. What is shown is of ${clockWords(heardAt)}.`);
  show(ui.node, offline);
}

// The page without its server: what it still shows, of when that is, and how to get back through a tunnel.

function buildOffline() {
  const since = h("strong", {});
  const command = h("code", {});
  const way = h("span", { class: "vs-row" }, "If you use an ssh tunnel, it may have dropped: ", command, copyButton(() => command.textContent, "Copy"));
  const node = h("div", { class: "vs-problem vs-row", role: "status", "data-testid": "offline" }, since, way);
  show(node, false);
  return { node, since, way, command };
}

// tunnel: the command as the server knows it, "" where it says none.
function paintOffline(ui, offline, heardAt, tunnel) {
  // The port on this side is the one that this page was opened with.
  setText(ui.command, tunnel.replace(/-L \d+:/, `-L ${location.port || 80}:`));
  show(ui.way, Boolean(tunnel) && ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname));
  if (offline && ui.node.hidden) setText(ui.since, `Not connected. What is shown is of ${clockWords(heardAt)}.`);
  show(ui.node, offline);
}

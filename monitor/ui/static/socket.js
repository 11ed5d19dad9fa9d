// The live connection: says what the tab has, takes what is new, and comes back by itself.
// Three clocks are kept apart: the trainer's last record, the server's last read, this browser's last message.

const SILENT_MS = 8000;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];

class Live {
  // hello(): what to ask for, with offsets; onMessage(message); onState({online, retryInSecs})
  // again: what this tab proves itself with to a server that was started anew; it is never sent.
  constructor(url, hello, onMessage, onState, again) {
    Object.assign(this, { url, hello, onMessage, onState, again, tries: 0, closed: false, waiting: new Map() });
    this.heardAt = performance.now();
    this.watch = setInterval(() => this.check(), 500);
    this.connect();
  }

  connect() {
    if (this.closed) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${this.url}`);
    this.socket = socket;
    this.heardAt = performance.now();
    socket.onopen = () => {
      socket.send(JSON.stringify(this.hello()));
      for (const message of this.waiting.values()) socket.send(JSON.stringify(message));
      this.waiting.clear();
    };
    socket.onmessage = (event) => {
      if (this.socket !== socket) return;
      this.heardAt = performance.now();
      this.tries = 0;
      this.retryAt = null;
      this.onState({ online: true });
      this.onMessage(JSON.parse(event.data));
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      // The server serves no more tabs: its own words, and the next try comes later than the last one.
      if (event.code === ASK_AGAIN) this.onMessage({ kind: "problem", message: event.reason });
      this.retry();
    };
  }

  check() {
    if (this.retryAt) {
      const left = (this.retryAt - performance.now()) / 1000;
      this.onState({ online: false, retryInSecs: Math.max(0, Math.ceil(left)) });
    } else if (performance.now() - this.heardAt > SILENT_MS) {
      this.retry();
    }
  }

  retry() {
    if (this.closed || this.retryAt) return;
    const old = this.socket;
    this.socket = null;
    old?.close();
    const wait = RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)];
    this.retryAt = performance.now() + wait;
    this.check();
    setTimeout(async () => {
      if (this.tries > 1) await this.comeBack();
      this.retryAt = null;
      this.connect();
    }, wait);
  }

  // A server that was started anew knows no cookie of before: it asks, and the right answer gets one.
  async comeBack() {
    if (!this.again || !crypto.subtle) return;
    const address = this.url.replace(/live$/, "again");
    const bytes = (text) => new TextEncoder().encode(text);
    try {
      const question = await (await fetch(address)).text();
      const key = await crypto.subtle.importKey("raw", bytes(this.again), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
      const answer = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(question)));
      const words = [...answer].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      await fetch(address, { method: "POST", body: `${question} ${words}` });
    } catch {
      // The server is not there yet; the next try asks again.
    }
  }

  // Asked before the connection is up: the last question of each kind waits for it.
  ask(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
    else this.waiting.set(`${message.kind} ${message.asked === "now"}`, message);
  }

  close() {
    this.closed = true;
    clearInterval(this.watch);
    this.socket?.close();
  }
}

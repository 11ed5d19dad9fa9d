// The live connection: says what the tab has, takes what is new, and comes back by itself.
// Three clocks are kept apart: the trainer's last record, the server's last read, this browser's last message.

const SILENT_MS = 8000;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];

class Live {
  // hello(): what to ask for, with offsets; onMessage(message); onState({online, retryInSecs})
  constructor(url, hello, onMessage, onState) {
    Object.assign(this, { url, hello, onMessage, onState, tries: 0, closed: false, waiting: new Map() });
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
    socket.onclose = () => {
      if (this.socket === socket) this.retry();
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
    setTimeout(() => {
      this.retryAt = null;
      this.connect();
    }, wait);
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

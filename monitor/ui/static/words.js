// Numbers and durations for people.

// Non-finite numbers travel as words, because JSON has none.
function num(value) {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") return value;
  return { nan: NaN, inf: Infinity, "-inf": -Infinity }[value] ?? null;
}

function finite(value) {
  const number = num(value);
  return number !== null && Number.isFinite(number);
}

function shortNumber(value) {
  const number = num(value);
  if (number === null) return "–";
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "∞" : "−∞";
  const size = Math.abs(number);
  return number.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2).replace("-", "−");
}

function ageWords(seconds) {
  const secs = Math.max(0, seconds);
  if (secs < 90) return `${Math.round(secs)} s`;
  const minutes = secs / 60;
  if (minutes < 90) return `${Math.round(minutes)} min`;
  if (minutes < 2880) return `${Math.floor(minutes / 60)} h ${Math.round(minutes % 60)} min`;
  return `${Math.round(minutes / 1440)} d`;
}

const SEVERITY_GLYPH = { critical: "⬣", warning: "▲", info: "○" };
const VERDICT_GLYPH = {
  STOP: "⬣",
  LOOK: "▲",
  "KEEP GOING": "✓",
  "TOO EARLY": "–",
  "CAN'T JUDGE": "–",
  ENDED: "■",
};

// A moment in the reader's own time; the day is said unless it is today.
function clockWords(seconds) {
  const date = new Date(1000 * seconds);
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return date.toDateString() === new Date().toDateString() ? time : `${date.toLocaleDateString([], { day: "numeric", month: "short" })} ${time}`;
}

// Powers of 1024, as nvidia-smi counts; the server's bytes_words says the same.
function bytesWords(bytes) {
  if (!finite(bytes)) return "–";
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let power = 0;
  while (bytes >= 1024 && power < units.length - 1) {
    bytes /= 1024;
    power += 1;
  }
  return `${bytes.toFixed(power ? 1 : 0)} ${units[power]}`;
}

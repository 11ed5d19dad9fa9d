// Numbers, durations and sizes in words, as monitor/run_dir/words.py writes them; tests/run_dir/words.json holds cases that both
// must pass. Glyphs and limits that both need come with the page (`constants` in monitor/ui/assets.py).

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

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

function verdictGlyph(word) {
  return VERDICT_GLYPHS[word] ?? NOT_MEASURED;
}

function withoutDigits(number) {
  if (number === null) return NOT_MEASURED;
  return Number.isNaN(number) ? "NaN" : number > 0 ? "∞" : "−∞";
}

function threeDigits(size) {
  if (size === 0) return "0";
  if (size < SMALLEST || size >= LARGEST) return size.toExponential(size >= 1 ? 2 : 1).replace(/\.?0*e\+?/, "e").replace("-", "−");
  if (size >= 0.0995) return size.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
  const text = size.toFixed(size >= 0.00995 ? 3 : size >= 0.000995 ? 4 : 5);
  return text.slice(0, 4) + text.slice(4).replace(/0+$/, "");
}

function numberWords(value) {
  const number = num(value);
  if (!finite(number)) return withoutDigits(number);
  return (number < 0 ? "−" : "") + threeDigits(Math.abs(number));
}

// A ratio in hundredths.
function pointsWords(value) {
  const ratio = num(value);
  if (ratio === null || !finite(100 * ratio)) return withoutDigits(ratio);
  const size = Math.abs(100 * ratio);
  return (ratio < 0 ? "−" : "") + ((size > 0 && size < 0.05) || size >= LARGEST ? threeDigits(size) : size.toFixed(1));
}

function percentWords(value) {
  const ratio = num(value);
  return pointsWords(ratio) + (ratio !== null && finite(100 * ratio) ? " %" : "");
}

// As a sentence or a head begins: only the first letter.
function capital(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function countWords(many, noun, plural) {
  return `${many.toLocaleString("en")} ${many === 1 ? noun : plural || `${noun}s`}`;
}

function ageWords(value) {
  const secs = num(value);
  if (secs === null || Number.isNaN(secs) || secs === Infinity) return withoutDigits(secs);
  const whole = Math.floor(Math.max(0, secs) + 0.5);
  if (whole < 90) return `${whole} s`;
  const minutes = Math.floor(whole / 60 + 0.5);
  if (minutes < 60) return `${minutes} min`;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (hours < 48) return rest ? `${hours} h ${rest} min` : `${hours} h`;
  const days = secs / 86400;
  return `${days >= LARGEST ? threeDigits(days) : Math.floor(days + 0.5)} d`;
}

// A moment in the reader's own time.
function clockWords(moment, now = Date.now() / 1000) {
  const [at, today] = [new Date(1000 * moment), new Date(1000 * now)];
  const day = at.toDateString() === today.toDateString() ? "" : `${at.getDate()} ${MONTHS[at.getMonth()]} `;
  const year = at.getFullYear() === today.getFullYear() ? "" : `${at.getFullYear()} `;
  const two = (value) => String(value).padStart(2, "0");
  return `${day}${year}${two(at.getHours())}:${two(at.getMinutes())}`;
}

function sizeWords(value) {
  const bytes = num(value);
  if (!finite(bytes)) return withoutDigits(bytes);
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let [left, power] = [Math.abs(bytes), 0];
  while (power < units.length - 1 && left >= (power ? 1023.95 : 1023.5)) [left, power] = [left / 1024, power + 1];
  const digits = left >= LARGEST ? threeDigits(left) : left.toFixed(power ? 1 : 0);
  return `${bytes < 0 ? "−" : ""}${digits} ${digits === "1" ? "byte" : units[power]}`;
}

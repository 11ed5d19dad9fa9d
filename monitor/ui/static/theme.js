// The theme of this browser: the system's, light or dark. Streamlit draws the dialogs and reads its own choice once, at the
// start; so a choice is written where it looks, and the page is loaded again: the view stands in the address.

const THEMES = ["system", "light", "dark"];

function themeKey() {
  return `stActiveTheme-${location.pathname}-v2`;
}

function themeNow() {
  try {
    const kept = String(JSON.parse(localStorage.getItem(themeKey()))).toLowerCase();
    return THEMES.includes(kept) ? kept : "system";
  } catch {
    return "system";
  }
}

function nextTheme(theme) {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
}

// The cookie is for the first words, which the server sends before any script has run.
function chooseTheme(theme) {
  const keep = () => (theme === "system" ? localStorage.removeItem(themeKey()) : localStorage.setItem(themeKey(), JSON.stringify(capital(theme))));
  keep();
  // Streamlit writes its own theme there while it starts: once more when nothing of this page runs any longer.
  addEventListener("pagehide", keep);
  document.cookie = `${THEME_COOKIE}=${theme}; path=${location.pathname}; max-age=${theme === "system" ? 0 : 31_536_000}; samesite=strict`;
  location.reload();
}

function themeButton() {
  const theme = themeNow();
  const title = `Theme: ${theme}. Press for ${nextTheme(theme)}`;
  return h("button", { type: "button", class: "vs-button vs-quiet", title, "aria-label": title, "data-testid": "btn-theme", onclick: () => chooseTheme(nextTheme(theme)) }, { system: "◐", light: "☀", dark: "☾" }[theme]);
}

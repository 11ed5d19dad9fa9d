// What the address says about the view: tab, epoch, range, axes, compared runs. Never a token, never a wish to act.

const Address = {
  read(name) {
    return new URLSearchParams(location.search).get(name);
  },

  // Replaces, so that the browser's Back leaves the run rather than undoing a zoom.
  write(changes) {
    const address = new URL(location.href);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === undefined || value === "") address.searchParams.delete(name);
      else address.searchParams.set(name, value);
    }
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  },

  range() {
    const parts = (this.read("range") ?? "").split("~").map(Number);
    return parts.length === 2 && parts.every(Number.isFinite) && parts[0] < parts[1] ? parts : null;
  },
};

// What a person set on this browser: the theme of nothing here, but what they watch and have seen.
const Memory = {
  read(name, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(`vitalsigns.${name}`)) ?? otherwise;
    } catch {
      return otherwise;
    }
  },

  write(name, value) {
    try {
      localStorage.setItem(`vitalsigns.${name}`, JSON.stringify(value));
    } catch {
      // A browser that keeps nothing still shows everything.
    }
  },
};

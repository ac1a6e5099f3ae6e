// Paper or lamplight. The one script that runs before the first paint, so that nothing flashes.
(() => {
  const root = document.documentElement;

  // A browser that forbids storage still shows the page, in the device's own light.
  function stored() {
    try {
      return localStorage.getItem("theme") ?? "";
    } catch {
      return "";
    }
  }

  function show(value) {
    if (value === "light" || value === "dark") root.dataset.theme = value;
    else delete root.dataset.theme;
    for (const button of document.querySelectorAll("[data-theme-set]")) {
      button.ariaPressed = String(button.dataset.themeSet === (root.dataset.theme ?? ""));
    }
  }

  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-theme-set]");
    if (!button) return;
    show(button.dataset.themeSet);
    try {
      localStorage.setItem("theme", button.dataset.themeSet);
    } catch {
      // Kept for this page alone.
    }
  });

  document.addEventListener("DOMContentLoaded", () => show(stored()));
  show(stored());
})();

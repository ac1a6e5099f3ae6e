// Keys, dialogs for older browsers, and the cursor where it is needed. Every page works without it.

// `command="show-modal" commandfor="…"` needs no script where the browser knows it.
if (!("command" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[commandfor]");
    const dialog = button && document.getElementById(button.getAttribute("commandfor"));
    if (button?.getAttribute("command") === "show-modal") dialog?.showModal();
    if (button?.getAttribute("command") === "close") dialog?.close();
  });
}

const writing = "input, textarea, select, [contenteditable], dialog[open]";

// The field that adds something: the one in sight, or the sheet that a phone keeps it in.
function startAdding() {
  const field = [...document.querySelectorAll('[aria-keyshortcuts="q"]')].find((one) => one.checkVisibility());
  if (field) field.focus();
  else document.getElementById("add")?.showPopover();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(writing)) return;
  if (event.key === "q") startAdding();
  else if (event.key === "?") document.getElementById("keys")?.showModal();
  else return;
  event.preventDefault();
});

// What is chosen in a line that scrolls sideways is brought into sight.
for (const chosen of document.querySelectorAll(":is(.side-list, .scroll-x) [aria-current]")) {
  chosen.scrollIntoView({ inline: "center", block: "nearest" });
}

// A form that came back: the cursor goes to the first thing to put right.
document.querySelector("[aria-invalid='true']")?.focus();

// A second press while the first is still on its way would do the thing twice.
document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  setTimeout(() => {
    if (event.defaultPrevented || form.method !== "post") return; // htmx keeps its own count
    for (const button of form.querySelectorAll("button:not([type=button])")) button.disabled = true;
    submitter?.setAttribute("aria-busy", "true");
  });
});

// Back from the next page: the form is usable again.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  for (const button of document.querySelectorAll("button[disabled][aria-busy], form[method=post] button[disabled]")) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
});

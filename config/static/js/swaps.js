// Keeps the keyboard where it was when htmx swaps a piece of the page.
// htmx itself finds an element again by its id; this is for what is gone or has none.
const stops = "a[href], button:not([disabled]), input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
const settled = 40; // htmx takes 20 ms to settle what it swapped
let trail = [];

// Where the focus was within each named box around it, the nearest first.
function remember(focused) {
  const boxes = [];
  for (let box = focused.parentElement?.closest("[id]"); box; box = box.parentElement?.closest("[id]")) {
    boxes.push({ id: box.id, index: [...box.querySelectorAll(stops)].indexOf(focused) });
  }
  return boxes;
}

// What moved up into the same place of the nearest box that is still there, or else the page itself.
function findAgain() {
  for (const { id, index } of trail) {
    const inside = [...(document.getElementById(id)?.querySelectorAll(stops) ?? [])];
    if (inside.length) return inside[Math.min(index, inside.length - 1)];
  }
  return document.getElementById("main");
}

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const focused = document.activeElement;
  if (focused !== document.body && detail.target.contains(focused)) trail = remember(focused);
});

document.body.addEventListener("htmx:afterRequest", () => {
  setTimeout(() => {
    if (trail.length && document.activeElement === document.body) findAgain()?.focus({ preventScroll: true });
    trail = [];
  }, settled);
});

// A form that came back with errors: the cursor goes to the first thing to put right.
document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.xhr?.status === 422) detail.target.querySelector?.("[aria-invalid='true']")?.focus();
});

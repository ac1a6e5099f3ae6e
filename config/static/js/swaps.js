// Keeps the keyboard where it was when htmx swaps a piece of the page.
// htmx itself finds an element again by its id; this is for what is gone or has none.
let place = null;

const reachable = "a[href], button:not([disabled]), input:not([type=hidden]), select, textarea, summary, [tabindex='0']";

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const focused = document.activeElement;
  if (!detail.target.contains(focused) || focused === document.body) return;
  const list = focused.closest("ul, ol, table") ?? detail.target.parentElement;
  place = { list, index: [...(list?.querySelectorAll(reachable) ?? [])].indexOf(focused) };
});

document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  const invalid = detail.target.querySelector?.("[aria-invalid='true']");
  if (invalid) invalid.focus();
  else if (place && document.activeElement === document.body) settle(place);
  place = null;
});

// The neighbour that moved up into the same place, or else the page itself.
function settle({ list, index }) {
  const stops = list?.isConnected ? [...list.querySelectorAll(reachable)] : [];
  const next = stops[Math.min(index, stops.length - 1)] ?? document.getElementById("main");
  next?.focus({ preventScroll: true });
}

// Hears what others change. The server says only kind and id; whoever shows that kind fetches anew:
//   hx-trigger="live:task from:body delay:150ms"
// `<body data-live="…">` is where a ticket is had by POST: {"ticket", "url", "expires_in"}.
const ticketUrl = document.body.dataset.live;
const least = 1_000;
const most = 60_000;

let stream = null;
let renewal = 0;
let wait = least;
let missed = false;

function tell(kind, id) {
  document.body.dispatchEvent(new CustomEvent(`live:${kind}`, { detail: { kind, id } }));
}

// After a gap nobody knows what was missed, so everything on show looks once.
function catchUp() {
  const kinds = new Set();
  for (const one of document.querySelectorAll("[hx-trigger*='live:']")) {
    for (const [, kind] of one.getAttribute("hx-trigger").matchAll(/live:([\w-]+)/g)) kinds.add(kind);
  }
  for (const kind of kinds) tell(kind, null);
}

function retry() {
  clearTimeout(renewal);
  stream?.close();
  stream = null;
  missed = true;
  renewal = setTimeout(connect, wait * (0.8 + Math.random() * 0.4));
  wait = Math.min(wait * 2, most);
}

async function ticket() {
  const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  const answer = await fetch(ticketUrl, { method: "POST", headers, credentials: "same-origin", redirect: "error" });
  // Signed out or no longer a member: there is nothing to hear, and asking again would not help.
  if ([401, 403, 404].includes(answer.status)) return null;
  if (!answer.ok) throw new Error(`ticket: ${answer.status}`);
  return answer.json();
}

async function connect() {
  clearTimeout(renewal);
  let given;
  try {
    given = await ticket();
  } catch {
    return retry();
  }
  if (!given) return quiet();
  if (document.hidden) return rest();
  const address = new URL(given.url ?? "/live/", location.href);
  address.searchParams.set("ticket", given.ticket);
  const next = new EventSource(address);
  next.onmessage = ({ data }) => {
    const { kind, id } = JSON.parse(data);
    // Another role, or none any more: the next ticket tells.
    if (kind === "end") retry();
    else tell(kind, id);
  };
  next.onopen = () => {
    if (document.hidden) {
      next.close();
      return rest();
    }
    // The old stream is closed only now, so that nothing falls between the two.
    if (stream !== next) stream?.close();
    stream = next;
    wait = least;
    if (missed) catchUp();
    missed = false;
  };
  next.onerror = () => {
    next.close();
    if (stream === next || stream === null) retry();
  };
  const seconds = given.expires_in ?? 240;
  renewal = setTimeout(connect, Math.max(seconds - 30, seconds / 2) * 1_000);
}

function quiet() {
  clearTimeout(renewal);
  stream?.close();
  stream = null;
}

// A browser keeps six connections to a house: streams of tabs nobody looks at would block the rest.
function rest() {
  missed = true;
  quiet();
}

if (ticketUrl) {
  if (document.hidden) rest();
  else connect();
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : connect()));
  addEventListener("online", retry);
  addEventListener("pagehide", quiet);
  addEventListener("pageshow", ({ persisted }) => persisted && retry());
}

// Shows what is pushed and does what is tapped, also when no page is open. Served as /sw.js, so
// that all of the site is its scope. It keeps nothing and answers no requests: pages stay pages.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// What the payload says is in the reader's words already.
function read(data) {
  try {
    return data.json();
  } catch {
    return {};
  }
}

function show(said, more = {}) {
  const { title = "Guildhall", body = "", tag = "", url = "/", lang = "", acts = [] } = said;
  return self.registration.showNotification(title, {
    body,
    tag,
    lang,
    renotify: Boolean(tag),
    requireInteraction: Boolean(said.urgent),
    timestamp: said.due_at,
    icon: "/static/icon-192.png",
    badge: "/static/badge.png",
    actions: acts.map(({ action, title }) => ({ action, title })),
    data: { ...said, url, acts },
    ...more,
  });
}

self.addEventListener("push", (event) => event.waitUntil(show(read(event.data))));

async function open(url) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((page) => page.url === new URL(url, self.location.href).href);
  return there ? there.focus() : self.clients.openWindow(url);
}

// 409 is what was done already, by another phone or on the page: that is well, too.
async function press(act, said) {
  try {
    const answer = await fetch(act.url, {
      method: "POST",
      headers: { Accept: "application/json" },
      credentials: "omit",
      signal: AbortSignal.timeout(5_000),
    });
    if (answer.ok || answer.status === 409) return;
  } catch {
    // No connection: it comes back, so that it is not taken for done.
    await show(said, { renotify: false, silent: true });
  }
  await open(act.url);
}

self.addEventListener("notificationclick", (event) => {
  const said = event.notification.data ?? {};
  event.notification.close();
  const act = said.acts?.find(({ action }) => action === event.action);
  event.waitUntil(act ? press(act, said) : open(said.url ?? "/"));
});

// The push service gave this browser another address: the house has to know.
async function renew({ oldSubscription, newSubscription }) {
  if (!oldSubscription) return; // the page puts it right at the next visit
  const { applicationServerKey } = oldSubscription.options;
  const options = { userVisibleOnly: true, applicationServerKey };
  const fresh = newSubscription ?? (await self.registration.pushManager.subscribe(options));
  await fetch("/push/renew/", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    credentials: "omit",
    body: JSON.stringify({ old: oldSubscription.endpoint, subscription: fresh.toJSON() }),
  });
}

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

// Lets this browser take messages: asks the person, then hands the browser's address to the house.
// `#this-browser` has a paragraph for each state and the form that adds it.
const box = document.getElementById("this-browser");

function say(state) {
  for (const one of box.querySelectorAll("[data-state]")) one.hidden = !one.dataset.state.split(" ").includes(state);
}

function bytes(text) {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
}

function same(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

async function digest(text) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function subscription() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return registration?.pushManager.getSubscription();
}

// iPhones and iPads let only an app on the home screen take messages.
const wantsHomeScreen = () => navigator.standalone === false && !("PushManager" in window);
const isAble = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

async function state() {
  if (!window.isSecureContext) return "insecure";
  if (wantsHomeScreen()) return "home-screen";
  if (!isAble()) return "unable";
  if (Notification.permission === "denied") return "denied";
  const mine = Notification.permission === "granted" && (await subscription());
  const hash = mine && (await digest(mine.endpoint));
  if (!hash || !box.dataset.known.split(" ").includes(hash)) return "off";
  if (!box.dataset.here.split(" ").includes(hash)) await tell(hash);
  return "on";
}

// Signing out lets go of this browser, also when it was another session that let it in.
async function tell(hash) {
  const body = new FormData(box.querySelector("form"));
  body.set("hash", hash);
  await fetch(box.dataset.tell, { method: "POST", body, credentials: "same-origin", redirect: "error" }).catch(() => {});
}

async function subscribe() {
  const applicationServerKey = bytes(box.dataset.key);
  await navigator.serviceWorker.register("/sw.js");
  const { pushManager } = await navigator.serviceWorker.ready;
  const before = await pushManager.getSubscription();
  if (before && !same(new Uint8Array(before.options.applicationServerKey ?? []), applicationServerKey)) {
    await before.unsubscribe(); // of another key nothing of ours would reach it
  }
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
}

async function add(form) {
  say("asking");
  if ((await Notification.requestPermission()) !== "granted") return say(Notification.permission === "denied" ? "denied" : "off");
  try {
    const fresh = await subscribe();
    form.elements.subscription.value = JSON.stringify(fresh.toJSON());
  } catch {
    return say("failed");
  }
  form.submit();
}

if (box) {
  const form = box.querySelector("form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    add(form);
  });
  state().then(say, () => say("unable"));
}

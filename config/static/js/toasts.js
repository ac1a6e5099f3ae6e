// Toasts leave by themselves, later when they offer Undo, never while somebody is on them.
const region = document.getElementById("toasts");
const calm = 8_000;
const withUndo = 20_000;

function leave(toast) {
  toast.remove();
}

function watch(toast) {
  if (toast.dataset.tone === "late") return; // an error stays until it is closed
  const stay = toast.querySelector("form") ? withUndo : calm;
  let timer = setTimeout(leave, stay, toast);
  const hold = () => clearTimeout(timer);
  const release = () => {
    hold();
    timer = setTimeout(leave, stay, toast);
  };
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, hold);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, release);
}

// Says what the page itself has prepared in `<template id="toast-…">`, in the reader's language,
// or the server's own reason.
function say(id, reason = "") {
  const prepared = document.getElementById(id)?.content.firstElementChild;
  if (!prepared) return;
  const toast = prepared.cloneNode(true);
  if (reason) toast.querySelector("span").textContent = reason;
  if ([...region.children].some((one) => one.textContent.trim() === toast.textContent.trim())) return;
  region.append(toast);
}

function refusal({ responseText }) {
  return new DOMParser().parseFromString(responseText, "text/html").querySelector("[data-refusal]")?.textContent ?? "";
}

if (region) {
  region.querySelectorAll(".toast").forEach(watch);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) if (node.matches?.(".toast")) watch(node);
  }).observe(region, { childList: true });
  region.addEventListener("click", ({ target }) => {
    if (target.closest("[data-close]")) leave(target.closest(".toast"));
  });
  document.body.addEventListener("htmx:sendError", () => say("toast-offline"));
  document.body.addEventListener("htmx:timeout", () => say("toast-offline"));
  document.body.addEventListener("htmx:responseError", ({ detail }) => {
    const { status } = detail.xhr;
    const reason = refusal(detail.xhr);
    if (reason) say("toast-failed", reason);
    else if (status === 401) location.reload(); // signed out meanwhile: the server shows the door
    else if (status === 412) say("toast-stale");
    else if (status === 403 || status === 404) say("toast-gone");
    else say("toast-failed");
  });
}

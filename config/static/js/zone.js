// Puts in the browser's own time zone where nobody chose one yet.
const select = document.querySelector("select[data-zone]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (select && [...select.options].some(({ value }) => value === own)) select.value = own;


const { message, origin } = document.body.dataset;
if (window.opener && message && origin) {
  window.opener.postMessage(JSON.parse(message), origin);
}
if (window.opener) {
  const button = document.querySelector("button");
  button.hidden = false;
  button.addEventListener("click", () => window.close());
}

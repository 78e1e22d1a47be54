
const { message, origin, goesOnFrom } = document.body.dataset;
const find = (id) => document.getElementById(id);
if (window.opener && message && origin) {
  window.opener.postMessage(JSON.parse(message), origin);
}
if (window.opener) {
  find("close").hidden = false;
  find("close").addEventListener("click", () => window.close());
}
if (find("copy")) {
  find("copy").hidden = false;
  find("copy").addEventListener("click", async () => {
    find("link").select();
    try {
      await navigator.clipboard.writeText(find("link").value);
      find("copied").textContent = "Länken är kopierad.";
    } catch {
      find("copied").textContent = "Länken är markerad: kopiera den med Ctrl+C.";
    }
  });
}
// Only when the product's own page has just opened this one: after Back or a reload the person decides.
const [visit] = performance.getEntriesByType("navigation");
const cameFrom = document.referrer && new URL(document.referrer).origin;
if (goesOnFrom && cameFrom === goesOnFrom && visit && visit.type === "navigate") {
  document.forms[0].submit();
}

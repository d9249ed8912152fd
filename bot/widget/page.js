// Runs before the chat is defined, so that it opens in the right place at once. Puts the chosen place into the address and into the chat, so that a link to the page can carry it.
const chat = document.querySelector("legal-aid-chat");
const select = document.querySelector("#region");
const given = new URLSearchParams(location.search).get("region");

function apply(region) {
  if (region) chat.setAttribute("region", region);
  else chat.removeAttribute("region");
}

if (given && [...select.options].some((option) => option.value === given)) {
  select.value = given;
}
if (select.value) apply(select.value);
select.addEventListener("change", () => {
  const url = new URL(location.href);
  if (select.value) url.searchParams.set("region", select.value);
  else url.searchParams.delete("region");
  history.replaceState(null, "", url);
  apply(select.value);
});

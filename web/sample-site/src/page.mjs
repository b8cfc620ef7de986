/** The pages as text. The content is ours, and is escaped all the same. */
import * as icons from "lucide";

export const esc = (text) =>
  String(text).replace(/[&<>"']/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[sign]);

/** An icon of the library as SVG text. */
function icon(name, size = 24) {
  const parts = icons[name].map(([tag, attributes]) => `<${tag} ${Object.entries(attributes).map(([key, value]) => `${key}="${esc(value)}"`).join(" ")}/>`);
  return `<svg class="icon" width="${size}" height="${size}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${parts.join("")}</svg>`;
}

const LOGO = `<svg class="logo" viewBox="0 0 40 40" width="40" height="40" aria-hidden="true"><rect width="40" height="40" rx="10" fill="#0b5c8f"/><path d="M7 17c4-5 8-5 12 0s9 5 14-1" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/><path d="M7 26c4-5 8-5 12 0s9 5 14-1" fill="none" stroke="#8fd3f4" stroke-width="3" stroke-linecap="round"/></svg>`;

/** The whole page around its main part. The widget is the one script tag at the end. */
function shell(page, main) {
  return `<!doctype html>
<html lang="${page.lang}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
    <meta name="color-scheme" content="light dark">
    <title>${esc(page.title)}</title>
    <link rel="icon" href="logo.svg" type="image/svg+xml">
    <link rel="stylesheet" href="site.css">
  </head>
  <body>
    <a class="skip" href="#main">${esc(page.skip)}</a>
    <header class="top">
      <div class="wide top-row">
        <a class="brand" href="${page.lang === "en" ? "en.html" : "index.html"}">${LOGO}<span><strong>${esc(page.city)}</strong><small>${esc(page.cityNote)}</small></span></a>
        ${nav(page)}
        <a class="language" href="${page.other.href}" lang="${page.other.lang}" hreflang="${page.other.lang}">${esc(page.other.text)}</a>
      </div>
    </header>
    <main id="main" tabindex="-1">${main}</main>
    <footer class="foot">
      <div class="wide"><p>${esc(page.footer)}</p><p><a href="privacy.html">${esc(page.privacy)}</a></p></div>
    </footer>
    <script src="site.js" defer></script>${page.channel ? `
    <script src="/widget/loader.js" data-channel="${esc(page.channel)}" data-color="#0b5c8f" data-locale="${page.lang}" async></script>` : ""}
  </body>
</html>
`;
}

function nav(page) {
  if (!page.channel) return "";
  const links = page.nav.map(([text, href]) => `<li><a href="${href}">${esc(text)}</a></li>`).join("");
  return `<nav aria-label="${esc(page.title)}"><ul>${links}</ul></nav>`;
}

/** A portal page: search, services, guides, news, ways to reach us. */
export function portal(page) {
  const words = page.words.map((word) => `<button type="button" class="word" data-word="${esc(word)}">${esc(word)}</button>`).join("");
  const tiles = page.services.map((one) =>
    `<li class="tile-box" data-text="${esc(`${one.name} ${one.note} ${one.text}`)}"><a class="tile" href="#${one.id}"><span class="tile-icon">${icon(one.icon, 26)}</span><span><strong>${esc(one.name)}</strong><small>${esc(one.note)}</small></span></a></li>`).join("");
  const guides = page.services.map((one, n) =>
    `<details id="${one.id}"${n === 0 ? " open" : ""}><summary>${esc(one.name)}${icon("ChevronDown", 20)}</summary><p>${esc(one.text)}</p></details>`).join("");
  const news = page.news.map(([date, text]) => `<li><time datetime="${date}">${date.slice(5)}</time><span>${esc(text)}</span></li>`).join("");
  return shell(page, `
      <section class="hero"><div class="wide">
        <h1>${esc(page.hero)}</h1>
        <p>${esc(page.heroNote)}</p>
        <form class="search" role="search"><label class="sr" for="search">${esc(page.searchLabel)}</label>
          ${icon("Search", 22)}<input id="search" type="search" placeholder="${esc(page.searchPlaceholder)}" autocomplete="off"><button type="submit">${esc(page.search)}</button></form>
        <p class="words">${words}</p>
      </div></section>
      <section class="wide block" id="services" aria-labelledby="services-title">
        <h2 id="services-title">${esc(page.servicesTitle)}</h2>
        <ul class="tiles">${tiles}</ul>
        <p class="none" role="status" data-none="${esc(page.none)}"></p>
      </section>
      <div class="wide columns">
        <section class="block" id="guide" aria-labelledby="guide-title"><h2 id="guide-title">${esc(page.guideTitle)}</h2><div class="guides">${guides}</div></section>
        <section class="block" id="news" aria-labelledby="news-title"><h2 id="news-title">${esc(page.newsTitle)}</h2><ul class="news">${news}</ul></section>
      </div>
      <section class="wide block" id="contact" aria-labelledby="contact-title">
        <h2 id="contact-title">${esc(page.contactTitle)}</h2>
        <div class="ways">
          <div class="way way-first">${icon("MessageCircle", 28)}<h3>${esc(page.chat.title)}</h3><p>${esc(page.chat.text)}</p><button type="button" class="ask" data-chat>${esc(page.chat.button)}</button></div>
          <div class="way">${icon("Landmark", 28)}<h3>${esc(page.hall.title)}</h3><p>${esc(page.hall.text)}</p></div>
          <div class="way">${icon("Star", 28)}<h3>${esc(page.rate.title)}</h3><p>${esc(page.rate.text)}</p></div>
        </div>
      </section>`);
}

/** A page of plain paragraphs. */
export function plain(page) {
  const text = page.paragraphs.map((paragraph) => `<p>${esc(paragraph)}</p>`).join("");
  return shell(page, `<article class="wide article"><h1>${esc(page.heading)}</h1>${text}<p><a href="index.html">${esc(page.home)}</a></p></article>`);
}

// Opens the front page in Firefox over WebDriver BiDi and prints what is drawn there: node first_view.js FIREFOX URL

import puppeteer from "puppeteer-core";

const [executablePath, url] = process.argv.slice(2);
const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
const page = await browser.newPage();
const complaints = [];
page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
page.on("pageerror", (error) => complaints.push(String(error)));
await page.setViewport({ width: 1280, height: 900 });
await page.goto(url);
await page.waitForSelector("#map svg[role=group] .dot", { timeout: 120_000 });
await page.waitForSelector("#timeline a", { timeout: 120_000 });
await page.waitForSelector("#main[aria-busy=false]", { timeout: 120_000 });
const found = await page.evaluate(() => {
  const bottom = (selector) => document.querySelector(selector).getBoundingClientRect().bottom;
  const count = (selector) => document.querySelectorAll(selector).length;
  return {
    bottoms: [bottom("#map svg[role=group]"), bottom("#timeline .histogram"), bottom("#figures .figure h3")],
    states: [...document.querySelectorAll("[data-panel]")].map(({ dataset }) => dataset.state),
    dots: count("#map .dot"), rows: count("#timeline a"), provinces: count("#map .province"), options: count("[name=kind] option"),
    width: document.documentElement.scrollWidth,
  };
});
await page.select("[name=kind]", "joint_raid");
await page.waitForFunction(() => location.search === "?kind=joint_raid" && document.getElementById("status").textContent.startsWith("6 of 6"), { timeout: 120_000 });
console.log(JSON.stringify({ ...found, complaints, after: await page.$$eval("#list .incident", (cards) => cards.length) }));
await browser.close();

// Buttons that copy a text, and say whether that was allowed.

import { h } from "./dom.js";
import { t } from "./texts.js";

export function copyButton(name, text) {
  const label = t("copy", { name });
  const button = h("button", { type: "button", onclick: copy }, label);
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = t("copied");
    } catch {
      button.textContent = t("copy.refused");
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  }
  return button;
}

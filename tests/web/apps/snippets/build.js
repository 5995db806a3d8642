// Makes a script `out/NAME.js` for a page of each snippet named: a React component (.jsx), a Svelte one (.svelte) or an
// Observable notebook (.html). It draws into <main>.
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { deserialize, transpile } from "@observablehq/notebook-kit";
import { build } from "esbuild";
import { JSDOM } from "jsdom";
import { compile } from "svelte/compiler";

const entries = {
  ".jsx": (file) => `
    import { createElement } from "react";
    import { createRoot } from "react-dom/client";
    import Snippet from "./${file}";
    createRoot(document.querySelector("main")).render(createElement(Snippet));`,
  ".svelte": (file) => `
    import { mount } from "svelte";
    import Snippet from "./${file}";
    mount(Snippet, { target: document.querySelector("main") });`,
  ".html": (file) => notebook(readFileSync(file, "utf-8")),
};

/** Defines the cells of a notebook, as Observable's own kit does. */
function notebook(source) {
  const { cells } = deserialize(source, { parser: new (new JSDOM().window.DOMParser)() });
  const defined = cells.map((cell) => {
    const { body, ...definition } = transpile(cell);
    const root = `document.querySelector("main").appendChild(document.createElement("div"))`;
    const state = `{ root: ${root}, expanded: [], variables: [] }`;
    return `runtime.define(${state}, { id: ${cell.id}, body: ${body}, ...${JSON.stringify(definition)} });`;
  });
  return `
    import { NotebookRuntime } from "@observablehq/notebook-kit/runtime";
    const runtime = new NotebookRuntime();
    ${defined.join("\n")}`;
}

const svelte = {
  name: "svelte",
  setup({ onLoad }) {
    onLoad({ filter: /\.svelte$/ }, ({ path }) => ({
      contents: compile(readFileSync(path, "utf-8"), { generate: "client" }).js.code,
      loader: "js",
    }));
  },
};

/** Observable's runtime gets its libraries from a CDN. Here Plot comes from its package; the others are not used. */
const libraries = {
  name: "libraries",
  setup({ onLoad, onResolve, resolve }) {
    onResolve({ filter: /^https:/ }, ({ path }) =>
      path.includes("/@observablehq/plot/")
        ? resolve("@observablehq/plot", { kind: "import-statement", resolveDir: "." })
        : { path, namespace: "none" },
    );
    onLoad({ filter: /^/, namespace: "none" }, () => ({ contents: "module.exports = {}" }));
  },
};

for (const file of process.argv.slice(2)) {
  await build({
    stdin: { contents: entries[extname(file)](file), resolveDir: "." },
    outfile: `out/${file}.js`,
    bundle: true,
    format: "esm",
    jsx: "automatic",
    conditions: ["browser", "production"],
    define: { "process.env.NODE_ENV": '"production"' },
    loader: { ".css": "empty" },
    plugins: [svelte, libraries],
  });
}

// Bundles src/ into leakguard/ui/static: names that hold a hash of the content, and a manifest of them.
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? path.join(here, "..", "leakguard", "ui", "static");

/** The page allows no string to become markup, not even an empty one: what empties an element by innerHTML
 *  is told to empty it by its own method instead. */
const noMarkup = {
  name: "no-markup",
  setup(bundle) {
    bundle.onLoad({ filter: /zrender[\\/]lib[\\/]canvas[\\/]Painter\.js$/ }, async ({ path: file }) => {
      const source = await readFile(file, "utf8");
      const contents = source.replaceAll(/(\w+(?:\.\w+)*)\.innerHTML = ''/g, "$1.replaceChildren()");
      if (contents === source || contents.includes("innerHTML")) throw new Error(`${file} is not as it was`);
      return { contents, loader: "js" };
    });
  },
};

const result = await build({
  entryPoints: { app: path.join(here, "src", "main.ts") },
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  legalComments: "none", // licenses.txt has them whole
  metafile: true,
  outdir: target,
  entryNames: "[name].[hash]",
  chunkNames: "part.[hash]",
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [noMarkup],
  logLevel: "warning",
  write: false,
});

/** The licences of the packages whose code is in the bundle. */
async function licenses() {
  const names = new Set();
  for (const input of Object.keys(result.metafile.inputs)) {
    const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) names.add(found[1]);
  }
  const texts = [];
  for (const name of [...names].sort()) {
    const folder = path.join(here, "node_modules", name);
    const { version, license } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    const files = (await readdir(folder, { withFileTypes: true }))
      .filter((file) => file.isFile() && /^(licen[cs]e|notice)/i.test(file.name))
      .map((file) => path.join(folder, file.name));
    const bodies = await Promise.all(files.sort().map((file) => readFile(file, "utf8")));
    texts.push([`==== ${name} ${version} (${license})`, ...bodies].join("\n\n"));
  }
  return `Parts of other projects are in these files, under the licences below.\n\n${texts.join("\n\n")}`;
}

const manifest = {};
const outputs = Object.entries(result.metafile.outputs);
// what the script imports at once: the page has it fetched together with the script
const [, entry] = outputs.find(([, output]) => output.entryPoint?.endsWith("main.ts"));
const early = new Set(entry.imports.filter((one) => one.kind === "import-statement").map((one) => path.basename(one.path)));
let part = 0;
for (const [file, output] of outputs) {
  const name = path.basename(file);
  if (early.has(name)) manifest[`early${early.size > 1 ? ++part : ""}.js`] = name;
  else if (output.entryPoint?.endsWith("main.ts")) manifest["app.js"] = name;
  else if (name.startsWith("app.") && name.endsWith(".css")) manifest["app.css"] = name;
  else if (name.endsWith(".js")) manifest[`part${++part}.js`] = name;
}

await mkdir(target, { recursive: true });
for (const old of await readdir(target)) await rm(path.join(target, old));
for (const file of result.outputFiles) await writeFile(path.join(target, path.basename(file.path)), file.contents);
await writeFile(path.join(target, "licenses.txt"), await licenses());
// Last: who finds a manifest finds all that it names.
await writeFile(path.join(target, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
for (const file of result.outputFiles) {
  console.log(`${path.basename(file.path)}  ${(file.contents.length / 1000).toFixed(1)} kB`);
}

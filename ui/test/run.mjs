// Bundles the tests and runs them with Node's own test runner.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const target = mkdtempSync(path.join(here, ".built-"));
try {
  await build({
    entryPoints: readdirSync(here).filter((name) => name.endsWith(".test.ts")).map((name) => path.join(here, name)),
    bundle: true,
    platform: "node",
    format: "esm",
    outdir: target,
    outExtension: { ".js": ".mjs" },
    logLevel: "warning",
  });
  const built = readdirSync(target).map((name) => path.join(target, name));
  process.exitCode = spawnSync(process.execPath, ["--test", ...built], { stdio: "inherit" }).status ?? 1;
} finally {
  rmSync(target, { recursive: true });
}

// Reads an AsyncAPI document from standard input; prints what is wrong with it. Exit code 1 if anything is.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(readFileSync(0, "utf8"));
const wrong = diagnostics.filter(({ severity }) => severity <= 1); // errors and warnings
for (const { message, path } of wrong) console.log(`${path.join(".")}: ${message}`);
console.log(`${document?.channels().length ?? 0} channels, ${document?.operations().length ?? 0} operations, ${wrong.length} problems`);
process.exit(document && wrong.length === 0 ? 0 : 1);

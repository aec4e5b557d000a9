// Reads a JSON list of texts and writes the list of their token counts (o200k_base).
import { readFileSync } from "node:fs";

import { countTokens } from "gpt-tokenizer/encoding/o200k_base";

const texts = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(texts.map((text) => countTokens(text))));

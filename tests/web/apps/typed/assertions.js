// Prints every place where a program asserts a type instead of having it: `as`, `<T>x`, `x!`, `any`, `@ts-` comments.
import { readFileSync } from "node:fs";
import ts from "typescript";

const ASSERTIONS = [ts.SyntaxKind.AsExpression, ts.SyntaxKind.TypeAssertionExpression, ts.SyntaxKind.NonNullExpression, ts.SyntaxKind.AnyKeyword];

for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, "utf8"), source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const say = (position, words) => console.log(`${file}:${source.getLineAndCharacterOfPosition(position).line + 1}: ${words}`);
  const visit = (node) => {
    if (ASSERTIONS.includes(node.kind)) say(node.getStart(), node.getText());
    ts.forEachChild(node, visit);
  };
  visit(source);
  for (const { index } of text.matchAll(/@ts-/g)) say(index, "@ts-");
}

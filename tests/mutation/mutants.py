"""The ways to break a detector: each yields mutants of a C source in the style of this house.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import dataclasses
import re

# What is no code, and what is no logic: the tables of cases and thresholds stand outside of functions.
NO_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
FUNCTION = re.compile(r"^\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
FILE_CONSTANTS = re.compile(r"^(?:enum\b[^{;]*\{(.*?)\}|#define \w+ (.*?)$)", re.MULTILINE | re.DOTALL)

COMPARISON = re.compile(r" (<=|>=|<|>|==|!=) ")
MOVED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
LOGIC = re.compile(r" (&&|\|\|)\s")
IF = re.compile(r"\bif \(")
LEAVES = re.compile(r"\s*\{?\s*(return|continue|break)\b")
STATEMENT = re.compile(r"(?<=[;{})\n])\s*\n[ ]+([a-z_*(][^;{}]*;)")
NO_EFFECT = re.compile(r"(return|break|continue|goto|else|for|if|while|switch|case|default|do|static|const|struct|enum|union|"
                       r"unsigned|int|bool|char|double|size_t|u?int\d+_t)\b")
WAS = "{was}"
# A larger buffer holds the same text.
BUFFERS = re.compile(r"^[ ]+char \w+\[[^;={]*", re.MULTILINE)
NUMBER = re.compile(r"(?<![\w.])(\d+)(?=[uUlL]*\b(?!\.))")


@dataclasses.dataclass(frozen=True)
class Mutant:
    kind: str
    start: int
    end: int
    text: str  # instead of source[start:end], which may stand in it as WAS

    def apply(self, source):
        return source[:self.start] + self.text.replace(WAS, source[self.start:self.end]) + source[self.end:]

    def line(self, source):
        return source.count("\n", 0, self.start) + 1

    def change(self, source):
        """What was there, and what is there instead."""
        was = " ".join(source[self.start:self.end].split())
        return was, self.text.strip().replace(WAS, was)

    def describe(self, source):
        return f"{self.line(source)}: {self.kind}: {' -> '.join(self.change(source))}"


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def only(source, spans):
    """The source with blanks for all that stands in none of the spans."""
    code, at = "", 0
    for start, end in sorted(spans):
        code += blank(source[at:start]) + source[start:end]
        at = end
    return code + blank(source[at:])


def closing(code, start):
    """Where the parenthesis that opens at start is closed."""
    depth = 0
    for at in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[at], 0)
        if depth == 0:
            return at
    return len(code)


def operand_before(code, at):
    """Where the operand of && or || in front of `at` begins."""
    depth = 0
    while at > 0:
        at -= 1
        depth += {")": 1, "]": 1, "(": -1, "[": -1}.get(code[at], 0)
        if depth < 0 or code[at] in ";{},?" and depth == 0:
            return at + 1
        assigns = re.match(r" [-+|&]?= |return ", code[at:at + 7])
        if depth == 0 and (code[at - 1:at + 1] in ("&&", "||") or assigns):
            return at + (assigns.end() if assigns else 1)
    return 0


def operand_behind(code, at):
    """Where the operand of && or || that begins at `at` ends."""
    depth = 0
    for at in range(at, len(code)):
        if depth == 0 and (code[at] in ");,?" or code[at:at + 2] in ("&&", "||")):
            return at
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(code[at], 0)
    return len(code)


def drop_guards(code):
    """An operand of a chain of conditions, or an `if` that leaves."""
    for found in LOGIC.finditer(code):
        neutral = "true" if found[1] == "&&" else "false"
        start = operand_before(code, found.start())
        yield Mutant("guard dropped", start, found.start(), f" {neutral}")
        end = operand_behind(code, found.end())
        if not LOGIC.match(code, end - 1):  # else it is the next one's left operand
            yield Mutant("guard dropped", found.end(), end, neutral)
    for found in IF.finditer(code):
        end = closing(code, found.end() - 1)
        if LEAVES.match(code, end + 1):
            yield Mutant("guard dropped", found.end(), end, "false")


def negate_conditions(code):
    for found in IF.finditer(code):
        end = closing(code, found.end() - 1)
        yield Mutant("condition negated", found.end(), end, f"!({WAS})")
    for found in COMPARISON.finditer(code):
        if found[1] in ("==", "!="):
            yield Mutant("condition negated", found.start(1), found.end(1), MOVED[found[1]])


def move_comparisons(code):
    for found in COMPARISON.finditer(code):
        if found[1] not in ("==", "!="):
            yield Mutant("comparison moved", found.start(1), found.end(1), MOVED[found[1]])


def delete_statements(code):
    for found in STATEMENT.finditer(code):
        if not NO_EFFECT.match(found[1]):
            yield Mutant("statement deleted", found.start(1), found.end(1), ";")


def change_constants(code):
    code = BUFFERS.sub(lambda found: blank(found[0]), code)
    for found in NUMBER.finditer(code):
        number = int(found[1])
        yield Mutant("constant changed", found.start(1), found.end(1), str(number + 1 if number <= 2 else 2 * number))


def mutants_of(source):
    """All mutants, kind by kind: [[Mutant]]."""
    code = NO_CODE.sub(lambda found: blank(found[0]), source)
    functions = [found.span(1) for found in FUNCTION.finditer(code)]
    constants = [found.span(found.lastindex) for found in FILE_CONSTANTS.finditer(code)]
    logic = only(code, functions)
    return [list(kind(logic)) for kind in (drop_guards, negate_conditions, move_comparisons, delete_statements)] + \
        [list(change_constants(only(code, functions + constants)))]

"""All mutants of a source in one program: serve.c says which one runs.

To compile and link each mutant costs ten times what it takes to notice it. What C asks to be constant (a size, an initializer, an
enumerator) can't be switched. The program knows the mutants whose place was passed: a test that does not pass there can't notice one.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re

from mutants import NO_CODE, blank

HEADER = """extern int netcase_mutant;
extern unsigned char netcase_reached[];
static inline int
netcase_runs(int mutant)
{
    netcase_reached[mutant] = 1;
    return netcase_mutant == mutant;
}
"""
OPENING, CLOSING = "([", ")]"


def is_boundary(code, at):
    assigns = code[at] == "=" and code[at - 1] not in "=<>!" and code[at + 1] != "="
    return code[at] in ";,{}?:" or code[at:at + 2] in ("&&", "||") or code[at - 1:at + 1] in ("&&", "||") or assigns


def expression_around(code, start, end):
    """The comparison whose operator stands there."""
    depth = 0
    while start > 0 and not (depth == 0 and (is_boundary(code, start - 1) or code[start - 1] in OPENING)):
        start -= 1
        depth += (code[start] in CLOSING) - (code[start] in OPENING)
    returns = re.match(r"\s*return\b", code[start:end])
    start += returns.end() if returns else 0
    while end < len(code) and not (depth == 0 and (is_boundary(code, end) or code[end] in CLOSING)):
        depth += (code[end] in OPENING) - (code[end] in CLOSING)
        end += 1
    return start, end


class Switch:
    """A mutant, the expression or statement that it changes, and what becomes of that."""

    def __init__(self, number, mutant, source, code):
        self.number, self.mutant = number, mutant
        self.start, self.end = mutant.start, mutant.end
        if re.fullmatch(r"[<>=!]=?", source[self.start:self.end]):
            self.start, self.end = expression_around(code, self.start, self.end)
        elif mutant.kind == "constant changed":
            self.end += len(re.match(r"[uUlL]*", source[self.end:])[0])
        changed = mutant.apply(source)
        self.text = " ".join(changed[self.start:self.end + len(changed) - len(source)].split())

    def around(self, text):
        if self.mutant.kind == "statement deleted":
            return f"{{ if (!netcase_runs({self.number})) {text} }}"
        return f" (netcase_runs({self.number}) ? ({self.text}) : ({text}))"

    def lines(self, source):
        first, last = (source.count("\n", 0, at) + 1 for at in (self.start, self.end))
        return set(range(first, last + 1))

    def crosses(self, other):
        return self.start < other.start < self.end < other.end or other.start < self.start < other.end < self.end


def render(source, start, end, switches):
    """The source from start to end, with the switches in it, the outermost of which come first."""
    made, at = "", start
    while switches:
        outer = switches[0]
        inner = [switch for switch in switches[1:] if switch.start < outer.end]
        switches = switches[1 + len(inner):]
        made += source[at:outer.start] + outer.around(render(source, outer.start, outer.end, inner))
        at = outer.end
    return made + source[at:end]


class Switched:
    """A source with as many of the mutants [(number, Mutant)] in it as the compiler takes."""

    def __init__(self, source, numbered, errors_of):
        code = NO_CODE.sub(lambda found: blank(found[0]), source)
        switches = sorted((Switch(number, mutant, source, code) for number, mutant in numbered),
                          key=lambda switch: (switch.start, -switch.end, switch.number))
        kept = []
        for switch in switches:
            if not any(switch.crosses(other) for other in kept):
                kept.append(switch)
        self.text = render(source, 0, len(source), kept)
        while lines := errors_of(self.text):
            kept = self.without(source, kept, lines)
            self.text = render(source, 0, len(source), kept)
        self.numbers = {switch.number for switch in kept}

    @staticmethod
    def without(source, switches, lines):
        """Some compilers name the line behind the one that is wrong."""
        for wrong in (lines, lines | {line - 1 for line in lines}):
            right = [switch for switch in switches if not switch.lines(source) & wrong]
            if len(right) < len(switches):
                return right
        return []

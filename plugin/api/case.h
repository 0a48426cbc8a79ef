/* A case: one documented failure pattern, with the words that tell a person about it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_CASE_H
#define NETCASE_API_CASE_H

#include <stddef.h>
#include <stdint.h>

enum severity { SEVERITY_CHAT, SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

/* POSSIBLE: another cause explains the packets as well, and the text says which.
 * CONFIRMED: the packets prove it. */
enum confidence { CONFIDENCE_POSSIBLE, CONFIDENCE_LIKELY, CONFIDENCE_CONFIRMED };

/* The texts of a case, in English. `causes` (most likely first, with the packets that speak
 * for each) and `checks` (commands or console steps, in order) hold one item a line.
 *
 * {name} stands for a fact of facts.def; {name.address} and {name.port} stand for the halves of an
 * endpoint. A part in [brackets] is shown only if every fact named in it was given; {?name} shows
 * nothing and only asks for the fact, {!name} asks for its absence. Brackets do not nest and end in
 * their line; a literal brace or bracket is doubled. An item that comes out empty is left out.
 *
 * A check may end with one command, in `backticks`, behind which only a condition and a closing bracket
 * may stand. A command runs in a shell as it is; what a person has to fill in has capitals (FILE), and
 * the words say what it is. Lines for a file or a console are words.
 * A fact in a command is one shell word, quoted if need be, or a part of one (name={name}), so that
 * no text of a capture acts in a shell. Therefore it stands outside of quotes; only addresses, ports and
 * frames may stand inside ('port {server.port}'). A command has neither a backslash outside of single quotes
 * nor $'...'. That the tool takes the word for what it is, is up to the command: a name may begin with
 * '-', '+' or '@', so say `dig -q {name}`, `grep -e {name}`, `curl -g`. text_check() enforces all but this last. */
struct case_text {
    const char *title;
    const char *summary;
    const char *causes;
    const char *checks;
    const char *disproof;
};

/* Static and constant. `id` is public: `family.case`, the value of `netcase.expert`; once released
 * it keeps its meaning. `source` names the document that the case comes from. The texts in Chinese are in
 * plugin/texts/zh_CN.po. */
struct case_info {
    const char *id;
    enum severity severity;
    struct case_text english;
    const char *source;
    /* Look-alikes, one a line, on which the case stays silent: docs/cases.md shows them, captures/ has a capture and
     * tests/scenarios/ a scenario for each, with a comment `# look-alike: ID "LINE"`. May be NULL. */
    const char *silent_on;
};

/* What a setting or a measured value is called, and a sentence on what it is. */
struct wording {
    const char *label;
    const char *help; /* with the unit */
};

/* A number that the user can set: a preference `netcase.<family>_<name>`. Limits are checked, the
 * default is used instead of a value outside of them, with a message that names it. */
struct threshold {
    const char *name;
    struct wording english;
    unsigned default_value, minimum, maximum;
};

enum fact_name {
#define FACT(name, type, label, help) FACT_##name,
#include "facts.def"
#undef FACT
    FACT_COUNT
};

#endif

"""What a stranger may write where netcase reads: for lab/hostile.py, which puts it into captures, and for tests/e2e/hostile.py.

A shell, a tool or a page that takes any of it for its own runs `pwn`, shows what is not there, or leaves its place.
"""

# The first is harmless: the others must do no more than it does. At most 63 bytes, so that each can be a label of a DNS name.
TEXTS = [
    "plain",
    "$(pwn)`pwn`${IFS}pwn",
    "';pwn;'\"&&pwn;\"",
    "a;pwn|pwn&pwn\npwn",
    "-oX",
    "@pwn",
    "+pwn -x",
    "{a,b} *~ [c] ?",
    "a: pwn>pwn<pwn\\#!!",
    "``<b>![x](y)</b>*e*_f_~~g~~&amp;|h@pwn",
]
DOMAIN = "www.pwn.example"  # what begins with www becomes a link on some pages
CONTROLS = "\x1b[31mred\x07\x9b2J\u202e\u2028"  # terminal, C1, bidirectional, line separator


def dns_name(text):
    """A name whose first label is the text, as bytes that scapy splits at the dots."""
    return text.encode() + b"." + DOMAIN.encode()


def without_spaces(text):
    """For where a space or line break ends the text: a URI, a server name."""
    return "".join(text.split())

"""Writes core/src/main/resources/dev/currywurst/text/unicode-tables.txt.

The reference tokenizer mixes three editions of Unicode: its regular expressions, its lower-casing
and its normalisation come from three libraries. So each table is asked of the reference itself,
one code point at a time. Only the ages of characters come from elsewhere (Perl's copy of
DerivedAge.txt).

    python core/src/test/reference/unicode_tables.py > core/src/main/resources/.../unicode-tables.txt
"""

import subprocess
import textwrap

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def matching(expression):
    remove = normalizers.Replace(Regex(expression), "")
    return [c for c in CODE_POINTS if remove.normalize_str(chr(c)) == ""]


def word_characters():
    """The \\w of added tokens that want to stand alone: it comes from yet another library."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.add_tokens([AddedToken("x", single_word=True)])
    return [c for c in CODE_POINTS if tokenizer.encode("x" + chr(c)).ids == []]


def assigned(version):
    program = (
        r"no warnings; for my $c (0..0xD7FF, 0xE000..0x10FFFF)"
        r' { print "$c\n" if chr($c) =~ /\p{Present_In: VERSION}/ }'
    ).replace("VERSION", version)
    output = subprocess.run(["perl", "-e", program], capture_output=True, text=True, check=True)
    return list(map(int, output.stdout.split()))


def runs(values):
    """[first, last] of each unbroken run."""
    result = []
    for value in values:
        if result and value == result[-1][1] + 1:
            result[-1][1] = value
        else:
            result.append([value, value])
    return [f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in result]


def lower_case():
    """FIRST-LAST/STEP+SHIFT: every STEP-th code point moves by SHIFT (hexadecimal but for STEP)."""
    lower = normalizers.Lowercase()
    moves = []
    for c in CODE_POINTS:
        low = lower.normalize_str(chr(c))
        if len(low) == 1 and low != chr(c):
            moves.append((c, ord(low) - c))
        elif len(low) != 1:
            assert c == 0x130 and low == "i\u0307", f"{c:X} needs a rule of its own"
    result = []  # first, last, step, shift
    for c, shift in moves:
        if result and result[-1][3] == shift:
            first, last, step, _ = result[-1]
            if c - last == step or (first == last and c - last in (1, 2)):
                result[-1] = (first, c, c - last, shift)
                continue
        result.append((c, c, 1, shift))
    return [f"{first:X}-{last:X}/{step}{shift:+X}" for first, last, step, shift in result]


def main():
    print(f"# How tokenizers {tokenizers.__version__} sees Unicode, written by unicode_tables.py.")
    for name, entries in (
        ("letter", runs(matching(r"\p{L}"))),
        ("number", runs(matching(r"\p{N}"))),
        ("word", runs(word_characters())),
        ("space", runs(matching(r"\s"))),
        ("normalized", runs(assigned("9.0"))),
        ("lower", lower_case()),
    ):
        for line in textwrap.wrap(" ".join(entries), 100 - len(name) - 1, break_on_hyphens=False):
            print(name, line)


if __name__ == "__main__":
    main()

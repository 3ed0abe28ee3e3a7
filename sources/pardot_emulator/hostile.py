"""Text that breaks careless readers, by a name that says what it breaks.

Every account the emulator makes up carries all of it, in activity details, in names that other rows join to
and in custom fields, so that no test has to remember to ask for it. None of it is empty: an empty text and
an absent value look the same in CSV, which makes the empty text impossible to deliver and pointless to test
here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

HOSTILE_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        # CSV syntax
        "quotes": 'The "best" offer',
        "doubled_quotes": '""doubled"" already',
        "only_a_quote": '"',
        "only_two_quotes": '""',
        "comma": "Red, green, and blue",
        "leading_comma": ",starts with a comma",
        "quote_comma_newline": 'end of field",\n"start of another',
        "semicolon_and_pipe": "a;b|c",
        "backslashes": "C:\\temp\\new\\",
        "backslash_n": "not a newline: \\n",
        "backslash_quote": 'ends in a backslash and a quote\\"',
        "single_quote": "O'Brien's",
        "backtick": "`rm` -- ; drop table prospects",
        # line ends, real and supposed
        "newline": "first line\nsecond line",
        "crlf": "first line\r\nsecond line",
        "lone_cr": "first line\rsecond line",
        "trailing_newline": "ends with a newline\n",
        "blank_lines": "above\n\n\nbelow",
        "tab": "left\tright",
        "vertical_tab_and_form_feed": "one\x0btwo\x0cthree",
        "next_line": "one\u0085two",
        "line_separator": "one\u2028two",
        "paragraph_separator": "one\u2029two",
        # characters outside of ASCII
        "emoji": "Launch 🚀 party 👩‍👩‍👧‍👦 👍🏽",
        "right_to_left": "مرحبا بالعالم",
        "mixed_direction": "offer \u202eעברית\u202c 2 for 1",
        "accents": "Zoë Müller-Łukasiewicz, São Paulo",
        "combining": "Cafe\u0301",
        "chinese_and_japanese": "名字 カタカナ",
        "byte_order_mark": "\ufeffstarts with a byte order mark",
        "beyond_the_basic_plane": "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠜎",
        # words that readers take for an absent value
        "na": "NA",
        "n_slash_a": "N/A",
        "null_lower": "null",
        "null_upper": "NULL",
        "none": "None",
        "nan": "nan",
        "sqlite_copy_null": "\\N",
        # words that readers take for a number, a date or a boolean
        "leading_zeros": "007",
        "exponent": "1e5",
        "infinity": "inf",
        "true": "TRUE",
        "false": "false",
        "twenty_digits": "12345678901234567890",
        "long_fraction": "0.10000000000000000001",
        "thousands": "1,234.50",
        "date_like": "2024-02-30",
        "hexadecimal": "0x1F",
        # formulas, for whoever opens the file in a spreadsheet
        "formula": "=1+1",
        "formula_call": '=HYPERLINK("https://example.com","click")',
        "plus": "+15550100",
        "minus": "-2+3",
        "at": "@SUM(A1:A9)",
        # markup, for whoever shows it on a page
        "html_entities": "Tom &amp; Jerry &lt;3 &quot;cheese&quot; &#39;",
        "raw_ampersand": "R&D <dept>",
        "script": "<script>alert('activity')</script>",
        "image_handler": '"><img src=x onerror=alert(1)>',
        "template": "{{ 7 * 7 }} ${7*7} {% raw %}",
        "markdown": "[click](javascript:alert(1)) **bold**",
        "terminal_codes": "\x1b[31mred\x1b[0m",
        "percent": "100% %s %(name)s",
        "braces": "{0} {name}",
        # text that looks empty or is trimmed
        "leading_space": "  two spaces before",
        "trailing_space": "two spaces after  ",
        "one_space": " ",
        "no_break_space": "\u00a0",
        "zero_width_space": "\u200b",
        "long": "Long story " * 180 + "end",
    }
)

#: The texts that a name can be without breaking the line it is printed on.
HOSTILE_NAMES: tuple[str, ...] = tuple(
    text for text in HOSTILE_TEXTS.values() if len(text) < 60 and text.strip(" \u00a0\u200b") == text
)

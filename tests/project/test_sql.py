"""Composed SQL takes names and texts through the quoting functions, or from constants, and nothing else.

A scan of the syntax tree: of every f-string that reads like SQL, each part that is put in must lead back, within its
module, to constants and quoting functions. Where it leads to a parameter or a loop the scan ends, and a person has
looked: those are in `REVIEWED`. It is a net for carelessness, not a proof.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from project_code import PACKAGES, Module, modules

SQL = re.compile(
    r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|DROP|ALTER|COPY|ATTACH|DETACH|FROM|WHERE|DESCRIBE|CAST|"
    r"read_csv|read_parquet)\b"
)
QUOTING = {"quote_identifier", "quote_text", "identifier", "literal", "qualified"}

REVIEWED = {
    # Numbers of files and limits, constants, and expressions of `pardot.reading.cells` and `.text_files`, which quote.
    "pardot.reading.careful": {
        *(
            "', '.join(values)",
            "cases",
            "cell",
            "counts",
            "key",
            "line",
            "misfits",
            "ordinal",
            "reader",
            "rows",
            "select",
        ),
        *("is_misfit(base, self._time_zone)", "parquet_reader([file.path])", "self._allowed"),
        "text_cells(self._fields, header, may_be_empty=True)",
    },
    "pardot.reading.columns": {"relation(files, fields)", "', '.join(columns)"},
    # Names quoted where they are listed, places of parts, paths that are quoted.
    "pardot.reading.parts": {"name", "number", "values", "' '.join(joins)"},
    # Names quoted where they are listed, moments written by us, and ids from `pardot.reading.columns`.
    "pardot.purges": {"_is_missing(ids)", "values", "ids"},
    # The dataset is quoted where it is named; the others are made of it, of moments and of constants.
    "pardot.dialects.legacy_statistics": {"schema", "counts", "sent", "due", "newest_first"},
    # Numbers, columns that are constants or quoted, and conditions made of them.
    "pardot.belonging": {"prospects", "visitors", "nobody_else"},
    # A path and texts that are quoted, numbers, and conditions of `pardot.belonging`.
    "pardot.reading.left_out": {
        *("cases", "rows", "where", "stay", "values", "texts", "prospects", "has_address(field.column)"),
    },
    # The same, of tables whose names are quoted in `_path`; what is counted or named is a number or quoted.
    "pardot_etl.erasure.erasing": {
        *("path", "runs", "prospects", "visitor", "where", "newest", "texts", "is_one", "is_other", "load"),
        *("like", "name", "has_address(column)", "self._path(self._staging, table)", "int(rows)", "int(prospect)"),
    },
    # Options are constants and texts quoted where they are listed.
    "pardot.reading.text_files": {"', '.join(options)", "_reader(kind, header, line_end, members)"},
    # `select` and the SELECT of ids come from `pardot.reading.columns`; `among` and so `piece` are two integers; the
    # others are made of `names`, which is quoted where it is made.
    "pardot.tables": {
        "select",
        "select_ids(checked)",
        "ids",
        "among[0]",
        "among[1]",
        "piece",
        "same",
        "stored",
        "fetched",
        "_same_or_newer(entry, names)",
    },
    # Names of two schemas that are constants, and lists of quoted columns; the path stands in a hint for people.
    "pardot_etl.verbs.demo": {"alive", "known", "name", "old", "now", "places.published_database"},
    # Columns and subjects of comments, with quoted names; types as DuckDB itself writes them.
    "pardot_etl.files.neighbours": {"', '.join(map(str, table.columns))", "subject"},
    # One of three constants.
    "pardot_etl.verbs.status": {"newest"},
}
"""Module -> parts that a person has followed to constants and quoting functions."""


class Function:
    """One function, or the top of a module: what its names were given, and what it returns."""

    def __init__(self, node: ast.AST, functions: dict[str, Function]) -> None:
        self.functions = functions
        self.given: dict[str, list[ast.expr]] = {}
        self.returned: list[ast.expr] = []
        for one in ast.walk(node):
            if isinstance(one, ast.Assign | ast.AnnAssign | ast.AugAssign) and one.value is not None:
                targets = one.targets if isinstance(one, ast.Assign) else [one.target]
                for target in targets:
                    self.given.setdefault(ast.unparse(target), []).append(one.value)
            elif isinstance(one, ast.comprehension):
                self.given.setdefault(ast.unparse(one.target), []).append(one.iter)
            elif isinstance(one, ast.Return) and one.value is not None:
                self.returned.append(one.value)
            elif isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "append":
                self.given.setdefault(ast.unparse(one.func.value), []).extend(one.args)

    def is_safe(self, part: ast.expr, seen: frozenset[str] = frozenset()) -> bool:
        """Whether a text, or every element of a list of texts, is made of constants and quoted things."""
        match part:
            case ast.Constant():
                return True
            case ast.JoinedStr(values):
                return all(self.is_safe(one.value, seen) for one in values if isinstance(one, ast.FormattedValue))
            case ast.List(elts) | ast.Tuple(elts):
                return all(self.is_safe(one, seen) for one in elts)
            case ast.Starred(value) | ast.ListComp(value) | ast.GeneratorExp(value):
                return self.is_safe(value, seen)
            case ast.IfExp(_, body, orelse):
                return self.is_safe(body, seen) and self.is_safe(orelse, seen)
            case ast.BinOp(left, ast.Add(), right):
                return self.is_safe(left, seen) and self.is_safe(right, seen)
            case ast.Call(ast.Attribute(ast.Constant(), "join"), [texts]):
                return self.is_safe(texts, seen)
            case ast.Call(ast.Name("map"), [ast.Name(name), *_]):
                return name in QUOTING
            case ast.Call(ast.Name(name)):
                return name in QUOTING or (name not in seen and self._returns_safe(name, seen))
            case ast.Name(name):
                given = self.given.get(name, [])
                is_known = bool(given) and name not in seen
                return name.isupper() or (is_known and all(self.is_safe(one, seen | {name}) for one in given))
        return False

    def _returns_safe(self, name: str, seen: frozenset[str]) -> bool:
        function = self.functions.get(name)
        return function is not None and all(function.is_safe(one, seen | {name}) for one in function.returned)


def _doubtful_parts(module: Module) -> Iterator[str]:
    """Yield what is put into SQL and leads nowhere safe."""
    functions: dict[str, Function] = {}
    nodes = [node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef)]
    functions.update({node.name: Function(node, functions) for node in nodes})
    for node in nodes:
        for text in ast.walk(node):
            if isinstance(text, ast.JoinedStr) and SQL.search(_constant_text(text)):
                parts = [one.value for one in text.values if isinstance(one, ast.FormattedValue)]
                yield from (ast.unparse(one) for one in parts if not functions[node.name].is_safe(one))


def _constant_text(text: ast.JoinedStr) -> str:
    return " ".join(str(one.value) for one in text.values if isinstance(one, ast.Constant))


CLIENT_MODULES = [module for package in PACKAGES if package != "pardot_emulator" for module in modules(package)]


@pytest.mark.parametrize("module", CLIENT_MODULES, ids=lambda module: f"{module.package}.{module.name}")
def test_everything_put_into_sql_is_quoted_constant_or_reviewed(module: Module) -> None:
    assert set(_doubtful_parts(module)) <= REVIEWED.get(f"{module.package}.{module.name}", set())


def test_scan_notices_what_is_not_quoted() -> None:
    source = "def f(name):\n    quoted = quote_identifier(name)\n    return f'SELECT {quoted} FROM {name}'"
    function = Function(ast.parse(source).body[0], {})
    (text,) = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr))
    parts = [one.value for one in text.values if isinstance(one, ast.FormattedValue)]
    assert [function.is_safe(part) for part in parts] == [True, False]

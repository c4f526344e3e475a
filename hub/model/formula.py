"""What may be written after `expr:`, as a tree: a small part of Python's grammar, everything else refused by its place.

No attributes, no calls but those of `CALLS`, no powers, no comprehensions; at most 500 characters and 100 nodes.
Nothing of the text is ever run: the tree is compiled to closures by the rules.
"""

import ast

from msgspec import Struct

LONGEST, MOST_NODES = 500, 100
CALLS = {"abs": (1, 1), "min": (2, 8), "max": (2, 8), "avg": (2, 2), "rate": (2, 2), "since": (1, 1)}
"""Functions, and how many arguments each takes: `avg(x, s)` and `rate(x, s)` look `s` seconds back."""
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in",
    ast.NotIn: "not in",
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_LOGIC: dict[type[ast.boolop], str] = {ast.And: "and", ast.Or: "or"}
_NOT_HERE = {
    ast.Attribute: ("a dot cannot reach into a value", "name the point under 'with' and use that name"),
    ast.Pow: ("powers are not available", "multiply"),
    ast.Call: ("only the functions abs, avg, max, min, rate and since can be called", ""),
    ast.Subscript: ("brackets cannot reach into a value", ""),
    ast.ListComp: ("a comprehension is not available", ""),
    ast.Lambda: ("functions cannot be written here", ""),
    ast.IfExp: ("'if' is not available", "use and, or, not"),
    ast.NamedExpr: ("':=' is not available", ""),
}


class FormulaError(ValueError):
    """An expression that is not allowed: where (0-based column of the text), why, and what to do."""

    def __init__(self, column: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.column = column
        self.message = message
        self.hint = hint


class Node(Struct, frozen=True):
    """One node: `op` is `name`, `const`, `list`, an operator or a function; `at` its column in the text."""

    op: str
    args: "tuple[Node, ...]" = ()
    value: bool | int | float | str | None = None
    at: int = 0


def parse(text: str) -> Node:
    """Return the tree of an expression. Raises FormulaError."""
    if len(text) > LONGEST:
        raise FormulaError(LONGEST, f"an expression has at most {LONGEST} characters, this one {len(text)}")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as wrong:
        column = getattr(wrong, "offset", 1) or 1
        raise FormulaError(
            min(column - 1, len(text)), "this is not an expression", "such as: value - low > 5"
        ) from None
    count = sum(1 for node in ast.walk(tree) if isinstance(node, ast.expr))
    if count > MOST_NODES:
        raise FormulaError(0, f"an expression has at most {MOST_NODES} parts, this one {count}", "split the rule")
    return _node(tree)


def names(node: Node) -> list[str]:
    """Return the names of points in an expression, each once, in order."""
    found = [node.value] if node.op == "name" else []
    for arg in node.args:
        found += names(arg)
    return [name for name in dict.fromkeys(found) if isinstance(name, str)]


def _node(tree: ast.expr) -> Node:  # noqa: PLR0911 - one return for each part of the grammar
    at = tree.col_offset
    match tree:
        case ast.Constant(value=bool() | int() | float() | str() as value):
            return Node("const", value=value, at=at)
        case ast.Name(id=name):
            return Node("name", value=name, at=at)
        case ast.BoolOp(op=op, values=values):
            return Node(_LOGIC[type(op)], tuple(map(_node, values)), at=at)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Node("not", (_node(operand),), at=at)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Node("-", (Node("const", value=0, at=at), _node(operand)), at=at)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return Node(_ARITHMETIC[type(op)], (_node(left), _node(right)), at=at)
        case ast.BinOp(op=op):
            raise _refusal(op, at)
        case ast.Compare():
            return _comparison(tree)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in CALLS:
            return _call(name, args, at)
        case ast.List(elts=elts) | ast.Tuple(elts=elts):
            return Node("list", tuple(map(_node, elts)), at=at)
    raise _refusal(tree, at)


def _refusal(tree: ast.AST, at: int) -> FormulaError:
    default = ("this is not available in an expression", "it may have + - * / ( ) and or not == != < <= > >= in")
    return FormulaError(at, *_NOT_HERE.get(type(tree), default))


def _comparison(tree: ast.Compare) -> Node:
    """Return `a < b < c` as `a < b and b < c`."""
    sides = [tree.left, *tree.comparators]
    for op in tree.ops:
        if type(op) not in COMPARISONS:
            raise FormulaError(tree.col_offset, "'is' is not available", "use ==")
    parts = [
        Node(COMPARISONS[type(op)], (_node(sides[i]), _node(sides[i + 1])), at=tree.col_offset)
        for i, op in enumerate(tree.ops)
    ]
    for part in parts:
        if part.op in {"in", "not in"} and part.args[1].op != "list":
            raise FormulaError(part.args[1].at, "'in' needs a list of values", "such as: mode in ['auto', 'off']")
    return parts[0] if len(parts) == 1 else Node("and", tuple(parts), at=tree.col_offset)


def _call(name: str, args: list[ast.expr], at: int) -> Node:
    least, most = CALLS[name]
    if not least <= len(args) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise FormulaError(at, f"'{name}' takes {wanted} argument{'s' if most > 1 else ''}, not {len(args)}")
    made = tuple(map(_node, args))
    if name in {"avg", "rate", "since"} and made[0].op != "name":
        raise FormulaError(made[0].at, f"'{name}' needs the name of a point first")
    if name in {"avg", "rate"}:
        span = made[1].value
        if made[1].op != "const" or not isinstance(span, int | float) or not 0 < span <= 7 * 86_400:
            raise FormulaError(made[1].at, f"'{name}' looks back a number of seconds, at most 604800", f"{name}(x, 60)")
    return Node(name, made, at=at)

"""The small faults that a line of code may have, made one at a time.

A call that is left out, a condition turned round, a comparison that is off by its edge, `and` for `or`, an argument
that is not given, a number off by one, a flag turned round, a context that does nothing. Only what lies inside
functions is touched, and neither annotations nor the sentences of errors and the log.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_OTHER: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_IDLE = "__import__('contextlib').nullcontext()"


@dataclass(frozen=True)
class Mutant:
    """A file with one fault: `name` says which, in words that outlive a change of line numbers.

    `place` is the function or class that has the fault, as it is with it.
    """

    name: str
    content: str
    place: str


def mutants(path: str, content: str) -> Iterator[Mutant]:
    """Every mutant of a file."""
    lines = content.encode().splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    seen: Counter[str] = Counter()
    tree, data = ast.parse(content), content.encode()
    for function, node, after in _faults(tree, ""):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        before = " ".join(data[begin:end].decode().split())
        name = f"{path} {function}: {before} -> {after}"
        seen[name] += 1
        again = f" ({seen[name]})" if seen[name] > 1 else ""
        around = next(part for part in tree.body if part.lineno <= node.lineno <= (part.end_lineno or 0))
        first, last = starts[around.lineno - 1], starts[around.end_lineno or 0]
        place = data[first:begin] + after.encode() + data[end:last]
        yield Mutant(name + again, (data[:begin] + after.encode() + data[end:]).decode(), place.decode())


def _faults(node: ast.AST, function: str, inside: bool = False) -> Iterator[tuple[str, ast.expr | ast.stmt, str]]:
    """(function, what is replaced, by what) of each fault below `node`."""
    for child in _code(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            name = f"{function}.{child.name}".lstrip(".")
            yield from _faults(child, name, not isinstance(child, ast.ClassDef))
            continue
        if inside:
            for replaced, after in _replacements(child):
                yield function, replaced, after
        yield from _faults(child, function, inside)


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """The children that do something."""
    if isinstance(node, (ast.JoinedStr, ast.Raise)) or _logs(node):
        return
    for name, field in ast.iter_fields(node):
        if name not in ("annotation", "returns", "decorator_list", "bases"):
            yield from (part for part in (field if isinstance(field, list) else [field]) if isinstance(part, ast.AST))


def _logs(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and ast.unparse(node).startswith("_log.")


def _replacements(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    match node:
        case ast.Expr(value=ast.Call() | ast.Await()) if not _logs(node):
            yield node, "pass"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.AugAssign() | ast.Delete() | ast.Break():
            yield node, "pass"
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            yield from _negated(test)
        case ast.comprehension(ifs=tests):
            for test in tests:
                yield from _negated(test)
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                if item.optional_vars is None:
                    yield item.context_expr, _IDLE
        case ast.Compare(ops=operators):
            for number, operator in enumerate(operators):
                yield node, _compared(node, number, _OTHER[type(operator)])
        case ast.BoolOp(op=operator, values=values):
            other = " or " if isinstance(operator, ast.And) else " and "
            yield node, other.join(f"({ast.unparse(value)})" for value in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield node, f"({ast.unparse(operand)})"
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as operator, right=right) if not _is_text(left, right):
            sign = "-" if isinstance(operator, ast.Add) else "+"
            yield node, f"({ast.unparse(left)}) {sign} ({ast.unparse(right)})"
        case ast.Call(func=called, args=args, keywords=keywords):
            for number, keyword in enumerate(keywords):
                if _is_flag(keyword.value):  # turned round below, which leaving it out mostly comes to
                    continue
                yield node, ast.unparse(ast.Call(called, args, keywords[:number] + keywords[number + 1 :]))
        case ast.Constant(value=bool(value)):
            yield node, str(not value)
        case ast.Constant(value=int(value)):
            yield node, str(value + 1)


def _negated(test: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    """Unless another operator does the same to the condition."""
    alike = isinstance(test, ast.Compare) and not isinstance(test.ops[0], _ORDER)
    if not alike and not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
        yield test, f"not ({ast.unparse(test)})"


def _is_flag(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, bool)


def _is_text(*operands: ast.expr) -> bool:
    return any(isinstance(operand, ast.Constant) and isinstance(operand.value, (str, bytes)) for operand in operands)


def _compared(node: ast.Compare, number: int, operator: str) -> str:
    parts = [f"({ast.unparse(node.left)})"]
    for place, (known, right) in enumerate(zip(node.ops, node.comparators, strict=True)):
        text = operator if place == number else _symbol(known)
        parts.append(f"{text} ({ast.unparse(right)})")
    return " ".join(parts)


def _symbol(operator: ast.cmpop) -> str:
    return ast.unparse(ast.Compare(ast.Constant(0), [operator], [ast.Constant(0)]))[2:-2]

"""CloudFormation's YAML as plain Python values.

`!Ref X` reads as `{"Ref": "X"}` and `!Sub t` as `{"Fn::Sub": t}`, as CloudFormation itself defines
the short forms. `resolve` replaces what parameters and conditions decide; whatever only AWS can know (an id,
an address, a region) stays an intrinsic, and `is_intrinsic` tells: whoever needs a value there says so.
"""

import re
from collections.abc import Mapping, Set
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml

try:
    from yaml import CSafeLoader as SafeLoader  # takes a tenth of the time
except ImportError:  # PyYAML was built here, without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]

Scalar = TypeVar("Scalar", str, int)
NO_VALUE = {"Ref": "AWS::NoValue"}  # leaves out what it is the value of


class TemplateError(Exception):
    """A template that cannot be served: one line that names the place and the reason."""


class _Loader(SafeLoader):
    pass


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    match node:
        case yaml.ScalarNode():
            value = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def read(path: Path) -> dict[str, Any]:
    """The template's document with the short forms spelled out; TemplateError if it is not one."""
    try:
        document = yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506 (a SafeLoader with more tags)
    except OSError as error:
        raise TemplateError(f"{path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise TemplateError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        raise TemplateError(f"{path}: has no Resources")
    return document


def parameters(document: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """The value of each parameter that has one: as given, or else its default; lists split at commas."""
    declared = document.get("Parameters", {})
    if unknown := sorted(given.keys() - declared.keys()):
        raise TemplateError(f"the template has no parameter {unknown[0]}")
    values: dict[str, Any] = {}
    for name, declaration in declared.items():
        value = given.get(name, declaration.get("Default"))
        if value is None:
            continue
        is_list = declaration.get("Type") == "CommaDelimitedList" or str(declaration.get("Type")).startswith("List<")
        values[name] = [item.strip() for item in str(value).split(",")] if is_list else value
    return values


def conditions(document: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, bool]:
    """Every condition that `known` parameters decide."""
    decided: dict[str, bool] = {}
    for name, expression in document.get("Conditions", {}).items():
        if isinstance(holds := _decide(resolve(expression, known), decided), bool):
            decided[name] = holds
    return decided


def _decide(value: Any, decided: Mapping[str, bool]) -> Any:
    """A condition's value; what is not decided stays an intrinsic."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((operator, operand),) = value.items()
    if operator == "Condition":
        return decided.get(operand, value)
    operands = [_decide(item, decided) for item in operand] if isinstance(operand, list) else [operand]
    if any(is_intrinsic(item) for item in operands):
        return value
    match operator:
        case "Fn::Equals":
            return str(operands[0]) == str(operands[1])
        case "Fn::Not":
            return not operands[0]
        case "Fn::And":
            return all(operands)
        case "Fn::Or":
            return any(operands)
    return value


def resolve(value: Any, known: Mapping[str, Any], decided: Mapping[str, bool] = MappingProxyType({})) -> Any:
    """`value` with every Ref, Sub, Split and If that `known` parameters and `decided` conditions settle replaced."""
    if isinstance(value, list):
        items = [resolve(item, known, decided) for item in value]
        return [item for item in items if item != NO_VALUE]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Ref"} and value["Ref"] in known:
        return known[value["Ref"]]
    if value.keys() == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str):
        return _substitute(value, known)
    if value.keys() == {"Fn::If"} and value["Fn::If"][0] in decided:
        condition, then, otherwise = value["Fn::If"]
        return resolve(then if decided[condition] else otherwise, known, decided)
    resolved = {key: resolve(item, known, decided) for key, item in value.items()}
    if value.keys() == {"Fn::Split"} and isinstance(resolved["Fn::Split"][1], str):
        separator, text = resolved["Fn::Split"]
        return text.split(separator)
    return {key: item for key, item in resolved.items() if item != NO_VALUE}


def is_intrinsic(value: Any) -> bool:
    """Whether `value` is left for AWS to decide."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::", "Condition"))


def refuse_unknown(place: str, properties: Mapping[str, Any], known: Set[str]) -> None:
    """Raises TemplateError for the first property, by name, that is not known."""
    if unknown := sorted(properties.keys() - known):
        raise TemplateError(f"{place}: {unknown[0]} is not served")


def scalar(place: str, value: Any, kind: type[Scalar]) -> Scalar:
    """A value that must be there, and not known to AWS only, as an `int` or a `str`."""
    if value is None:
        raise TemplateError(f"{place}: missing")
    if is_intrinsic(value):
        raise TemplateError(f"{place}: its value is known to AWS only; give it as a parameter")
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise TemplateError(f"{place}: {value!r} is not of type {kind.__name__}") from None


def _substitute(value: dict[str, Any], known: Mapping[str, Any]) -> Any:
    names = re.findall(r"\$\{([^!}][^}]*)\}", value["Fn::Sub"])
    if not all(name in known for name in names):
        return value
    text = re.sub(r"\$\{([^!}][^}]*)\}", lambda found: str(known[found[1]]), value["Fn::Sub"])
    return text.replace("${!", "${")

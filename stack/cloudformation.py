"""CloudFormation's YAML as plain Python values.

`!Ref X` reads as `{"Ref": "X"}` and `!Sub t` as `{"Fn::Sub": t}`, as CloudFormation itself defines
the short forms. `resolve` replaces what parameters decide; whatever only AWS can know (an id, an
address, a region) stays an intrinsic, and `is_intrinsic` tells: whoever needs a value there says so.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


class TemplateError(Exception):
    """A template that cannot be served: one line that names the place and the reason."""


class _Loader(yaml.SafeLoader):
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


def resolve(value: Any, known: Mapping[str, Any]) -> Any:
    """`value` with every Ref and Sub that `known` parameters decide replaced."""
    if isinstance(value, list):
        return [resolve(item, known) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Ref"} and value["Ref"] in known:
        return known[value["Ref"]]
    if value.keys() == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str):
        return _substitute(value, known)
    return {key: resolve(item, known) for key, item in value.items()}


def is_intrinsic(value: Any) -> bool:
    """Whether `value` is left for AWS to decide."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::", "Condition"))


def _substitute(value: dict[str, Any], known: Mapping[str, Any]) -> Any:
    names = re.findall(r"\$\{([^!}][^}]*)\}", value["Fn::Sub"])
    if not all(name in known for name in names):
        return value
    text = re.sub(r"\$\{([^!}][^}]*)\}", lambda found: str(known[found[1]]), value["Fn::Sub"])
    return text.replace("${!", "${")

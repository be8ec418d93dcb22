"""Options of the wrong kind, found before anything is made of them: ``lora.r: expected int, got 8.5``.

Knows no option by name: what a ``_target_`` says of its parameters is what is expected of the values beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from inspect import signature
from pkgutil import resolve_name
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

_PLAIN = (bool, int, float, str)


def check_kinds(node: Any, place: str = "") -> None:
    """Hold every plain value of a resolved configuration against the annotation of the parameter that it is for.

    Parameters without an annotation, or with one that names more than plain kinds, take any value; so does every parameter take null.

    Raises:
        ValueError: a value is of another kind.
    """
    if isinstance(node, list):
        for entry in node:
            check_kinds(entry, place)
    if not isinstance(node, Mapping):
        return
    hints = _hints(str(node["_target_"])) if "_target_" in node else {}
    for name, value in node.items():
        where = f"{place}.{name}" if place else str(name)
        kinds = _kinds(hints.get(name))
        if kinds and isinstance(value, _PLAIN) and not any(_fits(value, kind) for kind in kinds):
            raise ValueError(f"{where}: expected {' or '.join(kind.__name__ for kind in kinds)}, got {value!r}")
        check_kinds(value, where)


def _hints(target: str) -> dict[str, Any]:
    """The annotations of what a name of a class or function stands for; {} where they cannot be read, or there is no such thing."""
    try:
        found = resolve_name(target)
        if is_dataclass(found):
            return get_type_hints(found)  # each field's in the module that declares it
        return {name: parameter.annotation for name, parameter in signature(found, eval_str=True).parameters.items()}
    except (AttributeError, ImportError, NameError, TypeError, ValueError):
        return {}


def _kinds(hint: Any) -> tuple[type, ...]:
    """The plain kinds that an annotation names; () where it names others too.

    >>> _kinds(int | None), _kinds(list[int] | int)
    ((<class 'int'>,), ())
    """
    members = [each for each in (get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)) if each is not NoneType]
    return tuple(members) if all(each in _PLAIN for each in members) else ()


def _fits(value: object, kind: type) -> bool:
    """Whether a value of YAML is of this kind: every int is a float, a whole float is an int, no bool is a number."""
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    if kind is int and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, (int, float) if kind is float else kind)

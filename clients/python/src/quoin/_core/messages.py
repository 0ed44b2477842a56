# SPDX-License-Identifier: Apache-2.0
"""Makes messages of what Python programs have at hand."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import ListValue, Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp

from quoin._core import wire

M = TypeVar("M", bound=Message)

Field = Any
"""A field descriptor, of whichever implementation of protobuf."""

_BYTES: tuple[type, ...] = (bytes, bytearray, memoryview)


def build(kind: type[M], given: Any = None, fields: Mapping[str, Any] | None = None) -> M:
    """A message: a copy of the one given, or of what a mapping says, with some fields set.

    A field that is ``None`` is left as it is. Errors name the field.
    """
    made = kind()
    if isinstance(given, Mapping):
        _fill(made, given, "")
    elif isinstance(given, kind):
        made.CopyFrom(given)
    elif given is not None:
        raise TypeError(f"a {kind.__name__} or a mapping is needed, not {_type(given)}")
    _fill(made, fields or {}, "")
    return made


def _fill(message: Message, fields: Mapping[str, Any], path: str) -> None:
    known = message.DESCRIPTOR.fields_by_name
    for name, value in fields.items():
        # from_ and the like are what Python keeps for itself.
        field = known.get(name) or known.get(name.removesuffix("_"))
        if field is None:
            raise TypeError(
                f"{path}{name}: {message.DESCRIPTOR.name} has no such field, but {', '.join(known)}"
            )
        if value is None:
            continue
        try:
            _set(message, field, value, f"{path}{name}")
        except (TypeError, ValueError, OverflowError) as e:
            if str(e).startswith(f"{path}{name}"):
                raise
            kind = TypeError if isinstance(e, TypeError) else ValueError
            raise kind(f"{path}{name}: {e}") from e
        except RecursionError:
            if path:
                raise
            raise ValueError(f"{name}: it contains itself, or is nested too deeply") from None


def _set(message: Message, field: Field, value: Any, path: str) -> None:
    if _is_map(field):
        _set_map(getattr(message, field.name), field, value, path)
    elif field.is_repeated:
        _extend(getattr(message, field.name), field, value, path)
    elif field.message_type is not None:
        part = getattr(message, field.name)
        part.SetInParent()
        _assign(part, value, path)
    else:
        field = _of_its_type(field, value)
        setattr(message, field.name, _scalar(field, value))


def _set_map(target: Any, field: Field, value: Any, path: str) -> None:
    if not isinstance(value, Mapping):
        raise TypeError(f"a mapping is needed, not {_type(value)}")
    values = field.message_type.fields_by_name["value"]
    has_texts = field.message_type.fields_by_name["key"].type == FieldDescriptor.TYPE_STRING
    target.clear()
    for key, one in value.items():
        if has_texts:
            _check_key(key)
        if values.message_type is not None:
            _assign(target[key], one, f"{path}[{key!r}]")
        else:
            target[key] = _scalar(values, one)


def _extend(target: Any, field: Field, value: Any, path: str) -> None:
    if isinstance(value, str | Mapping | Message | bytes) or not isinstance(value, Iterable):
        raise TypeError(f"a list is needed, not {_type(value)}")
    del target[:]
    for index, one in enumerate(value):
        if field.message_type is not None:
            _assign(target.add(), one, f"{path}[{index}]")
        else:
            target.append(_scalar(field, one))


def _assign(part: Any, value: Any, path: str) -> None:
    """Makes a message that is part of another one."""
    if isinstance(value, Message):
        part.CopyFrom(value)
    elif isinstance(part, Duration) and isinstance(value, float | int | str | timedelta):
        part.CopyFrom(wire.duration(value))
    elif isinstance(part, Timestamp) and isinstance(value, datetime):
        part.CopyFrom(wire.timestamp(value))
    elif isinstance(part, Value):
        _set_value(part, value)
    elif isinstance(part, Struct) and isinstance(value, Mapping):
        for key, one in value.items():
            _check_key(key)
            _set_value(part.fields[key], one)
    elif isinstance(part, ListValue) and isinstance(value, list | tuple):
        for one in value:
            _set_value(part.values.add(), one)
    elif isinstance(value, Mapping):
        _fill(part, value, f"{path}.")
    else:
        raise TypeError(f"{_wanted(part.DESCRIPTOR)} is needed, not {_type(value)}")


def _check_key(key: Any) -> None:
    if not isinstance(key, str):
        raise TypeError(f"keys are texts, and {key!r} is {_type(key)}")


def _set_value(part: Value, value: Any) -> None:
    """What JSON knows."""
    if value is None:
        part.null_value = 0  # type: ignore[assignment]
    elif isinstance(value, bool):
        part.bool_value = value
    elif isinstance(value, int | float):
        part.number_value = value
    elif isinstance(value, str):
        part.string_value = value
    elif isinstance(value, Mapping):
        part.struct_value.SetInParent()
        _assign(part.struct_value, value, "")
    elif isinstance(value, list | tuple):
        part.list_value.SetInParent()
        _assign(part.list_value, value, "")
    else:
        raise ValueError(f"{_type(value)} is not known to JSON")


def _scalar(field: Field, value: Any) -> Any:
    if field.enum_type is not None and isinstance(value, str):
        return _enum_number(field, value)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return value.encode() if isinstance(value, str) else bytes(value)
    return value


def _enum_number(field: Field, name: str) -> int:
    """The number of a value, by its name or what comes after the prefix that all have."""
    values = field.enum_type.values_by_name
    prefix = field.enum_type.values[0].name.removesuffix("UNSPECIFIED")
    found = values.get(name) or values.get(prefix + name.upper())
    if found is None:
        raise ValueError(f'"{name}" is none of {", ".join(values)}')
    number: int = found.number
    return number


def _of_its_type(field: Field, value: Any) -> Field:
    """The field, or the other one of a pair of which one takes a text and the other one bytes."""
    fits_not: dict[int, tuple[type, ...]] = {
        FieldDescriptor.TYPE_BYTES: (str,),
        FieldDescriptor.TYPE_STRING: _BYTES,
    }
    if field.containing_oneof is None or not isinstance(value, fits_not.get(field.type, ())):
        return field
    wanted = {FieldDescriptor.TYPE_BYTES, FieldDescriptor.TYPE_STRING} - {field.type}
    fits = [one for one in field.containing_oneof.fields if one.type in wanted]
    return fits[0] if len(fits) == 1 else field


def _is_map(field: Field) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _type(value: object) -> str:
    return type(value).__name__


def _wanted(kind: Descriptor) -> str:
    known = {
        "Duration": "a duration (seconds, a timedelta or a text such as 30s)",
        "Timestamp": "a datetime",
        "Struct": "a mapping",
        "ListValue": "a list",
    }
    return known.get(kind.name, f"a {kind.name} or a mapping")

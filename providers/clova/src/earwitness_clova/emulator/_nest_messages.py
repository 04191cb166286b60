"""The messages of the streaming service (manual section 5.2), read and written by Google's protobuf library.

The schema is built here at run time and kept in a pool of its own, so that it meets no other copy of it.
"""

from dataclasses import dataclass, field
from typing import Any

from earwitness.errors import ConfigurationError

__all__ = ["METHOD", "SERVICE", "ConfigPart", "DataPart", "Messages", "UnreadableMessageError"]

_PACKAGE = "com.nbp.cdncp.nest.grpc.proto.v1"
SERVICE = f"{_PACKAGE}.NestService"
METHOD = "recognize"


class UnreadableMessageError(Exception):
    """The bytes are no message of the schema."""


@dataclass(frozen=True, slots=True)
class ConfigPart:
    """The text of a CONFIG."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DataPart:
    """One DATA: samples, and JSON about them."""

    chunk: bytes = field(repr=False)
    extra: str = ""


class Messages:
    """Reads requests and writes responses. Raises ConfigurationError where the protobuf library is missing."""

    def __init__(self) -> None:
        try:
            from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory
        except ImportError:
            raise ConfigurationError(
                "The library protobuf, which the streaming emulator needs, is not installed",
                action="pip install --force-reinstall earwitness-clova, which brings it",
            ) from None
        pool = descriptor_pool.DescriptorPool()
        pool.Add(_schema(descriptor_pb2))
        self._request, self._response = (
            message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
            for name in ("NestRequest", "NestResponse")
        )
        self._unreadable = message.DecodeError

    def request(self, data: bytes) -> ConfigPart | DataPart | None:
        """What this request carries: the oneof tells, because the enum's CONFIG is 0 and absent from the wire.

        None for a request with neither part. Raises UnreadableMessageError.
        """
        try:
            read: Any = self._request.FromString(data)
        except self._unreadable:
            raise UnreadableMessageError from None
        part = read.WhichOneof("part")
        if part == "config":
            return ConfigPart(read.config.config)
        return DataPart(read.data.chunk, read.data.extra_contents) if part == "data" else None

    def response(self, contents: str) -> bytes:
        """A response with this JSON text."""
        written: bytes = self._response(contents=contents).SerializeToString()
        return written


def _schema(pb: Any) -> Any:
    kinds = pb.FieldDescriptorProto
    file = pb.FileDescriptorProto(name="nest.proto", package=_PACKAGE, syntax="proto3")
    request_type = file.enum_type.add(name="RequestType")
    request_type.value.add(name="CONFIG", number=0)
    request_type.value.add(name="DATA", number=1)

    def message(name: str, *fields: tuple[str, int], oneof: str = "") -> None:
        made = file.message_type.add(name=name)
        if oneof:
            made.oneof_decl.add(name=oneof)
        for number, (field_name, kind) in enumerate(fields, 1):
            one = made.field.add(name=field_name, number=number, type=kind, label=kinds.LABEL_OPTIONAL)
            if kind == kinds.TYPE_ENUM:
                one.type_name = f".{_PACKAGE}.RequestType"
            elif kind == kinds.TYPE_MESSAGE:
                one.type_name = f".{_PACKAGE}.Nest{field_name.title()}"
                one.oneof_index = 0

    message("NestConfig", ("config", kinds.TYPE_STRING))
    message("NestData", ("chunk", kinds.TYPE_BYTES), ("extra_contents", kinds.TYPE_STRING))
    message(
        "NestRequest",
        ("type", kinds.TYPE_ENUM),
        ("config", kinds.TYPE_MESSAGE),
        ("data", kinds.TYPE_MESSAGE),
        oneof="part",
    )
    message("NestResponse", ("contents", kinds.TYPE_STRING))
    return file

"""The three gRPC messages of the real-time service (`nest.proto`), as bytes.

The schema is built at run time instead of being compiled into generated code: generated code demands the release of
protobuf that it was made with, and would tie every application that uses this plugin to it. Writing the four fields by
hand would save the dependency, and cost our own reader of a vendor's bytes; the library's is the better kept one. The
pool is our own, because an application may hold the vendor's compiled schema in the common one.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from earwitness.errors import ProtocolError

__all__ = ["METHOD", "config_request", "contents", "data_request", "schema"]

_PACKAGE: Final = "com.nbp.cdncp.nest.grpc.proto.v1"
METHOD: Final = f"/{_PACKAGE}.NestService/recognize"
"""The full path of the one call. Its last part begins in lower case."""

_CONFIG, _DATA = 0, 1
_FIELD = descriptor_pb2.FieldDescriptorProto


def config_request(config: str) -> bytes:
    """The first message: the configuration as JSON text."""
    known = _messages()
    request = known["NestRequest"](type=_CONFIG, config=known["NestConfig"](config=config))
    return bytes(request.SerializeToString())


def data_request(chunk: bytes, extra: str) -> bytes:
    """A message of samples, possibly none, with JSON text about them."""
    known = _messages()
    request = known["NestRequest"](type=_DATA, data=known["NestData"](chunk=chunk, extra_contents=extra))
    return bytes(request.SerializeToString())


def contents(response: bytes) -> str:
    """The JSON text of an answer. Raises ProtocolError for bytes that are no such message."""
    try:
        return str(_messages()["NestResponse"].FromString(response).contents)
    except DecodeError:
        pass
    # Raised out here, without the library's error, which may quote the answer. A new connection hears the rest.
    raise ProtocolError("CLOVA sent bytes that are no message of its streaming service", retryable=True)


def schema() -> Any:
    """`nest.proto` as the library holds it."""
    file = descriptor_pb2.FileDescriptorProto(name="nest.proto", package=_PACKAGE, syntax="proto3")
    kind = file.enum_type.add(name="RequestType")
    kind.value.add(name="CONFIG", number=_CONFIG)
    kind.value.add(name="DATA", number=_DATA)
    _message(file, "NestConfig", config=_FIELD.TYPE_STRING)
    _message(file, "NestData", chunk=_FIELD.TYPE_BYTES, extra_contents=_FIELD.TYPE_STRING)
    _request(file)
    _message(file, "NestResponse", contents=_FIELD.TYPE_STRING)
    name = {"input_type": f".{_PACKAGE}.NestRequest", "output_type": f".{_PACKAGE}.NestResponse"}
    file.service.add(name="NestService").method.add(
        name="recognize", client_streaming=True, server_streaming=True, **name
    )
    return file


def _message(file: Any, name: str, **fields: Any) -> None:
    """A message whose fields are numbered from 1 in this order."""
    message = file.message_type.add(name=name)
    for number, (field, kind) in enumerate(fields.items(), 1):
        message.field.add(name=field, number=number, type=kind, label=_FIELD.LABEL_OPTIONAL)


def _request(file: Any) -> None:
    request = file.message_type.add(name="NestRequest")
    request.oneof_decl.add(name="part")
    parts: tuple[tuple[str, Any, str, dict[str, int]], ...] = (
        ("type", _FIELD.TYPE_ENUM, "RequestType", {}),
        ("config", _FIELD.TYPE_MESSAGE, "NestConfig", {"oneof_index": 0}),
        ("data", _FIELD.TYPE_MESSAGE, "NestData", {"oneof_index": 0}),
    )
    for number, (field, kind, of, oneof) in enumerate(parts, 1):
        request.field.add(
            name=field,
            number=number,
            type=kind,
            type_name=f".{_PACKAGE}.{of}",
            label=_FIELD.LABEL_OPTIONAL,
            **oneof,
        )


@cache
def _messages() -> dict[str, Any]:
    """The message classes by name."""
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(schema().SerializeToString())
    names = ("NestConfig", "NestData", "NestRequest", "NestResponse")
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in names}

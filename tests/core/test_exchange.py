"""Calls as data: addresses as they go over the wire, and forms that any server can read."""

import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_multipart.multipart import MultipartParser, parse_options_header

from earwitness.exchange import BLOCK, FormFile, HttpCall, StreamBody, full_url, multipart

names = st.text(
    st.characters(codec="utf-8") | st.sampled_from('"\r\n\\%;=\u200d\u2028 안녕😀'), min_size=1, max_size=12
)
TROUBLE = [
    'a"b.wav',
    "a\r\nX-Evil: 1\r\n\r\nb.wav",
    "회의 녹음.wav",
    "👩‍👩‍👧.wav",
    "a;b=c.wav",
    "ends\\",
    "100%22.wav",
    "\x00\x7f",
]


def file(name: str, data: bytes, *, field: str = "media") -> FormFile:
    """A file part with this content."""
    return FormFile(field, name, "audio/wav", len(data), lambda: io.BytesIO(data))


def parsed(content_type: str, body: bytes) -> list[tuple[dict[str, bytes], dict[str, bytes], bytes]]:
    """Headers, disposition and content of each part, as an independent parser reads them."""
    kind, options = parse_options_header(content_type)
    assert kind == b"multipart/form-data"
    parts: list[list[Any]] = []
    header = [b"", b""]

    def begin() -> None:
        parts.append([{}, b""])

    def add(place: int) -> Any:
        return lambda data, start, end: header.__setitem__(place, header[place] + data[start:end])

    def end_header() -> None:
        parts[-1][0][header[0].decode().lower()] = header[1]
        header[:] = b"", b""

    def content(data: bytes, start: int, end: int) -> None:
        parts[-1][1] += data[start:end]

    parser = MultipartParser(
        options[b"boundary"],
        {
            "on_part_begin": begin,
            "on_header_field": add(0),
            "on_header_value": add(1),
            "on_header_end": end_header,
            "on_part_data": content,
        },
    )
    assert parser.write(body) == len(body)
    parser.finalize()
    return [(headers, dispositions(headers["content-disposition"]), data) for headers, data in parts]


def dispositions(value: bytes) -> dict[str, bytes]:
    """The parameters of a Content-Disposition as browsers write them: everything between two quotes."""
    assert value.startswith(b"form-data; ")
    return {name.decode(): found for name, found in re.findall(rb'; (\w+)="([^"]*)"', value)}


def decoded(name: bytes) -> str:
    """The name as a server reads it that undoes the escapes of browsers, and no others."""
    return re.sub("%(22|0D|0A|[01][0-9A-F]|7F)", lambda found: unquote(found[0]), name.decode())


def as_sent(name: str) -> str:
    """What a name looks like after such a server: an escape that was there before is undone too."""
    return re.sub("%(22|0D|0A|[01][0-9A-F]|7F)", lambda found: unquote(found[0]), name)


@given(st.dictionaries(names, names, max_size=3), st.lists(st.tuples(names, names, st.binary(max_size=50)), max_size=3))
def test_a_form_is_read_back(fields: dict[str, str], files: list[tuple[str, str, bytes]]) -> None:
    """Fields and files of any name and content come back from an independent parser, and the length is exact."""
    content_type, body = multipart(fields, [file(name, data, field=field) for field, name, data in files])
    whole = b"".join(body.open())
    assert len(whole) == body.length
    if not fields and not files:
        return
    parts = parsed(content_type, whole)
    plain, sent = parts[: len(fields)], parts[len(fields) :]
    assert [(decoded(told["name"]), data.decode()) for _, told, data in plain] == [
        (as_sent(name), value) for name, value in fields.items()
    ]
    assert all("filename" not in told and headers.keys() == {"content-disposition"} for headers, told, _ in plain)
    assert [(decoded(told["name"]), decoded(told["filename"]), data) for _, told, data in sent] == [
        (as_sent(field), as_sent(name), data) for field, name, data in files
    ]
    assert all(headers["content-type"] == b"audio/wav" for headers, *_ in sent)


@pytest.mark.parametrize("name", TROUBLE)
def test_no_name_breaks_out_of_its_header(name: str) -> None:
    """Quotes and line ends in a file's name neither end the name nor add a header."""
    content_type, body = multipart({}, [file(name, b"data")])
    ((headers, told, data),) = parsed(content_type, b"".join(body.open()))
    assert headers.keys() == {"content-disposition", "content-type"}
    assert told.keys() == {"name", "filename"}
    assert data == b"data"
    assert not re.search(rb'[\x00-\x1f\x7f"]', told["filename"])


def test_ordinary_names_are_sent_as_they_are() -> None:
    """Korean, emoji and blanks stay what they are, in UTF-8."""
    for name in ("회의 녹음.wav", "👩‍👩‍👧.wav", "it's (1).wav"):
        _, body = multipart({}, [file(name, b"")])
        assert f'filename="{name}"'.encode() in b"".join(body.open())


def test_a_name_that_is_no_unicode_can_be_sent() -> None:
    """A file system's undecodable name becomes question marks instead of an error, and the length still holds."""
    _, body = multipart({}, [file("bad\udcff.wav", b"x")])
    whole = b"".join(body.open())
    assert b'filename="bad?.wav"' in whole
    assert len(whole) == body.length


def test_a_body_opens_again_from_its_beginning() -> None:
    """Each try reads the whole form anew, even when the try before broke off, and every file is closed."""
    opened: list[BinaryIO] = []

    def fresh() -> BinaryIO:
        opened.append(io.BytesIO(b"x" * (2 * BLOCK + 1)))
        return opened[-1]

    _, body = multipart({"a": "1"}, [FormFile("media", "a.wav", "audio/wav", 2 * BLOCK + 1, fresh)])
    assert not opened
    first = body.open()
    while not opened:
        next(first)
    first.close()  # type: ignore[attr-defined]
    second, third = b"".join(body.open()), b"".join(body.open())
    assert second == third
    assert len(second) == body.length
    assert len(opened) == 3
    assert all(one.closed for one in opened)


def test_big_files_are_never_held_whole() -> None:
    """The form comes in blocks of bounded size, however long the file is."""
    data = bytes(3 * BLOCK + 7)
    _, body = multipart({}, [file("a.wav", data)])
    sizes = [len(block) for block in body.open()]
    assert max(sizes) <= BLOCK
    assert sum(sizes) == body.length


def test_boundaries_differ() -> None:
    """Two forms never share a boundary, so that content cannot be made to hold it."""
    assert multipart({}, [])[0] != multipart({}, [])[0]


@given(st.dictionaries(names, names, max_size=4), st.sampled_from(["", "?old=1", "?old=%20a"]))
def test_the_query_is_encoded_once_and_in_order(query: dict[str, str], already: str) -> None:
    """What a server decodes is the mapping, in order, after what the address already had."""
    url = full_url(HttpCall("ask", "GET", f"https://a.example/path{already}", query))
    told = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    assert told[1 if already else 0 :] == list(query.items())
    if query:
        assert re.fullmatch(r"[A-Za-z0-9\-._~%=&]+", url.removeprefix("https://a.example/path").lstrip("?"))


def test_an_address_without_query_stays() -> None:
    """Nothing is added to an address that has no query to add."""
    assert full_url(HttpCall("ask", "GET", "https://a.example/x?y=z")) == "https://a.example/x?y=z"


def test_a_call_is_not_repeatable_unless_it_says_so() -> None:
    """Whoever writes a call has to say that sending it twice does no harm."""
    assert HttpCall("submit", "POST", "https://a.example/").repeatable is False


def test_a_stream_body_gives_fresh_blocks() -> None:
    """`open` of a stream body starts at the beginning each time."""

    def blocks() -> Iterator[bytes]:
        yield from (b"ab", b"c")

    body = StreamBody(blocks, 3)
    assert [b"".join(body.open()) for _ in range(2)] == [b"abc", b"abc"]

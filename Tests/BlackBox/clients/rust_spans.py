"""Spans of OpenTelemetry's Rust SDK: those of a library in Rust that traces what it does."""

import sys
import tempfile

import deltalake
from arro3.core import Array, DataType, Table

deltalake.init_tracing(sys.argv[1])
with tempfile.TemporaryDirectory() as directory:
    for _ in range(3):
        deltalake.write_deltalake(directory, Table.from_pydict({"a": Array([1, 2], DataType.int64())}), mode="append")
    deltalake.DeltaTable(directory).optimize.compact()
# Its spans leave by a timer, and what has not left at the end is lost.
sys.stdin.read()

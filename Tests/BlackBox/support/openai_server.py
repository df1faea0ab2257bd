"""A small server of OpenAI's chat completions, so that real client libraries have something to call.

What it answers follows from the request alone. A request with tools is answered with a call of the first tool, and
the same request with the tool's result with a text. A model called `…-err-429` is answered with that status.
"""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATH = "/v1/chat/completions"
# Of the usage of every answer: 20 prompt tokens a message, 14 completion tokens for a text and 9 for a tool call.
PROMPT_TOKENS_OF_A_MESSAGE, TEXT_TOKENS, TOOL_CALL_TOKENS = 20, 14, 9
CACHED_TOKENS, REASONING_TOKENS = 8, 3
TEXT = "It is sunny in Paris, 22 degrees."
TOOL_CALL_ID, TOOL_ARGUMENTS = "call_paris_1", {"city": "Paris"}
SERVED_MODEL_SUFFIX = "-2024-07-18"
ERRORS = {
    429: {"message": "Rate limit reached for requests", "type": "requests", "code": "rate_limit_exceeded"},
    500: {"message": "The server had an error", "type": "server_error", "code": None},
}


class OpenAIServer:
    """Use as a context manager; `url` is what a client calls its base URL."""

    def __init__(self):
        self.requests = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.requests = self.requests
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Clients may leave their connections open; closing the server does not wait for them.
    block_on_close = False


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are written apart, and a client that keeps its connection would wait 40 ms for the second.
    disable_nagle_algorithm = True

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        if self.path != PATH:
            self._answer(404, {"error": {"message": f"no route {self.path}", "type": "invalid_request_error"}})
        elif error := re.search(r"-err-(\d+)$", body["model"]):
            self._answer(int(error[1]), {"error": ERRORS[int(error[1])] | {"param": None}})
        elif body.get("stream"):
            self._stream(chunks(body))
        else:
            self._answer(200, completion(body))

    def _answer(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, values):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for text in [*(json.dumps(value) for value in values), "[DONE]"]:
            event = f"data: {text}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        """Standard error is for the test runner."""


def completion(request):
    """The answer to a request without `stream`."""
    message = _message(request)
    reason = _finish_reason(message)
    return _envelope(request, "chat.completion") | {
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
        "usage": _usage(request, message),
    }


def chunks(request):
    """The same answer in pieces: the role, every word or piece of the arguments, the reason, the usage if asked for."""
    message = _message(request)
    with_usage = (request.get("stream_options") or {}).get("include_usage")
    reason = _finish_reason(message)
    envelope = _envelope(request, "chat.completion.chunk") | ({"usage": None} if with_usage else {})
    for delta, ending in [*((delta, None) for delta in _deltas(message)), ({}, reason)]:
        yield envelope | {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": ending}]}
    if with_usage:
        yield envelope | {"choices": [], "usage": _usage(request, message)}


def _deltas(message):
    yield {"role": "assistant", "content": None if message.get("tool_calls") else "", "refusal": None}
    for index, call in enumerate(message.get("tool_calls", [])):
        function = call["function"]
        yield {"tool_calls": [call | {"index": index, "function": function | {"arguments": ""}}]}
        for piece in re.findall(".{1,6}", function["arguments"]):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
    for word in re.findall(r"\S+\s*", message["content"] or ""):
        yield {"content": word}


def _envelope(request, kind):
    return {
        "id": "chatcmpl-" + str(len(request["messages"])), "object": kind, "created": 1_760_000_000,
        "model": request["model"] + SERVED_MODEL_SUFFIX, "system_fingerprint": "fp_1", "service_tier": "default",
    }  # fmt: skip


def _message(request):
    """A call of the first tool, until a tool has answered; then a text."""
    message = {"role": "assistant", "content": TEXT, "refusal": None, "annotations": []}
    answered = any(each["role"] == "tool" for each in request["messages"])
    if request.get("tools") and not answered:
        name = request["tools"][0]["function"]["name"]
        function = {"name": name, "arguments": json.dumps(TOOL_ARGUMENTS)}
        message |= {"content": None, "tool_calls": [{"id": TOOL_CALL_ID, "type": "function", "function": function}]}
    return message


def _finish_reason(message):
    return "tool_calls" if message.get("tool_calls") else "stop"


def _usage(request, message):
    prompt = PROMPT_TOKENS_OF_A_MESSAGE * len(request["messages"])
    answer = TOOL_CALL_TOKENS if message.get("tool_calls") else TEXT_TOKENS
    return {
        "prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer,
        "prompt_tokens_details": {"cached_tokens": CACHED_TOKENS, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": REASONING_TOKENS, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    }  # fmt: skip
